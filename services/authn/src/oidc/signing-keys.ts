// Seam: oidc-provider signs with JWKs it holds in memory; our private keys never leave key management. Each published key
// becomes an "external" key that verifies with its public half and asks key management to sign.
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { KeySets, SigningKey } from '@lumo/token-signing';
import { ExternalSigningKey } from 'oidc-provider';

class OrgSigningKey extends ExternalSigningKey {
  readonly #key: SigningKey;
  readonly #publicKey: KeyObject;
  readonly #sign: (input: Uint8Array) => Promise<Uint8Array>;

  constructor(key: SigningKey, sign: (input: Uint8Array) => Promise<Uint8Array>) {
    super();
    this.#key = key;
    this.#publicKey = createPublicKey({ key: { ...key.publicJwk }, format: 'jwk' });
    this.#sign = sign;
  }

  override get kid(): string {
    return this.#key.kid;
  }

  override get alg(): string {
    return this.#key.alg;
  }

  override keyObject(): KeyObject {
    return this.#publicKey;
  }

  /** Also for a moment after the key retired: a request that began with it ends with it. */
  override sign(input: Uint8Array): Promise<Uint8Array> {
    return this.#sign(input);
  }
}

const ORDER = { active: 0, next: 1, retired: 2 } as const;

/** Active keys first: the engine signs with the first key of the algorithm it needs, and verifies with all of them. */
export function engineKeys(
  orgId: string,
  keys: readonly SigningKey[],
  keySets: Pick<KeySets, 'sign'>,
): readonly ExternalSigningKey[] {
  return [...keys]
    .sort((a, b) => ORDER[a.state] - ORDER[b.state])
    .map((key) => new OrgSigningKey(key, (input) => keySets.sign(orgId, key.kid, input)));
}
