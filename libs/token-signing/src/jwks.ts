import type { PublicJwk, SigningKey } from './signing-key.js';

/** How long a verifier may keep a JWKS of ours. Rotation publishes a key for longer than this before it signs. */
export const JWKS_MAX_AGE_SECONDS = 3600;

/** The `Cache-Control` of a JWKS response. */
export const JWKS_CACHE_CONTROL = `public, max-age=${JWKS_MAX_AGE_SECONDS}`;

/** A JWK Set (RFC 7517 section 5) of public signing keys. */
export interface JwksDocument {
  readonly keys: readonly PublicJwk[];
}

const STATE_ORDER = { active: 0, next: 1, retired: 2 } as const;

/** The JWKS of an org: active keys first, then next, then retired ones that have not expired. */
export function jwksDocument(keys: readonly SigningKey[], nowMs: number): JwksDocument {
  const published = keys
    .filter((key) => key.expiresAt === null || key.expiresAt.getTime() > nowMs)
    .sort((a, b) => STATE_ORDER[a.state] - STATE_ORDER[b.state] || b.createdAt.getTime() - a.createdAt.getTime());
  return { keys: published.map((key) => publicMembers(key.publicJwk)) };
}

/** Copies the public members by name, so that a private one can never slip into a document. */
export function publicMembers(jwk: PublicJwk): PublicJwk {
  const { kty, kid, alg, use, crv, x, y, n, e } = jwk;
  return kty === 'RSA'
    ? { kty, kid, alg, use, n, e }
    : kty === 'EC'
      ? { kty, kid, alg, use, crv, x, y }
      : { kty, kid, alg, use, crv, x };
}
