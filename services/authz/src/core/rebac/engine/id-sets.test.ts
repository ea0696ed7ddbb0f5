import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { IdSets } from './id-sets.js';

const SETS = 3;
const operation = fc.record({
  set: fc.nat({ max: SETS - 1 }),
  id: fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 2 ** 29 })),
  flag: fc.nat({ max: 1 }),
  isRemoval: fc.boolean(),
});

describe('sets of ids', () => {
  it('hold what was added and not removed, with its flag, of every size', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 400, size: 'max' }), (operations) => {
        const sets = new IdSets();
        const handles = Array.from({ length: SETS }, () => 0);
        const expected = Array.from({ length: SETS }, () => new Map<number, number>());
        for (const { set, id, flag, isRemoval } of operations) {
          const handle = handles[set] ?? 0;
          handles[set] = isRemoval ? sets.remove(handle, id) : sets.add(handle, (id << 1) | flag);
          if (isRemoval) expected[set]?.delete(id);
          else expected[set]?.set(id, (id << 1) | flag);
        }
        assertHolds(sets, handles, expected);
        const loaded = new IdSets(sets.save());
        assertHolds(loaded, handles, expected);
      }),
    );
  });

  it('give back what they no longer need', () => {
    const sets = new IdSets();
    let set = 0;
    const fill = () => {
      for (let id = 0; id < 5000; id++) set = sets.add(set, id << 1);
      for (let id = 0; id < 5000; id++) set = sets.remove(set, id);
    };
    fill();
    assert.equal(set, 0);
    const { byteSize } = sets;
    for (let round = 0; round < 5; round++) fill();
    assert.equal(sets.byteSize, byteSize);
  });
});

function assertHolds(sets: IdSets, handles: readonly number[], expected: readonly ReadonlyMap<number, number>[]): void {
  for (const [at, handle] of handles.entries()) {
    const members = expected[at] ?? new Map();
    assert.equal(sets.size(handle), members.size);
    assert.deepEqual([...sets.members(handle)].sort(), [...members.values()].sort());
    for (const [id, member] of members) assert.equal(sets.find(handle, id), member);
    for (const id of [0, 1, 59, 61, 2 ** 29]) if (!members.has(id)) assert.equal(sets.find(handle, id), -1);
  }
}
