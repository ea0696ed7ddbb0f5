/** Who may register clients at the registration endpoint (RFC 7591 section 3), beside keys of the org. */
export const REGISTRATION_POLICIES = ['closed', 'initial_access_token', 'open'] as const;
export type RegistrationPolicy = (typeof REGISTRATION_POLICIES)[number];

/** What an org decided about clients that no administrator made. */
export interface RegistrationSettings {
  readonly dynamicRegistration: RegistrationPolicy;
  /** How many clients may have registered themselves. */
  readonly dynamicClientQuota: number;
  /** What a client that no administrator vouches for may ask for, beside the scopes of the org's resources. */
  readonly dynamicClientScopes: readonly string[];
  /** OAuth 2.1 for each of them. Without it a client with a secret of its own may leave PKCE out. */
  readonly dynamicClientRequiresPkce: boolean;
  /** Whether the address of a metadata document is accepted as a client id. */
  readonly cimdEnabled: boolean;
  /** Hosts of such addresses, with everything below them; empty for all. */
  readonly cimdAllowedDomains: readonly string[];
  /** What happens to clients whose answers go to the person's own machine: any program on it can pretend to be them. */
  readonly cimdLocalhostRedirectPolicy: 'warn' | 'block';
}

export const DEFAULT_REGISTRATION_SETTINGS: RegistrationSettings = {
  dynamicRegistration: 'closed',
  dynamicClientQuota: 1000,
  dynamicClientScopes: ['openid', 'profile', 'email', 'offline_access'],
  dynamicClientRequiresPkce: true,
  cimdEnabled: true,
  cimdAllowedDomains: [],
  cimdLocalhostRedirectPolicy: 'warn',
};
