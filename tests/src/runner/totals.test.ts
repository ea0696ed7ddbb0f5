import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exitCodeOf, lastLine, type PartResult, totalsOf } from './totals.js';

const failure = { part: 'p', file: 'f', name: 'n', text: 't' };
const skip = { name: 's', reason: 'r' };
const part = (passed: number, failures = 0, skips = 0): PartResult => ({
  part: 'p',
  passed,
  failures: Array.from({ length: failures }, () => failure),
  skips: Array.from({ length: skips }, () => skip),
  seconds: 1,
});

describe('the end of a run', () => {
  it('sums its parts in the last line', () => {
    assert.equal(lastLine(totalsOf([part(2, 1), part(3, 0, 2)], false)), '5 passed, 1 failed, 2 skipped');
  });

  it('is good only where something ran and nothing failed', () => {
    assert.equal(exitCodeOf(totalsOf([part(1)], false)), 0);
    assert.equal(exitCodeOf(totalsOf([part(1, 0, 1)], false)), 0);
    assert.equal(exitCodeOf(totalsOf([part(1, 1)], false)), 1);
    assert.equal(exitCodeOf(totalsOf([], false)), 1);
    assert.equal(exitCodeOf(totalsOf([part(0, 0, 5)], false)), 1);
  });

  it('counts a skip as a failure where nothing may be skipped', () => {
    const totals = totalsOf([part(1, 0, 2)], true);
    assert.deepEqual([totals.failed, exitCodeOf(totals)], [2, 1]);
  });
});
