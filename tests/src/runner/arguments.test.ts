import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readArguments } from './arguments.js';

describe('arguments of the runner', () => {
  it('none means everything', () =>
    assert.deepEqual(readArguments([]), { only: undefined, shape: undefined, long: false }));

  it('--only and --shape', () => {
    const { only, shape } = readArguments(['--only', 'authz', '--shape', 'cluster']);
    assert.ok(only?.test('tests/dist/suites/authz.test.js'));
    assert.equal(shape, 'cluster');
  });

  it('--long', () => assert.equal(readArguments(['--long']).long, true));

  for (const args of [['--shape', 'round'], ['--unknown'], ['stray'], ['--only']]) {
    it(`${args.join(' ')}: says how`, () => assert.throws(() => readArguments(args), /Usage: npm test/));
  }
});
