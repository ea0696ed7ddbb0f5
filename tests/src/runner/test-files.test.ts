import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findTestFiles } from './test-files.js';

const PATTERNS = ['tests/dist/{runner,processes}/**/*.test.js'];

describe('finding test files', () => {
  const all = findTestFiles(PATTERNS, { only: undefined, long: false });

  it('finds them sorted, below the root', () => {
    assert.ok(all.includes('tests/dist/runner/test-files.test.js'));
    assert.deepEqual(all, [...all].sort());
  });

  it('keeps those whose path fits', () => {
    const some = findTestFiles(PATTERNS, { only: /runner/, long: false });
    assert.ok(some.length > 0 && some.length < all.length && some.every((file) => file.includes('runner')));
  });

  it('keeps those that have a longer form in a long run', () => {
    const long = findTestFiles(PATTERNS, { only: undefined, long: true });
    assert.ok(long.includes('tests/dist/processes/cluster/authz-new-enemy.test.js'));
    assert.ok(!long.includes('tests/dist/runner/arguments.test.js'));
  });
});
