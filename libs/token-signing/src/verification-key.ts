import { type CryptoKey, importJWK } from 'jose';
import { isSigningAlgorithm, type SigningAlgorithm } from './algorithms.js';

/** A public key with the one algorithm it verifies: fixed here, before any token is read (RFC 8725 section 3.1). */
export interface VerificationKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly key: CryptoKey;
}

const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;

/**
 * A public JWK as a verification key; `undefined` for one that is not ours to use: symmetric, for encryption, an
 * algorithm outside the list, a weak or absurdly large RSA modulus, or malformed. Private members are not imported.
 */
export async function importVerificationKey(jwk: unknown): Promise<VerificationKey | undefined> {
  if (!isRecord(jwk)) return undefined;
  const { use, key_ops: operations, kid = '' } = jwk;
  const alg = algorithmOf(jwk);
  if (!alg || typeof kid !== 'string') return undefined;
  if (use !== undefined && use !== 'sig') return undefined;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return undefined;
  const { kty, crv, x, y, n, e } = jwk;
  if (kty === 'RSA' && !hasUsableModulus(n)) return undefined;
  try {
    const key = await importJWK({ kty, crv, x, y, n, e } as Parameters<typeof importJWK>[0], alg);
    return key instanceof Uint8Array ? undefined : { kid, alg, key };
  } catch {
    return undefined;
  }
}

/** `alg` of the key; where the key names none, the one that its type leaves (RSA: RS256). */
function algorithmOf({ kty, crv, alg }: Record<string, unknown>): SigningAlgorithm | undefined {
  const possible: readonly SigningAlgorithm[] =
    kty === 'EC' && crv === 'P-256'
      ? ['ES256']
      : kty === 'OKP' && crv === 'Ed25519'
        ? ['EdDSA']
        : kty === 'RSA'
          ? ['RS256', 'PS256']
          : [];
  if (alg === undefined) return possible[0];
  return isSigningAlgorithm(alg) && possible.includes(alg) ? alg : undefined;
}

function hasUsableModulus(n: unknown): boolean {
  if (typeof n !== 'string') return false;
  const bits = Buffer.from(n, 'base64url').length * 8;
  return bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
