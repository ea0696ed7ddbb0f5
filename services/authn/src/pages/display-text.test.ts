import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { displayText, initialOf } from './display-text.js';

describe('displayText', () => {
  const cases: readonly [string, string, string][] = [
    ['an ordinary name', 'Acme Corp', 'Acme Corp'],
    ['other scripts', '株式会社アクメ', '株式会社アクメ'],
    ['an emoji of several characters', 'Team 👩‍💻', 'Team 👩‍💻'],
    ['Persian with a joiner', 'می‌خواهم', 'می‌خواهم'],
    ['a right-to-left override', 'moc.\u202eelgoog', 'moc.elgoog'],
    ['isolates and marks', '\u2066a\u2069\u200e\u200f\u061cb', 'ab'],
    ['zero-width blanks', 'Goo\u200bgle\u2060\ufeff', 'Google'],
    ['tag characters', `a\u{e0041}\u{e007f}b`, 'ab'],
    ['line breaks and tabs', 'a\r\n\tb\u2028c', 'a b c'],
    ['controls', 'a\u0000\u001b\u0085b', 'a b'.replace(' ', '')],
    ['more marks than a letter has', `a${'\u0301'.repeat(50)}`, `á${'\u0301'.repeat(4)}`],
    ['nothing visible', ' \u200b\u3164\u2800\u200d ', 'fallback'],
    ['nothing', '', 'fallback'],
    ['half a character', 'a\ud800', 'a\ufffd'],
  ];
  for (const [name, given, shown] of cases) it(name, () => assert.equal(displayText(given, 'fallback'), shown));

  it('cuts by characters, not in the middle of one', () => {
    assert.equal(displayText('👍'.repeat(10), '', 5), `${'👍'.repeat(4)}…`);
    assert.equal(displayText('abcde', '', 5), 'abcde');
  });
});

describe('initialOf', () => {
  for (const [name, initial] of [
    ['acme', 'A'],
    ['«Ökonom»', 'Ö'],
    ['!!', '?'],
    ['3M', '3'],
  ]) {
    it(`${name}`, () => assert.equal(initialOf(name ?? ''), initial));
  }
});
