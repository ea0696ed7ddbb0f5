import type { SigningAlgorithm } from '@lumo/token-signing';
import type { AcrValue } from './assurance.js';
import { DEFAULT_REGISTRATION_SETTINGS, type RegistrationSettings } from './registration-settings.js';

/** What an org decided about itself. Only values that something honours are stored. */
export interface OrgSettings {
  readonly general: GeneralSettings;
  readonly auth: AuthSettings;
  readonly security: SecuritySettings;
}

export type SettingsSection = keyof OrgSettings;

export interface GeneralSettings {
  /** What hosted pages call the org; null: its name. */
  readonly displayName: string | null;
}

export interface PasswordPolicy {
  readonly minLength: number;
  readonly requireUppercase: boolean;
  readonly requireNumbers: boolean;
  readonly requireSpecial: boolean;
}

export interface AuthSettings extends RegistrationSettings {
  readonly passwordPolicy: PasswordPolicy;
  /** Absolute life of a browser session. */
  readonly sessionLifetimeSeconds: number;
  /** A session that was not used for so long is over. */
  readonly sessionIdleSeconds: number;
  readonly accessTokenLifetimeSeconds: number;
  readonly refreshTokenLifetimeSeconds: number;
}

export interface SecuritySettings {
  /** Wrong passwords in a row until an account is locked. */
  readonly lockoutMaxFailures: number;
  readonly lockoutSeconds: number;
  /** What tokens are signed with unless their client asks for another algorithm. */
  readonly signingAlgorithm: SigningAlgorithm;
  readonly signingKeyRotationDays: number;
  /** RFC 9449 sections 8 and 9: every DPoP proof carries a nonce of ours. */
  readonly dpopRequireNonce: boolean;
  /** RFC 9126 section 5: no authorization request goes through a browser in clear. */
  readonly requirePushedAuthorizationRequests: boolean;
  /** OpenID Connect Core section 5.5, for every client. */
  readonly claimsParameter: boolean;
  /** RFC 9470: how long ago a person may have signed in to use the admin API; null for no limit. */
  readonly adminMaxAuthAgeSeconds: number | null;
  /** With which of these a person must have signed in to use the admin API; empty for any. */
  readonly adminAcrValues: readonly AcrValue[];
}

/** Contract 7.5 and 11 row 65; NIST SP 800-63B-4 section 3.1.1.2 for the password. */
export const DEFAULT_SETTINGS: OrgSettings = {
  general: { displayName: null },
  auth: {
    passwordPolicy: { minLength: 8, requireUppercase: false, requireNumbers: false, requireSpecial: false },
    sessionLifetimeSeconds: 24 * 3600,
    sessionIdleSeconds: 1800,
    accessTokenLifetimeSeconds: 3600,
    refreshTokenLifetimeSeconds: 30 * 24 * 3600,
    ...DEFAULT_REGISTRATION_SETTINGS,
  },
  security: {
    lockoutMaxFailures: 5,
    lockoutSeconds: 900,
    signingAlgorithm: 'ES256',
    signingKeyRotationDays: 90,
    dpopRequireNonce: false,
    requirePushedAuthorizationRequests: false,
    claimsParameter: false,
    adminMaxAuthAgeSeconds: null,
    adminAcrValues: [],
  },
};

/** A section with the named members replaced; of an object within it (the password policy) only its named members. */
export function changeSection<S extends object>(current: S, change: object): S {
  const changed = Object.entries(change).map(([name, value]: [string, unknown]) => {
    const before = (current as Record<string, unknown>)[name];
    return [name, isObject(before) && isObject(value) ? { ...before, ...value } : value];
  });
  return { ...current, ...Object.fromEntries(changed) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
