import type { z } from 'zod';
import type { AuthnApp } from '../app.js';
import { readRegistrationSettings, viewRegistrationSettings } from './registration-settings-schema.js';
import type { authBody, generalBody, securityBody, settingsView, tenantView } from './settings-schemas.js';

type Profile = Awaited<ReturnType<AuthnApp['readOrgProfile']>>;
type Change = Parameters<AuthnApp['changeOrgProfile']>[1];

export function viewSettings({ org, settings }: Profile): z.infer<typeof settingsView> {
  const { auth, general, security } = settings;
  const { minLength, requireUppercase, requireNumbers, requireSpecial } = auth.passwordPolicy;
  return {
    general: { name: org.name, displayName: general.displayName },
    auth: {
      password_min_length: minLength,
      password_require_special: requireSpecial,
      password_policy: {
        min_length: minLength,
        require_uppercase: requireUppercase,
        require_numbers: requireNumbers,
        require_special: requireSpecial,
      },
      session_timeout: auth.sessionLifetimeSeconds,
      session_idle_timeout: auth.sessionIdleSeconds,
      access_token_lifetime: auth.accessTokenLifetimeSeconds,
      refresh_token_lifetime: auth.refreshTokenLifetimeSeconds,
      ...viewRegistrationSettings(auth),
    },
    security: {
      lockout_max_failures: security.lockoutMaxFailures,
      lockout_duration: security.lockoutSeconds,
      signing_algorithm: security.signingAlgorithm,
      signing_key_rotation_days: security.signingKeyRotationDays,
      dpop_require_nonce: security.dpopRequireNonce,
      require_pushed_authorization_requests: security.requirePushedAuthorizationRequests,
      claims_parameter_enabled: security.claimsParameter,
      admin_max_auth_age: security.adminMaxAuthAgeSeconds,
      admin_acr_values: [...security.adminAcrValues],
    },
  };
}

export function viewTenant(profile: Profile): z.infer<typeof tenantView> {
  const { org } = profile;
  return {
    id: org.number,
    slug: org.slug,
    name: org.name,
    status: org.status,
    settings: viewSettings(profile),
    createdAt: org.createdAt.toISOString(),
    updatedAt: org.updatedAt.toISOString(),
  };
}

export function readGeneral({ name, displayName }: z.infer<typeof generalBody>): Change {
  return { ...(name !== undefined && { name }), ...(displayName !== undefined && { general: { displayName } }) };
}

/** Both spellings of the password policy lead to one value; the object wins. */
export function readAuth(body: z.infer<typeof authBody>): NonNullable<Change['auth']> {
  const policy = body.password_policy ?? {};
  const passwordPolicy = {
    minLength: policy.min_length ?? body.password_min_length,
    requireUppercase: policy.require_uppercase,
    requireNumbers: policy.require_numbers,
    requireSpecial: policy.require_special ?? body.password_require_special,
  };
  const named = defined(passwordPolicy);
  return {
    ...(Object.keys(named).length > 0 && { passwordPolicy: named }),
    ...defined({
      sessionLifetimeSeconds: body.session_timeout,
      sessionIdleSeconds: body.session_idle_timeout,
      accessTokenLifetimeSeconds: body.access_token_lifetime,
      refreshTokenLifetimeSeconds: body.refresh_token_lifetime,
      ...readRegistrationSettings(body),
    }),
  };
}

export function readSecurity(body: z.infer<typeof securityBody>): Partial<Profile['settings']['security']> {
  return defined({
    lockoutMaxFailures: body.lockout_max_failures,
    lockoutSeconds: body.lockout_duration,
    signingAlgorithm: body.signing_algorithm,
    signingKeyRotationDays: body.signing_key_rotation_days,
    dpopRequireNonce: body.dpop_require_nonce,
    requirePushedAuthorizationRequests: body.require_pushed_authorization_requests,
    claimsParameter: body.claims_parameter_enabled,
    adminMaxAuthAgeSeconds: body.admin_max_auth_age,
    adminAcrValues: body.admin_acr_values,
  });
}

function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  // Only members without a value are gone.
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
