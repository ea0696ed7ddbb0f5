import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exportJWK, generateKeyPair } from 'jose';
import { createJwksCache, type JwksCacheOptions } from './jwks-cache.js';

const { publicKey } = await generateKeyPair('ES256');
const jwk = { ...(await exportJWK(publicKey)), alg: 'ES256' };

/** A published JWKS that the test changes, and how often it was read. */
function published(options: Partial<JwksCacheOptions> = {}) {
  const clock = { at: 1_000_000, now: () => clock.at };
  const state = { kids: ['a'] as string[] | undefined, reads: 0, down: false };
  const load = async () => {
    state.reads += 1;
    if (state.down) throw new Error('issuer is down');
    return state.kids && { keys: state.kids.map((kid) => ({ ...jwk, kid })) };
  };
  const cache = createJwksCache({ load, clock, ...options });
  const has = async (kid: string, issuer = 'iss') => (await cache.find(issuer, kid)) !== undefined;
  return { clock, state, has };
}

describe('createJwksCache', () => {
  it('reads once for concurrent and for later requests', async () => {
    const { state, has } = published();
    assert.deepEqual(await Promise.all([has('a'), has('a'), has('a')]), [true, true, true]);
    assert.ok(await has('a'));
    assert.equal(state.reads, 1);
  });

  it('reads again for a kid it does not know, but not more often than the cooldown', async () => {
    const { clock, state, has } = published();
    await has('a');
    state.kids = ['a', 'b'];
    assert.equal(await has('b'), false, 'the first read is just a moment ago');
    clock.at += 10_000;
    assert.deepEqual(await Promise.all([has('b'), has('b')]), [true, true]);
    assert.equal(state.reads, 2);
    for (let n = 0; n < 100; n += 1) assert.equal(await has(`invented-${n}`), false);
    assert.equal(state.reads, 2);
  });

  it('forgets a withdrawn key after the time to live', async () => {
    const { clock, state, has } = published({ ttlSeconds: 60 });
    await has('a');
    state.kids = [];
    clock.at += 59_999;
    assert.ok(await has('a'));
    clock.at += 1;
    assert.equal(await has('a'), false);
  });

  it('goes on with known keys while the issuer is down, for a bounded time, and asks it once per cooldown', async () => {
    const { clock, state, has } = published({ ttlSeconds: 60, staleSeconds: 120 });
    await has('a');
    state.down = true;
    clock.at += 60_000;
    assert.ok(await has('a'));
    assert.ok(await has('a'));
    assert.equal(state.reads, 2);
    await assert.rejects(has('unknown'), /issuer is down/);
    clock.at += 120_000;
    await assert.rejects(has('a'), /issuer is down/);
    state.down = false;
    clock.at += 10_000;
    assert.ok(await has('a'));
  });

  it('an issuer that was down from the start is asked once per cooldown and recovers', async () => {
    const { clock, state, has } = published();
    state.down = true;
    await assert.rejects(has('a'), /issuer is down/);
    await assert.rejects(has('a'), /issuer is down/);
    assert.equal(state.reads, 1);
    state.down = false;
    clock.at += 10_000;
    assert.ok(await has('a'));
  });

  it('an unknown issuer has no keys', async () => {
    const { state, has } = published();
    state.kids = undefined;
    assert.equal(await has('a'), false);
  });

  it('is bounded: the issuer not used for longest is forgotten', async () => {
    const { state, has } = published({ maxIssuers: 2 });
    for (const issuer of ['one', 'two', 'three', 'three', 'two', 'one']) await has('a', issuer);
    assert.equal(state.reads, 4);
  });
});
