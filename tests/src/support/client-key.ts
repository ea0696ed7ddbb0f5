import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, type JWK, type JWTPayload, SignJWT } from 'jose';

/** A key pair of an app. */
export interface ClientKey {
  readonly alg: string;
  /** With `kid` and `alg`, as an app publishes it. */
  readonly publicJwk: JWK;
  readonly privateKey: KeyObject;
  readonly thumbprint: string;
  /** As WebCrypto has it, for client libraries. */
  readonly pair: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /** A client assertion (RFC 7523 section 3); members of `claims` that are undefined are left out. */
  assertion(clientId: string, audience: unknown, change?: Change): Promise<string>;
}

export interface Change {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export async function createClientKey(alg: 'ES256' | 'RS256' | 'PS256' | 'EdDSA' = 'ES256'): Promise<ClientKey> {
  const { privateKey, publicKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const bare = await exportJWK(publicKey);
  const thumbprint = await calculateJwkThumbprint(bare);
  const sign: ClientKey['sign'] = (claims, header = {}) =>
    new SignJWT(claims as JWTPayload).setProtectedHeader({ alg, kid: thumbprint, ...header }).sign(privateKey);
  return {
    alg,
    publicJwk: { ...bare, kid: thumbprint, alg, use: 'sig' },
    privateKey,
    thumbprint,
    pair: {
      privateKey: privateKey.toCryptoKey(WEB_CRYPTO[alg], true, ['sign']) as CryptoKey,
      publicKey: publicKey.toCryptoKey(WEB_CRYPTO[alg], true, ['verify']) as CryptoKey,
    },
    sign,
    assertion(clientId, audience, { claims = {}, header = {} } = {}) {
      const now = Math.floor(Date.now() / 1000);
      return sign(
        { iss: clientId, sub: clientId, aud: audience, jti: randomUUID(), iat: now, exp: now + 60, ...claims },
        header,
      );
    },
  };
}

const WEB_CRYPTO = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
} as const;
