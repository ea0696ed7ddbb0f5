// Seam: oidc-provider signs with JWKs it holds in memory and has to know them all when it is built; our private keys never
// leave key management, and an org's key of an algorithm is made when the first client asks for it. Each published key
// becomes an "external" key that verifies with its public half and asks key management to sign; each algorithm without an
// active key gets a place that such a key fills later.
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import type { KeySets, SigningKey } from '@lumo/token-signing';
import { ExternalSigningKey } from 'oidc-provider';
import { SERVER_SIGNING_ALGS, type ServerSigningAlg } from '../core/client-protocol.js';

type Keys = Pick<KeySets, 'sign' | 'ensure' | 'active'>;

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

/** Stands for a key that is not there yet; until then it is of the right kind and nobody's. */
class KeyToBe extends ExternalSigningKey {
  readonly #alg: ServerSigningAlg;
  #key: OrgSigningKey | undefined;

  constructor(alg: ServerSigningAlg) {
    super();
    this.#alg = alg;
  }

  become(key: OrgSigningKey): void {
    this.#key = key;
  }

  override get kid(): string {
    return this.#key?.kid ?? `none-${this.#alg}`;
  }

  override get alg(): string {
    return this.#alg;
  }

  override keyObject(): KeyObject {
    return this.#key?.keyObject() ?? placeholder(this.#alg);
  }

  override sign(input: Uint8Array): Promise<Uint8Array> {
    if (!this.#key) throw new Error(`the ${this.#alg} key of the org was asked to sign before it was there`);
    return this.#key.sign(input);
  }
}

const placeholders = new Map<ServerSigningAlg, KeyObject>();

/** A public key whose private half nobody has. */
function placeholder(alg: ServerSigningAlg): KeyObject {
  const known = placeholders.get(alg);
  if (known) return known;
  const made =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519').publicKey
        : createPublicKey({
            // Random bytes of the length of a modulus: making a real one takes a tenth of a second.
            key: {
              kty: 'RSA',
              e: 'AQAB',
              n: Buffer.concat([Buffer.from([0xc1]), randomBytes(255)]).toString('base64url'),
            },
            format: 'jwk',
          });
  placeholders.set(alg, made);
  return made;
}

const ORDER = { active: 0, next: 1, retired: 2 } as const;

/** The keys as an engine holds them. */
export interface EngineKeys {
  /** The engine signs with the first key of the algorithm it needs, and verifies with all of them. */
  readonly keys: readonly ExternalSigningKey[];
  /** Makes sure that the engine can sign with these. */
  ready(algs: readonly ServerSigningAlg[]): Promise<void>;
}

export function engineKeys(orgId: string, keys: readonly SigningKey[], keySets: Keys): EngineKeys {
  const asEngineKey = (key: SigningKey) => new OrgSigningKey(key, (input) => keySets.sign(orgId, key.kid, input));
  const missing = SERVER_SIGNING_ALGS.filter((alg) => !keys.some((key) => key.alg === alg && key.state === 'active'));
  const toBe = new Map(missing.map((alg) => [alg, new KeyToBe(alg)]));
  const waiting = new Set(missing);
  return {
    keys: [...toBe.values(), ...[...keys].sort((a, b) => ORDER[a.state] - ORDER[b.state]).map(asEngineKey)],
    async ready(algs) {
      for (const alg of algs) {
        if (!waiting.has(alg)) continue;
        await keySets.ensure(orgId, alg);
        toBe.get(alg)?.become(asEngineKey(await keySets.active(orgId, alg)));
        waiting.delete(alg);
      }
    },
  };
}
