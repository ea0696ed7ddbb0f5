import { DomainError } from '@lumo/kit';
import type { SigningAlgorithm } from './algorithms.js';
import type { SigningKey } from './signing-key.js';

/** JWT claims (RFC 7519 section 4.1) as they are signed. Times in seconds since the epoch. */
export interface JwtClaims {
  readonly iss: string;
  readonly exp: number;
  readonly iat: number;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
  readonly jti?: string;
  readonly nbf?: number;
  readonly [claim: string]: unknown;
}

export interface MintRequest {
  /** Header `typ`: says what kind of JWT it is, so that one kind is never taken for another (RFC 8725 section 3.11). */
  readonly typ: string;
  /** Defaults to the org's first algorithm. */
  readonly alg?: SigningAlgorithm;
  readonly claims: JwtClaims;
}

export type SignWithKey = (key: SigningKey, input: Uint8Array) => Promise<Uint8Array>;

/** A compact JWS (RFC 7515 section 7.1) over the claims. The key decides the algorithm. */
export async function mintJwt(request: MintRequest, key: SigningKey, sign: SignWithKey): Promise<string> {
  const { typ, alg, claims } = request;
  if (alg !== undefined && alg !== key.alg) throw bug('the key has another algorithm than the token asks for');
  if (key.state !== 'active') throw bug('only an active key signs');
  if (!claims.iss || !(claims.exp > claims.iat)) throw bug('a token needs iss, iat and a later exp');
  const input = `${encode({ alg: key.alg, typ, kid: key.kid })}.${encode(claims)}`;
  const signature = await sign(key, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function bug(message: string): DomainError {
  return new DomainError('internal', 'server_error', message);
}
