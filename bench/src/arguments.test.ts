import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readArguments } from './arguments.js';

const NAMES = ['refresh', 'orgs'];

describe('arguments of the bench', () => {
  it('measures everything for eight seconds', () => {
    const expected = {
      warmUpMs: 2000,
      measureMs: 8000,
      only: [],
      orgs: [1, 100, 10_000],
      tuples: 1_000_000,
      profile: false,
    };
    assert.deepEqual(readArguments([], NAMES), expected);
  });

  it('is quick with a shorter curve', () => {
    const { warmUpMs, measureMs, orgs } = readArguments(['--quick'], NAMES);
    assert.deepEqual({ warmUpMs, measureMs, orgs }, { warmUpMs: 1000, measureMs: 2000, orgs: [1, 100] });
  });

  it('takes the points of the curve in any order, each once', () => {
    assert.deepEqual(readArguments(['--orgs', '100, 1,100'], NAMES).orgs, [1, 100]);
  });

  it('takes several parts', () => {
    assert.deepEqual(readArguments(['--only', 'orgs,refresh'], NAMES).only, ['orgs', 'refresh']);
  });

  it('measures another server where its URL is given', () => {
    const { openFga } = readArguments(['--openfga-url', 'http://localhost:8080', '--openfga-token', 't'], NAMES);
    assert.deepEqual(openFga, { url: 'http://localhost:8080', token: 't' });
  });

  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [['--only', 'tokens'], /--only: got "tokens", wants one of refresh, orgs/],
    [['--orgs', '0'], /--orgs: got "0"/],
    [['--orgs', 'many'], /--orgs: got "many"/],
    [['--orgs', ','], /--orgs: got ","/],
    [['--seconds', '0'], /--seconds: got "0"/],
    [['--seconds', 'long'], /--seconds: got "long"/],
    [['--tuples', '10'], /--tuples: got "10"/],
    [['--openfga-url', 'localhost'], /--openfga-url: got "localhost"/],
    [['--fast'], /--fast[\s\S]*Usage:/],
  ];
  for (const [args, why] of refused) {
    it(`refuses ${args.join(' ')}`, () => assert.throws(() => readArguments(args, NAMES), why));
  }
});
