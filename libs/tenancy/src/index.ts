export {
  currentContext,
  type Org,
  type RequestContext,
  requireContext,
  requireOrg,
  runInContext,
  systemContext,
} from './context.js';
export { CONTEXT_TOKEN_TTL_SECONDS, type ContextCodec, createContextCodec } from './context-token.js';
export { type Actor, ANONYMOUS, type Principal } from './principal.js';
