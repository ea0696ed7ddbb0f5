import { createHash, randomBytes } from 'node:crypto';
import type { Change, ClientKey } from './client-key.js';
import { createClientKey } from './client-key.js';

/** What a proof is for. */
export interface Proven {
  readonly method: string;
  readonly url: string;
  /** The access token that goes with it. */
  readonly token?: string;
  readonly nonce?: string;
}

/** Holds a key and proves it (RFC 9449). */
export interface Prover {
  readonly key: ClientKey;
  /** `jkt` of what is bound to the key. */
  readonly thumbprint: string;
  proof(proven: Proven, change?: Change): Promise<string>;
}

export async function createProver(alg: 'ES256' | 'RS256' | 'PS256' | 'EdDSA' = 'ES256'): Promise<Prover> {
  const key = await createClientKey(alg);
  const { kid: _kid, use: _use, alg: _alg, ...jwk } = key.publicJwk;
  return {
    key,
    thumbprint: key.thumbprint,
    proof({ method, url, token, nonce }, { claims = {}, header = {} } = {}) {
      return key.sign(
        {
          jti: randomBytes(16).toString('base64url'),
          htm: method,
          htu: url,
          iat: Math.floor(Date.now() / 1000),
          ...(token !== undefined && { ath: tokenHash(token) }),
          ...(nonce !== undefined && { nonce }),
          ...claims,
        },
        { typ: 'dpop+jwt', jwk, kid: undefined, ...header },
      );
    },
  };
}

/** `ath` of RFC 9449 section 4.2. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
