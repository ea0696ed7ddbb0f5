export {
  type ClientCertificate,
  currentContext,
  type Org,
  type RequestContext,
  requireContext,
  requireOrg,
  runInContext,
  systemContext,
} from './context.js';
export { CONTEXT_TOKEN_TTL_SECONDS, type ContextCodec, createContextCodec } from './context-token.js';
export { newOpaqueToken, OPAQUE_TOKEN_PREFIX, orgOfOpaqueToken } from './opaque-token.js';
export { createOrgDirectory, type OrgDirectory, type OrgDirectoryOptions, type OrgLoader } from './org-directory.js';
export { checkOrgSlug, isOrgSlug, type SlugProblem } from './org-slug.js';
export { type Actor, ANONYMOUS, type Principal } from './principal.js';
