import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeClock } from '@lumo/testing';
import { createRecentReads } from './recent-reads.js';

describe('recent reads', () => {
  const stage = () => {
    const clock = fakeClock();
    const reads = createRecentReads<number>({ clock, ttlMs: 1000, max: 2 });
    let loads = 0;
    const load = async () => ++loads;
    return { clock, reads, load, loads: () => loads };
  };

  it('answer from memory for a while, and share a read that is under way', async () => {
    const { clock, reads, load, loads } = stage();
    assert.deepEqual(await Promise.all([reads.get('a', load), reads.get('a', load)]), [1, 1]);
    clock.advance(999);
    assert.equal(await reads.get('a', load), 1);
    clock.advance(1);
    assert.equal(await reads.get('a', load), 2);
    assert.equal(loads(), 2);
  });

  it('read anew while a write may not have been committed yet', async () => {
    const { clock, reads, load } = stage();
    await reads.get('a', load);
    reads.touched('a');
    assert.equal(await reads.get('a', load), 2);
    assert.equal(await reads.get('a', load), 3);
    clock.advance(5000);
    assert.equal(await reads.get('a', load), 4);
    assert.equal(await reads.get('a', load), 4);
  });

  it('do not remember a failure', async () => {
    const { reads, load } = stage();
    await assert.rejects(
      reads.get('a', () => Promise.reject(new Error('down'))),
      /down/,
    );
    assert.equal(await reads.get('a', load), 1);
  });

  it('stay within their bound', async () => {
    const { reads, load } = stage();
    for (const key of ['a', 'b', 'c']) await reads.get(key, load);
    assert.equal(await reads.get('a', load), 4);
  });
});
