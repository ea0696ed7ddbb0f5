import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeClock } from '@lumo/testing';
import { createOpaqueKeys, KEY_TTL_MS } from './opaque-keys.js';

describe('opaque keys', () => {
  const setUp = () => {
    const clock = fakeClock();
    const state = { known: new Map([['k', 'known']]), asked: 0, fails: false };
    const keys = createOpaqueKeys(async (sha256: Uint8Array) => {
      assert.equal(sha256.length, 32);
      state.asked += 1;
      if (state.fails) throw new Error('down');
      return state.known.get('k');
    }, clock);
    return { clock, state, keys };
  };

  it('asks once for concurrent requests and for two seconds', async () => {
    const { clock, state, keys } = setUp();
    assert.deepEqual(await Promise.all([keys.find('k'), keys.find('k'), keys.find('k')]), ['known', 'known', 'known']);
    assert.equal(state.asked, 1);
    clock.advance(KEY_TTL_MS - 1);
    await keys.find('k');
    assert.equal(state.asked, 1);
  });

  it('sees after two seconds that a key was deleted', async () => {
    const { clock, state, keys } = setUp();
    await keys.find('k');
    state.known.clear();
    clock.advance(KEY_TTL_MS);
    assert.equal(await keys.find('k'), undefined);
  });

  it('remembers that a key is unknown', async () => {
    const { state, keys } = setUp();
    state.known.clear();
    assert.equal(await keys.find('k'), undefined);
    assert.equal(await keys.find('k'), undefined);
    assert.equal(state.asked, 1);
  });

  it('asks again when the memory is outdated, and believes the new answer', async () => {
    const { state, keys } = setUp();
    await keys.find('k');
    state.known.set('k', 'changed');
    assert.equal(await keys.find('k', (known) => known === 'known'), 'changed');
    assert.equal(await keys.find('k', (known) => known === 'known'), 'changed');
    assert.equal(state.asked, 2);
  });

  it('remembers no failure', async () => {
    const { state, keys } = setUp();
    state.fails = true;
    await assert.rejects(keys.find('k'), /down/);
    state.fails = false;
    assert.equal(await keys.find('k'), 'known');
  });
});
