import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkOrgSlug } from './org-slug.js';

describe('the slug of an org', () => {
  const cases: readonly [text: string, outcome: 'ok' | 'malformed' | 'reserved' | 'looks_like_id'][] = [
    ['acme-corp', 'ok'],
    ['abc', 'ok'],
    ['42-things', 'ok'],
    ['a--b', 'ok'],
    ['a'.repeat(63), 'ok'],
    ['a'.repeat(64), 'malformed'],
    ['ab', 'malformed'],
    ['', 'malformed'],
    ['-abc', 'malformed'],
    ['abc-', 'malformed'],
    ['Acme', 'malformed'],
    ['acme corp', 'malformed'],
    ['acme_corp', 'malformed'],
    ['acme.corp', 'malformed'],
    ['acme/corp', 'malformed'],
    ['acmé', 'malformed'],
    ['acme\n', 'malformed'],
    ['admin', 'reserved'],
    ['well-known', 'reserved'],
    ['xn--acme', 'reserved'],
    ['0190a000-0000-7000-8000-00000000000a', 'looks_like_id'],
    ['0190A000-0000-7000-8000-00000000000A', 'looks_like_id'],
  ];
  for (const [text, outcome] of cases) {
    it(`${JSON.stringify(text)} is ${outcome}`, () => {
      const result = checkOrgSlug(text);
      assert.equal(result.ok ? 'ok' : result.error, outcome);
    });
  }
});
