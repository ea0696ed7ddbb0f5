import type { SigningAlgorithm } from './algorithms.js';
import type { PublicJwk, SealedPrivateKey, SigningKey } from './signing-key.js';

/** A pair made by key management: the public half, and whatever it needs to find the private one again. */
export interface GeneratedKey {
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  readonly privateKey: SealedPrivateKey;
}

/**
 * Who holds private keys and signs with them. The first adapter keeps them encrypted in the database; one for a KMS or
 * HSM signs remotely. No caller ever sees a private key.
 */
export interface KeyManagement {
  generate(orgId: string, alg: SigningAlgorithm): Promise<GeneratedKey>;

  /**
   * Takes over a private key that was made elsewhere, as PKCS #8 (DER). The caller's buffer is wiped.
   * @throws DomainError `invalid`/`invalid_signing_key` where it is no private key for `alg`, or a weak one
   */
  import(orgId: string, alg: SigningAlgorithm, pkcs8: Buffer): Promise<GeneratedKey>;

  /** The JWS signature (RFC 7515 section 5.1) over `input` with the key's own algorithm. */
  sign(orgId: string, key: SigningKey, input: Uint8Array): Promise<Uint8Array>;

  /** The public half, derived from the private one. */
  publicKey(orgId: string, key: SigningKey): Promise<PublicJwk>;

  /** The private half sealed under the current master key, or `undefined` when it already is. */
  reseal(orgId: string, key: SigningKey): Promise<SealedPrivateKey | undefined>;
}
