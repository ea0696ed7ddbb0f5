import { importVerificationKey, type VerificationKey } from './verification-key.js';

/** Finds the key that an issuer publishes under a kid. */
export interface KeySource {
  /** `undefined` where the issuer is unknown or publishes no such key. Throws when the issuer cannot be asked. */
  find(issuer: string, kid: string): Promise<VerificationKey | undefined>;
}

/** A key source that knows one issuer and the keys it was given: for tests, and for a JWKS pinned by configuration. */
export async function createFixedKeySource(issuer: string, jwks: { keys: readonly unknown[] }): Promise<KeySource> {
  const keys = await importKeys(jwks.keys);
  return { find: async (asked, kid) => (asked === issuer ? keys.get(kid) : undefined) };
}

/** More keys than this in one JWKS are ignored. */
const MAX_KEYS = 100;

export async function importKeys(jwks: readonly unknown[]): Promise<ReadonlyMap<string, VerificationKey>> {
  const keys = await Promise.all(jwks.slice(0, MAX_KEYS).map(importVerificationKey));
  const usable = keys.filter((key) => key !== undefined && key.kid !== '') as VerificationKey[];
  return new Map(usable.map((key) => [key.kid, key]));
}
