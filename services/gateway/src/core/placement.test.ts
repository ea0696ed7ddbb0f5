import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { OWNERS, ownersOf, type Replica, seedOf } from './placement.js';

const replica = (n: number): Replica => ({ url: `http://10.0.0.${n}:8002`, seed: seedOf(`http://10.0.0.${n}:8002`) });
const replicas = (count: number): readonly Replica[] => Array.from({ length: count }, (_, n) => replica(n + 1));
/** Fixed, so that a spread that is good enough today is good enough tomorrow. */
const ORGS = Array.from({ length: 6000 }, (_, n) => `018f0000-0000-7000-8000-${String(n * 7919).padStart(12, '0')}`);

const urls = (owners: readonly Replica[]) => owners.map(({ url }) => url);

describe('placement', () => {
  it('gives every key two different owners, and what there is where there are fewer', () => {
    for (const org of ORGS.slice(0, 100)) assert.equal(new Set(urls(ownersOf(org, replicas(5)))).size, OWNERS);
    assert.deepEqual(ownersOf('org', []), []);
    assert.deepEqual(ownersOf('org', [replica(1)]), [replica(1)]);
    assert.equal(ownersOf('org', replicas(2)).length, 2);
  });

  it('does not depend on the order in which replicas are known', () => {
    const all = replicas(7);
    for (const org of ORGS.slice(0, 200)) {
      assert.deepEqual(urls(ownersOf(org, all)), urls(ownersOf(org, all.toReversed())));
    }
  });

  for (const count of [2, 3, 5, 20]) {
    it(`spreads orgs evenly over ${count} replicas, as first and as second owners`, () => {
      const first = new Map<string, number>();
      const any = new Map<string, number>();
      for (const org of ORGS) {
        const owners = urls(ownersOf(org, replicas(count)));
        first.set(owners[0] ?? '', (first.get(owners[0] ?? '') ?? 0) + 1);
        for (const owner of owners) any.set(owner, (any.get(owner) ?? 0) + 1);
      }
      for (const [counted, share] of [
        [first, 1 / count],
        [any, OWNERS / count],
      ] as const) {
        assert.equal(counted.size, count);
        for (const [url, owned] of counted) {
          const ratio = owned / (ORGS.length * share);
          assert.ok(ratio > 0.75 && ratio < 1.25, `${url} owns ${ratio} of its share`);
        }
      }
    });
  }

  it('spreads random ids too', () => {
    const counted = new Map<string, number>();
    for (let n = 0; n < 6000; n += 1) {
      const [owner] = ownersOf(randomUUID(), replicas(3));
      counted.set(owner?.url ?? '', (counted.get(owner?.url ?? '') ?? 0) + 1);
    }
    // 2000 each are expected with a deviation of 37: six of them are never reached by chance.
    for (const owned of counted.values()) assert.ok(Math.abs(owned - 2000) < 222, `${owned}`);
  });

  it('moves only what a replica owned when it leaves', () => {
    const all = replicas(5);
    const left = all.slice(1);
    for (const org of ORGS.slice(0, 1000)) {
      const before = urls(ownersOf(org, all));
      const after = urls(ownersOf(org, left));
      const staying = before.filter((url) => url !== all[0]?.url);
      assert.deepEqual(
        after.filter((url) => staying.includes(url)),
        staying,
      );
    }
  });
});
