import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCapabilities, withActForUsers } from './capabilities.js';

describe('capabilities of an agent', () => {
  for (const name of [
    'read:documents',
    'tool:search_web',
    'delegate:on_behalf',
    'document.read',
    'mcp/files-v2:Read',
    'a',
  ])
    it(`accepts ${name}`, () => assert.deepEqual(parseCapabilities([name]), { ok: true, value: [name] }));

  it('keeps the order and each name once', () =>
    assert.deepEqual(parseCapabilities(['b', 'a', 'b']), { ok: true, value: ['b', 'a'] }));

  const refused: readonly (readonly [string, readonly string[], string])[] = [
    ['an empty name', [''], 'malformed'],
    ['a space, which would be two scopes', ['read write'], 'malformed'],
    ['D-8 a wildcard', ['files:*'], 'malformed'],
    ['D-8 a letter outside ASCII', ['re\u0430d:files'], 'malformed'],
    ['a quote', ['read"x'], 'malformed'],
    ['a control character', ['read\n'], 'malformed'],
    ['129 characters', ['a'.repeat(129)], 'malformed'],
    ['openid', ['openid'], 'reserved'],
    ['offline_access', ['offline_access'], 'reserved'],
    ['admin', ['admin'], 'reserved'],
    ['admin:users', ['read:x', 'admin:users'], 'reserved'],
    ['Admin.Write', ['Admin.Write'], 'reserved'],
    ['instance:orgs', ['instance:orgs'], 'reserved'],
    ['authz:check', ['authz:check'], 'reserved'],
    ['authz.check', ['authz.check'], 'reserved'],
    ['101 names', Array.from({ length: 101 }, (_, i) => `c${i}`), 'too_many'],
    ['more than 4096 characters', Array.from({ length: 50 }, (_, i) => `${i}`.padEnd(100, 'x')), 'too_long'],
  ];
  for (const [what, names, reason] of refused)
    it(`refuses ${what}`, () => {
      const parsed = parseCapabilities(names);
      assert.equal(parsed.ok ? 'accepted' : parsed.error.reason, reason);
    });

  it('does not mistake a word that starts with admin for an admin scope', () =>
    assert.equal(parseCapabilities(['administer_forms']).ok, true));

  it('expresses canActOnBehalfOfUsers as the capability', () => {
    assert.deepEqual(withActForUsers(['read:x'], true), ['read:x', 'delegate:on_behalf']);
    assert.deepEqual(withActForUsers(['delegate:on_behalf', 'read:x'], false), ['read:x']);
    assert.deepEqual(withActForUsers(['delegate:on_behalf'], undefined), ['delegate:on_behalf']);
    assert.deepEqual(withActForUsers(['delegate:on_behalf'], true), ['delegate:on_behalf']);
  });
});
