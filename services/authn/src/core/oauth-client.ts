import { createHash, timingSafeEqual } from 'node:crypto';
import type { ClientAbout } from './client-about.js';
import type { ClientProtocol } from './client-protocol.js';

export const APPLICATION_TYPES = ['web', 'spa', 'native', 'm2m'] as const;
export type ApplicationType = (typeof APPLICATION_TYPES)[number];

export const CLIENT_AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const;
export type ClientAuthMethod = (typeof CLIENT_AUTH_METHODS)[number];

/** An administrator made it, it registered itself (RFC 7591), or its id is the address of the document that describes it. */
export const CLIENT_ORIGINS = ['admin', 'dynamic', 'metadata_document'] as const;
export type ClientOrigin = (typeof CLIENT_ORIGINS)[number];

/** Whether a resource that a client asks for must be one of its own, or may also stand below one (contract 2.17). */
export type ResourceMode = 'exact' | 'prefix';

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
  readonly protocol: ClientProtocol;
  readonly origin: ClientOrigin;
  readonly about: ClientAbout;
  /** Resources (RFC 8707) it may ask tokens for, beside those that the org offers to every client. */
  readonly audienceUris: readonly string[];
  readonly resourceMode: ResourceMode;
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

/** Whether the client has a secret at all: one with keys or a certificate has none. */
export function usesSecret({ tokenEndpointAuthMethod: method }: Pick<OAuthClient, 'tokenEndpointAuthMethod'>): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post';
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
