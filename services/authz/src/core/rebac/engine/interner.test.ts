import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Interner } from './interner.js';

const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('Foo', 'foo', '\u00e9', 'e\u0301', 'ÿ', 'Ā', '\ud83d\ude00', 'a'.repeat(300)),
);
const operation = fc.record({ salt: fc.nat({ max: 2 }), text: name, isRemoval: fc.boolean() });

describe('names and their numbers', () => {
  it('are the same for the same code units, and for nothing else, whatever came and went', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200, size: 'max' }), (operations) => {
        const interner = new Interner(1);
        const expected = new Map<string, number>();
        for (const { salt, text, isRemoval } of operations) {
          const key = `${salt} ${text}`;
          const known = expected.get(key);
          assert.equal(find(interner, salt, text), known ?? -1);
          if (known === undefined) expected.set(key, add(interner, salt, text));
          else if (isRemoval) {
            interner.remove(known);
            expected.delete(key);
          }
        }
        for (const of of [interner, new Interner(1, interner.save())]) {
          assert.equal(of.size, expected.size);
          assert.equal(new Set(expected.values()).size, expected.size);
          for (const [key, id] of expected) {
            assert.equal(find(of, Number(key[0]), key.slice(2)), id);
            assert.equal(of.textOf(id), key.slice(2));
            assert.equal(of.saltOf(id), Number(key[0]));
          }
        }
      }),
    );
  });

  it('use the room of removed names again', () => {
    const interner = new Interner();
    const fill = (round: number) => {
      const ids = Array.from({ length: 2000 }, (_, at) => add(interner, 0, `name-${round}-${at}`));
      for (const id of ids) interner.remove(id);
    };
    fill(100);
    const { byteSize } = interner;
    for (let round = 101; round < 110; round++) fill(round);
    assert.equal(interner.byteSize, byteSize);
  });

  it('cannot be chosen to collide: another store puts them elsewhere', () => {
    const [one, other] = [new Interner(), new Interner()];
    const same = Array.from({ length: 64 }, (_, at) => `id${at}`).filter(
      (text) => one.hash(0, text, 0, text.length) === other.hash(0, text, 0, text.length),
    );
    assert.ok(same.length < 8);
  });
});

function find(interner: Interner, salt: number, text: string): number {
  return interner.find(salt, text, 0, text.length, interner.hash(salt, text, 0, text.length));
}

function add(interner: Interner, salt: number, text: string): number {
  return interner.add(salt, text, 0, text.length, interner.hash(salt, text, 0, text.length));
}
