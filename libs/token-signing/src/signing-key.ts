import type { SigningAlgorithm } from './algorithms.js';

/** The public members of a signing key, and no others: what a JWKS may show (RFC 7517 section 4). */
export interface PublicJwk {
  readonly kty: 'EC' | 'RSA' | 'OKP';
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
}

/** The private half as its key management keeps it: ciphertext under a master key, or the handle of a remote key. */
export interface SealedPrivateKey {
  /** Id of the master key that sealed it, so that a rotation of the master key knows what to seal again. */
  readonly masterKeyId: string;
  readonly sealed: Uint8Array;
}

/**
 * - `next`: published, does not sign yet;
 * - `active`: published and signs;
 * - `retired`: published until `expiresAt`, so that what it signed can still be verified.
 */
export type SigningKeyState = 'next' | 'active' | 'retired';

export interface SigningKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly state: SigningKeyState;
  readonly publicJwk: PublicJwk;
  readonly privateKey: SealedPrivateKey;
  /** Also the moment of publication: every stored key stands in the JWKS. */
  readonly createdAt: Date;
  readonly activatedAt: Date | null;
  readonly retiredAt: Date | null;
  /** Set with `retiredAt`: from then on the key is not published and may be deleted. */
  readonly expiresAt: Date | null;
}
