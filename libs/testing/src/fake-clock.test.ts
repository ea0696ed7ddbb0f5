import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeClock } from './fake-clock.js';

describe('fake clock', () => {
  it('moves only when it is told to', () => {
    const clock = fakeClock(1_000);
    assert.deepEqual([clock.now(), clock.now()], [1_000, 1_000]);
    clock.advance(500);
    assert.equal(clock.now(), 1_500);
    clock.set(10);
    assert.equal(clock.now(), 10);
  });
});
