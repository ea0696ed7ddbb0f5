import type { Org } from '@lumo/tenancy';
import type { Revocation } from './core/revocation-view.js';

/** An API key as the identity service knows it. */
export interface KnownApiKey {
  readonly org: Org;
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly string[];
}

/** What an org demands of requests beyond a good credential. */
export interface OrgPolicy {
  /** RFC 9449 section 9. */
  readonly dpopRequireNonce: boolean;
  /** RFC 9470: how long ago a person may have signed in to use the admin API. */
  readonly adminMaxAuthAgeSeconds?: number;
  /** With which of these a person must have signed in to use the admin API; empty for any. */
  readonly adminAcrValues: readonly string[];
}

/**
 * What the gateway asks the identity service. Every answer is current when it is given; nothing here caches.
 * All calls reject with the `DomainError` `unavailable` where the service does not answer.
 */
export interface Identity {
  /** Undefined where there is no such org or it is suspended. */
  findOrg(slug: string): Promise<Org | undefined>;
  /** Public keys (JWKs) that verify the access tokens of an org. */
  verificationKeys(org: Org): Promise<readonly unknown[]>;
  /** By the SHA-256 of the key; undefined where it is unknown, expired or revoked. */
  findApiKey(sha256: Uint8Array): Promise<KnownApiKey | undefined>;
  /** The id of an instance operator's key; undefined where it is unknown. */
  findInstanceKey(sha256: Uint8Array): Promise<string | undefined>;
  /** Everything that was revoked after a position, for all orgs; 0 for what still matters. */
  revocationsAfter(
    position: bigint,
  ): Promise<{ readonly revocations: readonly Revocation[]; readonly position: bigint }>;
  policy(orgId: string): Promise<OrgPolicy>;
  /** The org and the claims of an opaque access token, by its SHA-256; undefined where it does not count. */
  findAccessToken(
    sha256: Uint8Array,
    orgId: string,
  ): Promise<{ readonly org: Org; readonly claims: Readonly<Record<string, unknown>> } | undefined>;
  /** Whether a client of the org lists this browser origin. */
  allowsOrigin(org: Org, origin: string): Promise<boolean>;
}
