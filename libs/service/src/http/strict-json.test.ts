import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDomainError } from '@lumo/kit';
import { parseStrictJson } from './strict-json.js';

describe('strict JSON', () => {
  for (const text of [
    '{}',
    '[]',
    '"a"',
    '1',
    'null',
    '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
    '{"a":"{\\"a\\":1}","b":"\\\\"}',
  ])
    it(`accepts ${text}`, () => assert.deepEqual(parseStrictJson(text), JSON.parse(text)));

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['a member named twice', '{"a":1,"a":2}', /"a" stands twice/],
    ['a member named twice behind an escape', '{"a":1,"\\u0061":2}', /"a" stands twice/],
    ['a member named twice in depth', '[{"x":{"b":1,"c":[],"b":2}}]', /"b" stands twice/],
    ['an escaped NUL', '{"a":"x\\u0000y"}', /NUL/],
    ['__proto__', '{"__proto__":{"isAdmin":true}}', /__proto__/],
    ['what is not JSON', '{a:1}', /not valid JSON/],
    ['nesting of 65 levels', '['.repeat(65) + ']'.repeat(65), /deeper than 64/],
  ];
  for (const [name, text, message] of refused)
    it(`refuses ${name}`, () =>
      assert.throws(
        () => parseStrictJson(text),
        (e) => isDomainError(e) && e.kind === 'invalid' && message.test(e.message),
      ));
});
