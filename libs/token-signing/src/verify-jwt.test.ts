import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { CompactEncrypt, type CryptoKey, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { SIGNING_ALGORITHMS } from './algorithms.js';
import { createFixedKeySource } from './key-source.js';
import { importVerificationKey } from './verification-key.js';
import { type JwtExpectation, type JwtRefusal, verifyJwt } from './verify-jwt.js';

const ISSUER = 'https://id.test/orgs/acme/api/v1';
const NOW_MS = Date.UTC(2026, 0, 1);
const NOW = NOW_MS / 1000;
const CLAIMS = { iss: ISSUER, sub: 'u1', aud: 'app', iat: NOW, exp: NOW + 600 };
const EXPECTED: JwtExpectation = { issuer: ISSUER, audience: 'app', typ: 'at+jwt' };

interface Pair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}
const pairs = new Map<string, Pair>();
for (const alg of SIGNING_ALGORITHMS) pairs.set(alg, await generateKeyPair(alg, { extractable: true }));
const pair = (alg: string): Pair => {
  const found = pairs.get(alg);
  assert.ok(found);
  return found;
};
const jwks = await Promise.all(
  [...pairs].map(async ([alg, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid: alg, alg, use: 'sig' })),
);
const keys = await createFixedKeySource(ISSUER, { keys: jwks });

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const sign = (alg: string, header: object = {}, claims: object = CLAIMS) =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg, kid: alg, typ: 'at+jwt', ...header })
    .sign(pair(alg).privateKey, { crit: { b64: true } });

async function outcome(token: string, expected: Partial<JwtExpectation> = {}): Promise<JwtRefusal | 'accepted'> {
  const result = await verifyJwt(token, keys, { ...EXPECTED, ...expected }, NOW_MS);
  return result.ok ? 'accepted' : result.error;
}

describe('verifyJwt', () => {
  for (const alg of SIGNING_ALGORITHMS) {
    it(`${alg}: accepts the genuine token, refuses one flipped bit`, async () => {
      const token = await sign(alg);
      const result = await verifyJwt(token, keys, EXPECTED, NOW_MS);
      assert.ok(result.ok);
      assert.deepEqual(result.value, { kid: alg, typ: 'at+jwt', claims: CLAIMS });
      const [header, payload, signature] = token.split('.') as [string, string, string];
      const bytes = Buffer.from(signature, 'base64url');
      bytes.writeUInt8(bytes.readUInt8(5) ^ 1, 5);
      assert.equal(await outcome(`${header}.${payload}.${bytes.toString('base64url')}`), 'bad_signature');
      const other = encode({ ...CLAIMS, sub: 'u2' });
      assert.equal(await outcome(`${header}.${other}.${signature}`), 'bad_signature');
    });
  }

  describe('attack 18: the algorithm is the key’s', () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      it(`refuses alg ${JSON.stringify(alg)}`, async () => {
        const input = `${encode({ alg, kid: 'RS256', typ: 'at+jwt' })}.${encode(CLAIMS)}`;
        assert.equal(await outcome(`${input}.`), 'malformed');
        assert.equal(await outcome(`${input}.AAAA`), 'alg_mismatch');
      });
    }
    for (const spelled of ['rs256', 'RS256 ', 'es256', 'HS256', 'hs256', 'RS512', 'EdDSA', 'PS256']) {
      it(`refuses ${JSON.stringify(spelled)} for an RS256 key`, async () => {
        const [, payload, signature] = (await sign('RS256')).split('.');
        const header = encode({ alg: spelled, kid: 'RS256', typ: 'at+jwt' });
        assert.equal(await outcome(`${header}.${payload}.${signature}`), 'alg_mismatch');
      });
    }
    it('refuses an HMAC made with the public key', async () => {
      const pem = await exportSPKI(pair('RS256').publicKey);
      const input = `${encode({ alg: 'HS256', kid: 'RS256', typ: 'at+jwt' })}.${encode(CLAIMS)}`;
      const mac = createHmac('sha256', pem).update(input).digest('base64url');
      assert.equal(await outcome(`${input}.${mac}`), 'alg_mismatch');
    });
    it('refuses a PS256 signature under the kid of an RS256 key', async () => {
      assert.equal(await outcome(await sign('PS256', { kid: 'RS256' })), 'alg_mismatch');
    });
    it('refuses a key embedded in the header', async () => {
      const mine = await generateKeyPair('ES256', { extractable: true });
      const jwk = await exportJWK(mine.publicKey);
      const token = await new SignJWT(CLAIMS)
        .setProtectedHeader({ alg: 'ES256', kid: 'ES256', typ: 'at+jwt', jwk })
        .sign(mine.privateKey);
      assert.equal(await outcome(token), 'header_not_allowed');
    });
  });

  describe('attack 19: kid is a lookup token, URLs in the header are refused', () => {
    const hostile = [
      '../../../../dev/null',
      "x' OR '1'='1",
      'https://attacker.test/key',
      'a b',
      'a\nb',
      'a\0b',
      '',
      'k'.repeat(129),
      '{"a":1}',
      'kıd',
    ];
    for (const kid of hostile) {
      it(`refuses kid ${JSON.stringify(kid.slice(0, 30))}`, async () => {
        assert.equal(await outcome(await sign('ES256', { kid })), 'kid_not_allowed');
      });
    }
    for (const kid of [1, null, ['ES256'], { a: 1 }]) {
      it(`refuses kid ${JSON.stringify(kid)}`, async () => {
        const [, payload, signature] = (await sign('ES256')).split('.');
        const header = encode({ alg: 'ES256', kid, typ: 'at+jwt' });
        assert.equal(await outcome(`${header}.${payload}.${signature}`), 'kid_not_allowed');
      });
    }
    it('does not find kids on the prototype', async () => {
      for (const kid of ['__proto__', 'constructor', 'toString']) {
        assert.equal(await outcome(await sign('ES256', { kid })), 'unknown_key');
      }
    });
    it('refuses a token without kid', async () => {
      assert.equal(await outcome(await sign('ES256', { kid: undefined })), 'unknown_key');
    });
    for (const name of ['jku', 'x5u', 'x5c', 'zip', 'p2c']) {
      it(`refuses header ${name}`, async () => {
        assert.equal(await outcome(await sign('ES256', { [name]: 'https://attacker.test/' })), 'header_not_allowed');
      });
    }
    it('refuses crit, b64 included', async () => {
      const header = encode({ alg: 'ES256', kid: 'ES256', typ: 'at+jwt', crit: ['b64'], b64: true });
      const [, payload, signature] = (await sign('ES256')).split('.');
      assert.equal(await outcome(`${header}.${payload}.${signature}`), 'header_not_allowed');
    });
  });

  describe('attack 20: one kind of JWT is not another', () => {
    for (const typ of ['JWT', 'logout+jwt', 'dpop+jwt', 'AT+JWT', 'at+jwt ', 'application/logout+jwt', undefined]) {
      it(`refuses typ ${typ} where at+jwt is expected`, async () => {
        assert.equal(await outcome(await sign('ES256', { typ })), 'wrong_typ');
      });
    }
    it('accepts the long form, RFC 9068 section 4', async () => {
      assert.equal(await outcome(await sign('ES256', { typ: 'application/at+jwt' })), 'accepted');
    });
    it('accepts an ID token without typ only where a plain JWT is expected', async () => {
      assert.equal(await outcome(await sign('ES256', { typ: undefined }), { typ: 'JWT' }), 'accepted');
      assert.equal(await outcome(await sign('ES256', { typ: 'at+jwt' }), { typ: 'JWT' }), 'wrong_typ');
    });
  });

  describe('claims', () => {
    const cases: readonly [string, object, JwtRefusal | 'accepted', Partial<JwtExpectation>?][] = [
      ['another issuer', { iss: `${ISSUER}/` }, 'wrong_issuer'],
      ['no issuer', { iss: undefined }, 'bad_claims'],
      ['another audience', { aud: 'other' }, 'wrong_audience'],
      ['no audience', { aud: undefined }, 'wrong_audience'],
      ['one audience of several', { aud: ['other', 'app'] }, 'accepted'],
      ['one accepted audience of several', {}, 'accepted', { audience: ['x', 'app'] }],
      ['an audience that is a prefix', { aud: 'application' }, 'wrong_audience'],
      ['an audience that is no string', { aud: ['app', 1] }, 'bad_claims'],
      ['expired past the tolerance', { exp: NOW - 5 }, 'expired'],
      ['expired within the tolerance', { exp: NOW - 4 }, 'accepted'],
      ['expired, no tolerance', { exp: NOW }, 'expired', { clockToleranceSeconds: 0 }],
      ['no exp', { exp: undefined }, 'bad_claims'],
      ['exp as text', { exp: `${NOW + 600}` }, 'bad_claims'],
      ['issued in the future', { iat: NOW + 6 }, 'not_yet_valid'],
      ['not before, later', { nbf: NOW + 6 }, 'not_yet_valid'],
      ['not before, now', { nbf: NOW }, 'accepted'],
      ['a subject that is no string', { sub: 7 }, 'bad_claims'],
    ];
    for (const [name, change, expected, options] of cases) {
      it(`${name}: ${expected}`, async () => {
        const [header] = (await sign('ES256')).split('.');
        assert.ok(header);
        const token = await signRaw(`${header}.${encode({ ...CLAIMS, ...change })}`);
        assert.equal(await outcome(token, options), expected);
      });
    }
    it('a payload that is no JSON object', async () => {
      const [header] = (await sign('ES256')).split('.');
      for (const payload of ['[]', 'null', '"x"', '{', '', '\ufeff{}']) {
        const input = `${header}.${Buffer.from(payload).toString('base64url')}`;
        assert.equal(await outcome(await signRaw(input)), 'bad_claims');
      }
    });
  });

  it('refuses what is no compact JWS: too long, JWE, two parts, padding, blanks, JSON serialization', async () => {
    const token = await sign('ES256');
    const [header, payload, signature] = token.split('.') as [string, string, string];
    assert.equal(await outcome(`${header}.${'a'.repeat(16_384)}.${signature}`), 'too_large');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwe = await new CompactEncrypt(Buffer.from('x'))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
      .encrypt(rsa.publicKey);
    const bad = [jwe, `${header}.${payload}`, `${token}.`, `${token}=`, ` ${token}`, `${token}\n`, `${header}..`, ''];
    bad.push(JSON.stringify({ payload, signatures: [{ protected: header, signature }] }));
    for (const each of bad) assert.equal(await outcome(each), 'malformed');
  });

  it('refuses a signature whose last character has spare bits set', async () => {
    const token = await sign('ES256');
    const last = token.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const same = alphabet[alphabet.indexOf(last) + 1] ?? '';
    assert.deepEqual(Buffer.from(token.slice(0, -1) + same, 'base64url'), Buffer.from(token, 'base64url'));
    assert.equal(await outcome(token.slice(0, -1) + same), 'malformed');
  });

  it('a key of another issuer is unknown', async () => {
    assert.equal(await outcome(await sign('ES256'), { issuer: 'https://id.test/orgs/other/api/v1' }), 'unknown_key');
  });
});

describe('importVerificationKey', () => {
  const rsa = (bits: number) =>
    generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' }) as object;
  const strong = rsa(2048);
  const cases: readonly [string, object][] = [
    ['a symmetric key', { kty: 'oct', k: 'AAAA', alg: 'HS256' }],
    ['a symmetric key that claims RS256', { kty: 'oct', k: 'AAAA', alg: 'RS256' }],
    ['an RSA key for HS256', { ...strong, alg: 'HS256' }],
    ['an RSA key for encryption', { ...strong, use: 'enc' }],
    ['an RSA key for other operations', { ...strong, key_ops: ['encrypt'] }],
    ['a weak RSA key', rsa(1024)],
    ['an algorithm outside the list', { ...strong, alg: 'RS512' }],
    ['a curve outside the list', { kty: 'EC', crv: 'P-521', x: 'AA', y: 'AA' }],
    ['a point off the curve', { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }],
  ];
  for (const [name, jwk] of cases) {
    it(`ignores ${name}`, async () => assert.equal(await importVerificationKey(jwk), undefined));
  }
  it('ignores what is no key', async () => {
    for (const value of [null, 'x', [], 1]) assert.equal(await importVerificationKey(value), undefined);
  });
  it('fixes the algorithm where the key names none', async () => {
    assert.equal((await importVerificationKey(strong))?.alg, 'RS256');
  });
});

async function signRaw(input: string): Promise<string> {
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    pair('ES256').privateKey as unknown as Parameters<typeof crypto.subtle.sign>[1],
    Buffer.from(input),
  );
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}
