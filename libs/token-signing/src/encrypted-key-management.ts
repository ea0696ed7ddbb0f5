import { createPrivateKey, createPublicKey, sign as cryptoSign, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { DomainError, newId } from '@lumo/kit';
import { LRUCache } from 'lru-cache';
import { SIGNATURE_SCHEMES, type SigningAlgorithm } from './algorithms.js';
import type { GeneratedKey, KeyManagement } from './key-management.js';
import type { MasterKeyRing } from './master-key-ring.js';
import type { PublicJwk, SigningKey } from './signing-key.js';

const generatePair = promisify(generateKeyPair);
const signOffThread = promisify(cryptoSign);

const RSA_BITS = 2048;
/** Larger ones cost a signature several milliseconds. */
const MAX_RSA_BITS = 4096;

export interface EncryptedKeyManagementOptions {
  /** How many opened private keys stay in memory, over all orgs. */
  readonly maxOpenKeys?: number;
}

/**
 * Key management whose private keys are PKCS #8, sealed with AES-256-GCM under the master key and bound to org and kid:
 * a row copied to another org or another key does not open.
 */
export function createEncryptedKeyManagement(
  ring: MasterKeyRing,
  { maxOpenKeys = 1000 }: EncryptedKeyManagementOptions = {},
): KeyManagement {
  const opened = new LRUCache<string, KeyObject>({ max: maxOpenKeys });

  const open = (orgId: string, key: SigningKey): KeyObject => {
    // A kid names the same private key for ever, so an entry can be evicted but never be wrong.
    const name = sealContext(orgId, key.kid);
    const known = opened.get(name);
    if (known) return known;
    const privateKey = openPrivateKey(ring, orgId, key);
    opened.set(name, privateKey);
    return privateKey;
  };

  const keep = (orgId: string, alg: SigningAlgorithm, privateKey: KeyObject, publicKey: KeyObject): GeneratedKey => {
    const kid = newId('signingKey');
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
    const sealed = ring.current.seal(pkcs8, sealContext(orgId, kid));
    pkcs8.fill(0);
    return { kid, publicJwk: toPublicJwk(publicKey, kid, alg), privateKey: { masterKeyId: ring.current.id, sealed } };
  };

  return {
    async generate(orgId, alg) {
      const { privateKey, publicKey } = await generate(alg);
      return keep(orgId, alg, privateKey, publicKey);
    },

    async import(orgId, alg, pkcs8) {
      const privateKey = readPrivateKey(alg, pkcs8);
      return keep(orgId, alg, privateKey, createPublicKey(privateKey));
    },

    async sign(orgId, key, input) {
      const { digest, offThread, input: withKey } = SIGNATURE_SCHEMES[key.alg];
      const signer = withKey(open(orgId, key));
      return offThread ? signOffThread(digest, input, signer) : cryptoSign(digest, input, signer);
    },

    async publicKey(orgId, key) {
      return toPublicJwk(createPublicKey(open(orgId, key)), key.kid, key.alg);
    },

    async reseal(orgId, key) {
      const { masterKeyId, sealed } = key.privateKey;
      if (masterKeyId === ring.current.id) return undefined;
      const context = sealContext(orgId, key.kid);
      const pkcs8 = ring.open(masterKeyId, sealed, context);
      const again = ring.current.seal(pkcs8, context);
      pkcs8.fill(0);
      return { masterKeyId: ring.current.id, sealed: again };
    },
  };
}

function sealContext(orgId: string, kid: string): string {
  return `signing-key:${orgId}:${kid}`;
}

function openPrivateKey(ring: MasterKeyRing, orgId: string, key: SigningKey): KeyObject {
  const { masterKeyId, sealed } = key.privateKey;
  let pkcs8: Buffer;
  try {
    pkcs8 = ring.open(masterKeyId, sealed, sealContext(orgId, key.kid));
  } catch (cause) {
    if (cause instanceof DomainError) throw cause;
    throw new DomainError('internal', 'signing_key_unreadable', 'A signing key of this organization does not open.', {
      details: { kid: key.kid },
      cause,
    });
  }
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  pkcs8.fill(0);
  return privateKey;
}

function generate(alg: SigningAlgorithm): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
  switch (alg) {
    case 'ES256':
      return generatePair('ec', { namedCurve: 'P-256' });
    case 'EdDSA':
      return generatePair('ed25519');
    case 'RS256':
    case 'PS256':
      return generatePair('rsa', { modulusLength: RSA_BITS });
  }
}

/** RFC 7518 sections 3.3 to 3.5 and RFC 8037 section 3.1: which key an algorithm wants, and how large. */
function readPrivateKey(alg: SigningAlgorithm, pkcs8: Buffer): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  } catch {
    throw unusable(`it is no private key in PKCS #8`);
  } finally {
    pkcs8.fill(0);
  }
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  switch (alg) {
    case 'ES256':
      if (key.asymmetricKeyType !== 'ec' || namedCurve !== 'prime256v1')
        throw unusable('ES256 wants an EC key on P-256');
      break;
    case 'EdDSA':
      if (key.asymmetricKeyType !== 'ed25519') throw unusable('EdDSA wants an Ed25519 key');
      break;
    case 'RS256':
    case 'PS256':
      if (key.asymmetricKeyType !== 'rsa' || modulusLength < RSA_BITS || modulusLength > MAX_RSA_BITS)
        throw unusable(`${alg} wants an RSA key of ${RSA_BITS} to ${MAX_RSA_BITS} bits`);
  }
  return key;
}

function unusable(why: string): DomainError {
  return new DomainError('invalid', 'invalid_signing_key', `The key cannot sign: ${why}.`);
}

function toPublicJwk(publicKey: KeyObject, kid: string, alg: SigningAlgorithm): PublicJwk {
  const { kty, crv, x, y, n, e } = publicKey.export({ format: 'jwk' });
  const common = { kid, alg, use: 'sig' as const };
  if (kty === 'EC') return { kty, ...common, crv, x, y };
  if (kty === 'RSA') return { kty, ...common, n, e };
  return { kty: 'OKP', ...common, crv, x };
}
