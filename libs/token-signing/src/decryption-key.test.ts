import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CompactEncrypt, importJWK } from 'jose';
import { createDecryptionKey, DECRYPTION_ALGS, DECRYPTION_ENCS } from './decryption-key.js';

const key = createDecryptionKey(Buffer.alloc(32, 1));

async function encrypt(header: Record<string, string>, to: object = key.publicJwk): Promise<string> {
  const recipient = await importJWK(to as never, header.alg);
  return new CompactEncrypt(Buffer.from('a secret request'))
    .setProtectedHeader(header as { alg: string; enc: string })
    .encrypt(recipient);
}

describe('decryption of what clients send', () => {
  for (const alg of DECRYPTION_ALGS) {
    for (const enc of DECRYPTION_ENCS) {
      it(`${alg} with ${enc}`, async () => {
        assert.deepEqual(await key.decrypt(await encrypt({ alg, enc })), { ok: true, value: 'a secret request' });
      });
    }
  }

  it('the key follows from its seed, and shows nothing private', () => {
    assert.deepEqual(createDecryptionKey(Buffer.alloc(32, 1)).publicJwk, key.publicJwk);
    assert.notDeepEqual(createDecryptionKey(Buffer.alloc(32, 2)).publicJwk.x, key.publicJwk.x);
    assert.deepEqual(Object.keys(key.publicJwk).sort(), ['crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  const undecryptable = { ok: false, error: 'undecryptable' };

  it('not what was encrypted to another key', async () => {
    const other = createDecryptionKey(Buffer.alloc(32, 2));
    const jwe = await encrypt({ alg: 'ECDH-ES', enc: 'A256GCM' }, other.publicJwk);
    assert.deepEqual(await key.decrypt(jwe), undecryptable);
  });

  it('attack 22: a point that is not on the curve is refused', async () => {
    const [, ...rest] = (await encrypt({ alg: 'ECDH-ES', enc: 'A256GCM' })).split('.');
    const off = {
      kty: 'EC',
      crv: 'P-256',
      x: Buffer.alloc(32, 1).toString('base64url'),
      y: Buffer.alloc(32, 2).toString('base64url'),
    };
    const header = Buffer.from(JSON.stringify({ alg: 'ECDH-ES', enc: 'A256GCM', epk: off })).toString('base64url');
    assert.deepEqual(await key.decrypt([header, ...rest].join('.')), undecryptable);
  });

  it('attack 22: RSA1_5, dir, password-based and compressed ones are refused', async () => {
    const headers = [
      { alg: 'RSA1_5', enc: 'A256GCM' },
      { alg: 'dir', enc: 'A256GCM' },
      { alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', p2c: 2_000_000_000, p2s: 'AAAA' },
      { alg: 'A256KW', enc: 'A256GCM' },
    ];
    const genuine = (await encrypt({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM' })).split('.');
    for (const header of headers) {
      const jwe = [Buffer.from(JSON.stringify(header)).toString('base64url'), ...genuine.slice(1)].join('.');
      assert.deepEqual(await key.decrypt(jwe), undecryptable, header.alg);
    }
    const zipped = await encrypt({ alg: 'ECDH-ES', enc: 'A256GCM', zip: 'DEF' });
    assert.deepEqual(await key.decrypt(zipped), undecryptable);
  });

  it('not what is no JWE, and not a giant', async () => {
    for (const text of ['', 'a.b.c', 'a.b.c.d.e', 'x'.repeat(100_000)]) {
      assert.deepEqual(await key.decrypt(text), undecryptable);
    }
  });
});
