import { SIGNING_ALGORITHMS } from '@lumo/token-signing';
import { z } from 'zod';
import { ACR_VALUES } from '../core/assurance.js';
import { isoTime, line } from './fields.js';
import { REGISTRATION_ALIASES, registrationMembers, registrationView } from './registration-settings-schema.js';

const DAY = 24 * 3600;
// NIST SP 800-63B-4 section 3.1.1: no less than 8.
const minLength = z.int().min(8).max(128);
const sessionLifetime = z
  .int()
  .min(300)
  .max(90 * DAY);
const sessionIdle = z
  .int()
  .min(60)
  .max(30 * DAY);

/** Other spellings of the same member (contract 8.9 asks to accept camel case on write). */
function renamed(aliases: Readonly<Record<string, string>>) {
  return (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [aliases[name] ?? name, member]));
  };
}

const passwordPolicy = z.preprocess(
  renamed({
    minLength: 'min_length',
    requireUppercase: 'require_uppercase',
    requireNumbers: 'require_numbers',
    requireSymbols: 'require_special',
    requireSpecial: 'require_special',
  }),
  z
    .strictObject({
      min_length: minLength,
      require_uppercase: z.boolean(),
      require_numbers: z.boolean(),
      require_special: z.boolean(),
    })
    .partial(),
);

/** Only what this server honours; everything else is refused by name instead of being stored for nothing. */
export const authBody = z.preprocess(
  renamed({
    passwordMinLength: 'password_min_length',
    passwordRequireSpecial: 'password_require_special',
    passwordPolicy: 'password_policy',
    sessionTimeout: 'session_timeout',
    sessionLifetime: 'session_timeout',
    sessionIdleTimeout: 'session_idle_timeout',
    accessTokenLifetime: 'access_token_lifetime',
    refreshTokenLifetime: 'refresh_token_lifetime',
    ...REGISTRATION_ALIASES,
  }),
  z
    .strictObject({
      password_min_length: minLength,
      password_require_special: z.boolean(),
      password_policy: passwordPolicy,
      session_timeout: sessionLifetime,
      session_idle_timeout: sessionIdle,
      access_token_lifetime: z.int().min(60).max(DAY),
      refresh_token_lifetime: z
        .int()
        .min(3600)
        .max(366 * DAY),
      ...registrationMembers,
    })
    .partial(),
);

export const securityBody = z.preprocess(
  renamed({
    lockoutMaxFailures: 'lockout_max_failures',
    lockoutDuration: 'lockout_duration',
    signingAlgorithm: 'signing_algorithm',
    signingKeyRotationDays: 'signing_key_rotation_days',
    dpopRequireNonce: 'dpop_require_nonce',
    requirePushedAuthorizationRequests: 'require_pushed_authorization_requests',
    claimsParameterEnabled: 'claims_parameter_enabled',
    adminMaxAuthAge: 'admin_max_auth_age',
    adminAcrValues: 'admin_acr_values',
  }),
  z
    .strictObject({
      lockout_max_failures: z.int().min(3).max(100),
      lockout_duration: z.int().min(60).max(DAY),
      signing_algorithm: z.enum(SIGNING_ALGORITHMS),
      // A successor is published for a day before it signs.
      signing_key_rotation_days: z.int().min(2).max(730),
      dpop_require_nonce: z.boolean(),
      require_pushed_authorization_requests: z.boolean(),
      claims_parameter_enabled: z.boolean(),
      admin_max_auth_age: z.int().min(60).max(DAY).nullable(),
      admin_acr_values: z.array(z.enum(ACR_VALUES)).max(ACR_VALUES.length),
    })
    .partial(),
);

export const generalBody = z.strictObject({ name: line(200), displayName: line(200).nullable() }).partial();

export const tenantBody = z
  .strictObject({
    name: line(200),
    displayName: line(200).nullable(),
    settings: z.strictObject({ general: generalBody, auth: authBody, security: securityBody }).partial(),
  })
  .partial();

export const generalView = z.object({ name: z.string(), displayName: z.string().nullable() });
export const authView = z.object({
  password_min_length: z.int(),
  password_require_special: z.boolean(),
  password_policy: z.object({
    min_length: z.int(),
    require_uppercase: z.boolean(),
    require_numbers: z.boolean(),
    require_special: z.boolean(),
  }),
  session_timeout: z.int(),
  session_idle_timeout: z.int(),
  access_token_lifetime: z.int(),
  refresh_token_lifetime: z.int(),
  ...registrationView,
});
export const securityView = z.object({
  lockout_max_failures: z.int(),
  lockout_duration: z.int(),
  signing_algorithm: z.enum(SIGNING_ALGORITHMS),
  signing_key_rotation_days: z.int(),
  dpop_require_nonce: z.boolean(),
  require_pushed_authorization_requests: z.boolean(),
  claims_parameter_enabled: z.boolean(),
  admin_max_auth_age: z.int().nullable(),
  admin_acr_values: z.array(z.enum(ACR_VALUES)),
});
export const settingsView = z.object({ general: generalView, auth: authView, security: securityView });

/** Contract 8.9. */
export const tenantView = z.object({
  id: z.int(),
  slug: z.string(),
  name: z.string(),
  status: z.string(),
  settings: settingsView,
  createdAt: isoTime,
  updatedAt: isoTime,
});
