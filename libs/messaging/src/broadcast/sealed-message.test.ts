import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMessageSeal, MESSAGE_TTL_MS } from './sealed-message.js';

const NOW = 1_800_000_000_000;
const { seal, open } = createMessageSeal(Buffer.alloc(32, 7));
const body = Buffer.from('revision 12');

describe('a sealed message', () => {
  it('opens to what was sealed, also an empty one', () => {
    assert.deepEqual(open('a', seal('a', body, NOW), NOW), { ok: true, value: body });
    assert.deepEqual(open('a', seal('a', Buffer.alloc(0), NOW), NOW), { ok: true, value: Buffer.alloc(0) });
  });

  it('is good for a minute', () => {
    const message = seal('a', body, NOW);
    assert.equal(open('a', message, NOW + MESSAGE_TTL_MS).ok, true);
    assert.deepEqual(open('a', message, NOW + MESSAGE_TTL_MS + 1), { ok: false, error: 'expired' });
  });

  it('is not believed where any bit differs', () => {
    const message = seal('a', body, NOW);
    for (let bit = 0; bit < message.length * 8; bit += 1) {
      const other = Buffer.from(message);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.deepEqual(open('a', other, NOW), { ok: false, error: 'forged' });
    }
  });

  it('is not believed on another topic, under another key, longer or shorter', () => {
    const message = seal('a', body, NOW);
    assert.deepEqual(open('b', message, NOW), { ok: false, error: 'forged' });
    assert.deepEqual(createMessageSeal(Buffer.alloc(32, 8)).open('a', message, NOW), { ok: false, error: 'forged' });
    assert.deepEqual(open('a', Buffer.concat([message, Buffer.from('x')]), NOW), { ok: false, error: 'forged' });
    assert.deepEqual(open('a', message.subarray(0, -1), NOW), { ok: false, error: 'forged' });
    assert.deepEqual(open('a', message.subarray(0, 39), NOW), { ok: false, error: 'malformed' });
    assert.deepEqual(open('a', Buffer.alloc(0), NOW), { ok: false, error: 'malformed' });
  });
});
