import { createHash, timingSafeEqual } from 'node:crypto';

export const APPLICATION_TYPES = ['web', 'spa', 'native', 'm2m'] as const;
export type ApplicationType = (typeof APPLICATION_TYPES)[number];

export const CLIENT_AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'none'] as const;
export type ClientAuthMethod = (typeof CLIENT_AUTH_METHODS)[number];

/** An application that is registered with an org. */
export interface OAuthClient {
  /** The integer id of the admin API. */
  readonly id: number;
  /** `cli_…` */
  readonly clientId: string;
  readonly name: string;
  readonly description?: string | null;
  readonly applicationType: ApplicationType;
  /** A client that authenticates with a secret accepts both `client_secret_basic` and `client_secret_post` on the wire. */
  readonly tokenEndpointAuthMethod: ClientAuthMethod;
  /** Every secret that is on file, expired ones included. Empty for a public client. */
  readonly secrets: readonly ClientSecret[];
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  /** Serialised origins, e.g. `https://app.example`. */
  readonly allowedOrigins: readonly string[];
  readonly grantTypes: readonly string[];
  /** What the client may ask for, and what a request without `scope` gets. */
  readonly scopes: readonly string[];
  readonly requiresPkce: boolean;
  /** An application of the org itself: nobody is asked whether it may act for them. */
  readonly isFirstParty: boolean;
  readonly isActive: boolean;
  /** Null: the default of the org. */
  readonly accessTokenLifetimeSeconds?: number | null;
  readonly refreshTokenLifetimeSeconds?: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ClientSecret {
  readonly sha256: Buffer;
  readonly createdAt: Date;
  /** Null: does not end. A rotated secret stays valid until then. */
  readonly expiresAt: Date | null;
}

export function isConfidential(client: Pick<OAuthClient, 'tokenEndpointAuthMethod'>): boolean {
  return client.tokenEndpointAuthMethod !== 'none';
}

/** Whether this is a secret of the client that is valid at `now`. Constant time for each stored hash. */
export function matchesClientSecret(
  secrets: readonly Pick<ClientSecret, 'sha256' | 'expiresAt'>[],
  presented: string,
  now: Date,
): boolean {
  const given = createHash('sha256').update(presented).digest();
  let matched = false;
  for (const { sha256, expiresAt } of secrets) {
    const isValid = expiresAt === null || expiresAt.getTime() > now.getTime();
    if (timingSafeEqual(sha256, given) && isValid) matched = true;
  }
  return matched;
}
