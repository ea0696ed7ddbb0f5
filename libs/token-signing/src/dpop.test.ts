import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createDpopVerifier, type DpopExpectation, jwkThumbprint } from './dpop.js';
import { createDpopNonces } from './dpop-nonces.js';

const NOW = 1_790_000_000_000;
const URI = 'https://id.example/orgs/acme/api/v1/authz/check';
const TOKEN = 'eyJ.a.b';
const expected: DpopExpectation = { method: 'POST', uris: [URI], accessToken: TOKEN };

describe('DPoP proofs, RFC 9449 section 4.3', () => {
  const verify = createDpopVerifier();
  let key: CryptoKey;
  let other: CryptoKey;
  let jwk: Record<string, unknown>;
  let privateJwk: Record<string, unknown>;

  before(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    key = pair.privateKey;
    jwk = { ...(await exportJWK(pair.publicKey)) };
    privateJwk = { ...(await exportJWK(pair.privateKey)) };
    other = (await generateKeyPair('ES256')).privateKey;
  });

  const proof = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, by = key) => {
    const all: Record<string, unknown> = {
      jti: 'a-jti-of-sixteen-characters',
      htm: 'POST',
      htu: URI,
      iat: NOW / 1000,
      ath: hash('sha256', TOKEN, 'base64url'),
      ...claims,
    };
    return new SignJWT(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...header } as { alg: string })
      .sign(by);
  };
  const judge = async (text: string | Promise<string>, more: Partial<DpopExpectation> = {}) => {
    const result = await verify(await text, { ...expected, ...more }, NOW);
    return result.ok ? result.value.thumbprint : result.error;
  };

  it('accepts a genuine proof and names the key by its RFC 7638 thumbprint', async () => {
    const thumbprint = await calculateJwkThumbprint(jwk);
    assert.equal(await judge(proof()), thumbprint);
    assert.equal(jwkThumbprint(jwk), thumbprint);
  });

  for (const alg of ['ES256', 'PS256', 'RS256', 'EdDSA', 'Ed25519']) {
    it(`accepts ${alg}`, async () => {
      const pair = await generateKeyPair(alg);
      const own = await exportJWK(pair.publicKey);
      assert.equal(await judge(proof({}, { alg, jwk: own }, pair.privateKey)), await calculateJwkThumbprint(own));
    });
  }

  it('ignores query, fragment and the spelling of host and port', async () => {
    const htu = 'HTTPS://ID.example:443/orgs/acme/api/v1/authz/check?x=1#y';
    assert.equal(await judge(proof({ htu })), jwkThumbprint(jwk));
  });

  const refused: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>, string])[] = [
    ['another method', { htm: 'GET' }, {}, 'wrong_method'],
    ['a method in lower case', { htm: 'post' }, {}, 'wrong_method'],
    ['another address', { htu: 'https://id.example/orgs/globex/api/v1/authz/check' }, {}, 'wrong_uri'],
    ['another host', { htu: 'https://evil.example/orgs/acme/api/v1/authz/check' }, {}, 'wrong_uri'],
    ['another scheme', { htu: URI.replace('https', 'http') }, {}, 'wrong_uri'],
    ['an address that is none', { htu: '/orgs/acme' }, {}, 'wrong_uri'],
    ['no address', { htu: undefined }, {}, 'wrong_uri'],
    ['another token', { ath: hash('sha256', 'another', 'base64url') }, {}, 'wrong_token'],
    ['no token', { ath: undefined }, {}, 'wrong_token'],
    ['an iat of 61 seconds ago', { iat: NOW / 1000 - 61 }, {}, 'not_recent'],
    ['an iat 61 seconds ahead', { iat: NOW / 1000 + 61 }, {}, 'not_recent'],
    ['no iat', { iat: undefined }, {}, 'bad_claims'],
    ['an iat that is text', { iat: String(NOW / 1000) }, {}, 'bad_claims'],
    ['an exp that has passed', { exp: NOW / 1000 - 61 }, {}, 'not_recent'],
    ['an nbf to come', { nbf: NOW / 1000 + 61 }, {}, 'not_recent'],
    ['a jti of 15 characters', { jti: 'x'.repeat(15) }, {}, 'bad_claims'],
    ['a jti of 257 characters', { jti: 'x'.repeat(257) }, {}, 'bad_claims'],
    ['no jti', { jti: undefined }, {}, 'bad_claims'],
    ['a nonce that nobody asked for', { nonce: 'x' }, {}, 'bad_nonce'],
    ['typ JWT', {}, { typ: 'JWT' }, 'wrong_typ'],
    ['typ at+jwt', {}, { typ: 'at+jwt' }, 'wrong_typ'],
    ['a jku', {}, { jku: 'https://evil.example/jwks' }, 'malformed'],
    ['an x5u', {}, { x5u: 'https://evil.example/cert' }, 'malformed'],
    ['no key', {}, { jwk: undefined }, 'bad_key'],
    ['a key that is text', {}, { jwk: 'x' }, 'bad_key'],
    ['a key on another curve', {}, { jwk: { kty: 'EC', crv: 'P-384', x: 'AA', y: 'AA' } }, 'bad_key'],
    ['a point that is not on the curve', {}, { jwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } }, 'bad_key'],
    ['a symmetric key', {}, { jwk: { kty: 'oct', k: 'AAAA' } }, 'bad_key'],
  ];
  for (const [what, claims, header, why] of refused) {
    it(`refuses ${what}`, async () => assert.equal(await judge(proof(claims, header)), why));
  }

  it('refuses a private key in the header', async () => {
    assert.equal(await judge(proof({}, { jwk: privateJwk })), 'bad_key');
  });

  it('refuses the signature of another key', async () =>
    assert.equal(await judge(proof({}, {}, other)), 'bad_signature'));

  it('refuses alg none and HS256 before any key is looked at', async () => {
    const [, body, signature] = (await proof()).split('.');
    for (const alg of ['none', 'None', 'HS256', 'ES256K', '']) {
      const header = Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg, jwk })).toString('base64url');
      assert.equal(await judge(`${header}.${body}.${signature}`), 'alg_not_allowed', alg);
    }
  });

  it('refuses what is no compact JWS', async () => {
    for (const text of ['', 'x', 'a.b', 'a.b.c', 'a.b.c.d', 'x'.repeat(9000)]) {
      assert.equal(await judge(text), 'malformed', text.slice(0, 10));
    }
  });

  describe('nonces, sections 8 and 9', () => {
    const nonces = createDpopNonces(Buffer.alloc(32, 1));
    const required = { nonce: { nonces, required: true } };
    const offered = { nonce: { nonces, required: false } };

    it('8: is demanded where the server says so, and then accepted whatever the clock of the client shows', async () => {
      assert.equal(await judge(proof(), required), 'nonce_needed');
      const nonce = nonces.next(NOW);
      assert.equal(await judge(proof({ nonce, iat: NOW / 1000 - 3000 }), required), jwkThumbprint(jwk));
    });

    it('is offered to a client whose clock is wrong', async () => {
      assert.equal(await judge(proof({ iat: NOW / 1000 - 3000 }), offered), 'nonce_needed');
      assert.equal(await judge(proof(), offered), jwkThumbprint(jwk));
    });

    it('refuses one of another org, an old one and an invented one', async () => {
      const foreign = createDpopNonces(Buffer.alloc(32, 2)).next(NOW);
      for (const nonce of [foreign, nonces.next(NOW - 10 * 60_000), 'x', '', 1]) {
        assert.equal(await judge(proof({ nonce }), required), 'bad_nonce', String(nonce));
      }
    });
  });
});
