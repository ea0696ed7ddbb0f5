import { z } from 'zod';
import { isPrivileged } from '../core/admin-authority.js';
import { REGISTRATION_POLICIES, type RegistrationSettings } from '../core/registration-settings.js';

const scope = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'A scope has no spaces, quotes or backslashes.')
  .refine(
    (name) => !isPrivileged(name),
    'Scopes of the administration are never given to clients that nobody vouches for.',
  );

const domain = z
  .string()
  .max(253)
  .toLowerCase()
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'Write a host name such as claude.ai.',
  );

/** Members of the auth section about clients that no administrator made (contract 8.9). */
export const registrationMembers = {
  /** True is the policy `open`, false the policy `closed`. */
  dynamic_client_registration_enabled: z.boolean(),
  dynamic_client_registration_policy: z.enum(REGISTRATION_POLICIES),
  dynamic_client_quota: z.int().min(0).max(100_000),
  dynamic_client_scopes: z.array(scope).max(100),
  dynamic_client_require_pkce: z.boolean(),
  cimd_enabled: z.boolean(),
  cimd_allowed_domains: z.array(domain).max(100),
  cimd_localhost_redirect_policy: z.enum(['warn', 'block']),
};

export const REGISTRATION_ALIASES = {
  dynamicClientRegistrationEnabled: 'dynamic_client_registration_enabled',
  dynamicClientRegistrationPolicy: 'dynamic_client_registration_policy',
  cimdEnabled: 'cimd_enabled',
  cimdAllowedDomains: 'cimd_allowed_domains',
  cimdLocalhostRedirectPolicy: 'cimd_localhost_redirect_policy',
} as const;

const body = z.object(registrationMembers).partial();
const view = z.object({
  ...registrationMembers,
  dynamic_client_scopes: z.array(z.string()),
  cimd_allowed_domains: z.array(z.string()),
});
export const registrationView = view.shape;

/** The policy wins over the flag that says less. */
export function readRegistrationSettings(given: z.infer<typeof body>): {
  readonly [K in keyof RegistrationSettings]: RegistrationSettings[K] | undefined;
} {
  const flag = given.dynamic_client_registration_enabled;
  return {
    dynamicRegistration:
      given.dynamic_client_registration_policy ?? (flag === undefined ? undefined : flag ? 'open' : 'closed'),
    dynamicClientQuota: given.dynamic_client_quota,
    dynamicClientScopes: given.dynamic_client_scopes,
    dynamicClientRequiresPkce: given.dynamic_client_require_pkce,
    cimdEnabled: given.cimd_enabled,
    cimdAllowedDomains: given.cimd_allowed_domains,
    cimdLocalhostRedirectPolicy: given.cimd_localhost_redirect_policy,
  };
}

export function viewRegistrationSettings(auth: RegistrationSettings): z.infer<typeof view> {
  return {
    dynamic_client_registration_enabled: auth.dynamicRegistration === 'open',
    dynamic_client_registration_policy: auth.dynamicRegistration,
    dynamic_client_quota: auth.dynamicClientQuota,
    dynamic_client_scopes: [...auth.dynamicClientScopes],
    dynamic_client_require_pkce: auth.dynamicClientRequiresPkce,
    cimd_enabled: auth.cimdEnabled,
    cimd_allowed_domains: [...auth.cimdAllowedDomains],
    cimd_localhost_redirect_policy: auth.cimdLocalhostRedirectPolicy,
  };
}
