import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseUsername } from './username.js';

describe('user names', () => {
  const accepted: readonly [string, string][] = [
    ['ada', 'ada'],
    ['Ada.Lovelace', 'ada.lovelace'],
    ['ａｄａ', 'ada'],
    ['李小龍', '李小龍'],
    ['a'.repeat(64), 'a'.repeat(64)],
  ];
  for (const [text, key] of accepted) {
    it(`${text} has the key ${key}`, () => {
      const parsed = parseUsername(text);
      assert.ok(parsed.ok);
      assert.equal(parsed.value.key, key);
    });
  }
  for (const text of ['', ' ', '.ada', 'a b', 'ada@example.com', 'a\0b', 'a/b', 'a<b', 'a'.repeat(65), 'a\u202Eb']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseUsername(text).ok, false));
  }
});
