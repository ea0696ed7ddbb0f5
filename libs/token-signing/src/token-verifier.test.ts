import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createFixedKeySource, type KeySource } from './key-source.js';
import { createTokenVerifier } from './token-verifier.js';

const ISSUER = 'https://id.test';
const START = Date.UTC(2026, 0, 1);
const EXPECTED = { issuer: ISSUER, audience: 'app', typ: 'at+jwt', clockToleranceSeconds: 0 };
const { publicKey, privateKey } = await generateKeyPair('ES256');
const fixed = await createFixedKeySource(ISSUER, {
  keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }],
});
const token = (lifetime = 600, sub = 'u1') =>
  new SignJWT({ iss: ISSUER, aud: 'app', sub, iat: START / 1000, exp: START / 1000 + lifetime })
    .setProtectedHeader({ alg: 'ES256', kid: 'k', typ: 'at+jwt' })
    .sign(privateKey);

/** A verifier whose key look-ups are counted: one per real verification. */
function counted(options: { maxTokens?: number } = {}) {
  const clock = { at: START, now: () => clock.at };
  const state = { lookups: 0 };
  const keys: KeySource = {
    find: (issuer, kid) => {
      state.lookups += 1;
      return fixed.find(issuer, kid);
    },
  };
  return { clock, state, verifier: createTokenVerifier({ keys, clock, ...options }) };
}

describe('createTokenVerifier', () => {
  it('verifies a token once', async () => {
    const { state, verifier } = counted();
    const jwt = await token();
    const first = await verifier.verify(jwt, EXPECTED);
    const second = await verifier.verify(jwt, EXPECTED);
    assert.ok(first.ok && second.ok);
    assert.deepEqual(second.value, first.value);
    assert.equal(state.lookups, 1);
  });

  it('what was verified for one audience, issuer or typ is not believed for another', async () => {
    const { verifier } = counted();
    const jwt = await token();
    assert.ok((await verifier.verify(jwt, EXPECTED)).ok);
    for (const other of [{ audience: 'b' }, { issuer: 'https://b.test' }, { typ: 'JWT' }]) {
      assert.equal((await verifier.verify(jwt, { ...EXPECTED, ...other })).ok, false);
    }
    assert.equal((await verifier.verify(jwt.slice(0, -4), EXPECTED)).ok, false);
  });

  it('a remembered token expires on time', async () => {
    const { clock, verifier } = counted();
    const jwt = await token(60);
    assert.ok((await verifier.verify(jwt, EXPECTED)).ok);
    clock.at += 60_000;
    assert.deepEqual(await verifier.verify(jwt, EXPECTED), { ok: false, error: 'expired' });
  });

  it('a long-lived token is verified again after five minutes: its key may be gone', async () => {
    const { clock, state, verifier } = counted();
    const jwt = await token(86_400);
    await verifier.verify(jwt, EXPECTED);
    clock.at += 299_000;
    await verifier.verify(jwt, EXPECTED);
    assert.equal(state.lookups, 1);
    clock.at += 1000;
    await verifier.verify(jwt, EXPECTED);
    assert.equal(state.lookups, 2);
  });

  it('does not remember refusals, and is bounded', async () => {
    const { state, verifier } = counted({ maxTokens: 2 });
    const jwts = await Promise.all(['a', 'b', 'c'].map((sub) => token(600, sub)));
    for (const jwt of [...jwts, ...jwts.toReversed()]) await verifier.verify(jwt, EXPECTED);
    assert.equal(state.lookups, 4, 'the oldest of three was forgotten');
    const forged = `${jwts[0]?.slice(0, -8)}AAAAAAAA`;
    await verifier.verify(forged, EXPECTED);
    await verifier.verify(forged, EXPECTED);
    assert.equal(state.lookups, 6);
  });

  it('refuses a giant without reading it', async () => {
    const { state, verifier } = counted();
    const result = await verifier.verify('a'.repeat(1_000_000), EXPECTED);
    assert.deepEqual(result, { ok: false, error: 'too_large' });
    assert.equal(state.lookups, 0);
  });
});
