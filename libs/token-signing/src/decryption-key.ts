import { createECDH, createPrivateKey, hkdfSync } from 'node:crypto';
import { err, ok, type Result } from '@lumo/kit';
import { compactDecrypt } from 'jose';
import { jwkThumbprint } from './dpop.js';
import { MAX_TOKEN_CHARS } from './token-header.js';

/** How a request object may be encrypted to us. RSA1_5, `dir`, password-based and compressed ones are absent on purpose. */
export const DECRYPTION_ALGS = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW'] as const;
export const DECRYPTION_ENCS = ['A128CBC-HS256', 'A256CBC-HS512', 'A128GCM', 'A256GCM'] as const;

/** As a JWKS shows it (RFC 7517). */
export interface EncryptionJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly use: 'enc';
  readonly kid: string;
  readonly x: string;
  readonly y: string;
}

/** A key to which clients encrypt. */
export interface DecryptionKey {
  readonly publicJwk: EncryptionJwk;
  /** The plaintext as UTF-8; says nothing about why it does not decrypt (RFC 8725 section 2.4). */
  decrypt(jwe: string): Promise<Result<string, 'undecryptable'>>;
}

/** Order of P-256 (FIPS 186-5). */
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/** `seed`: 32 random bytes; the same seed gives the same key. */
export function createDecryptionKey(seed: Uint8Array): DecryptionKey {
  // 64 bits more than the order has, so that no scalar is more likely than another (FIPS 186-5 appendix A.2.1).
  const wide = Buffer.from(hkdfSync('sha256', seed, '', 'ECDH-ES P-256', 40));
  const scalar = (BigInt(`0x${wide.toString('hex')}`) % (ORDER - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey();
  const x = point.subarray(1, 33).toString('base64url');
  const y = point.subarray(33).toString('base64url');
  const jwk = { kty: 'EC', crv: 'P-256', x, y } as const;
  const key = createPrivateKey({ key: { ...jwk, d: d.toString('base64url') }, format: 'jwk' });
  return {
    publicJwk: { ...jwk, use: 'enc', kid: jwkThumbprint(jwk) ?? '' },
    async decrypt(jwe) {
      if (jwe.length > MAX_TOKEN_CHARS) return err('undecryptable');
      try {
        const { plaintext } = await compactDecrypt(jwe, key, {
          keyManagementAlgorithms: [...DECRYPTION_ALGS],
          contentEncryptionAlgorithms: [...DECRYPTION_ENCS],
          // RFC 8725 section 3.6: nothing is inflated.
          maxDecompressedLength: 0,
        });
        return ok(new TextDecoder('utf-8', { fatal: true }).decode(plaintext));
      } catch {
        return err('undecryptable');
      }
    },
  };
}
