import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { beyondScopes, mayWrite, outranking, permissionsFor } from './admin-authority.js';

describe('scopes that reach further than those of their giver', () => {
  const cases: readonly [held: readonly string[], wanted: readonly string[], beyond: readonly string[]][] = [
    [['admin:keys'], ['admin:keys'], []],
    [['admin:keys'], ['admin:users'], ['admin:users']],
    [['admin:keys', 'admin:users'], ['admin:users', 'admin:keys'], []],
    [['admin:keys'], ['admin:write'], ['admin:write']],
    [['admin:keys'], ['admin'], ['admin']],
    [['admin:keys'], ['admin.write'], ['admin.write']],
    [['admin:keys'], ['openid', 'documents:read'], []],
    [['admin:read'], ['admin:users'], ['admin:users']],
    [['admin:write'], ['admin:users'], ['admin:users']],
    [['admin:write'], ['admin:read'], ['admin:read']],
    [['admin:read', 'admin:write'], ['admin:users', 'admin:keys', 'admin:clients:register'], []],
    [['admin.read', 'admin.write'], ['admin:read', 'admin:write'], []],
    [['admin:read', 'admin:write'], ['authz:check'], ['authz:check']],
    [['admin'], ['admin:read', 'admin:write', 'authz:check', 'admin'], []],
    [['admin:clients'], ['admin:clients:register'], []],
    [['admin:clients:register'], ['admin:clients'], ['admin:clients']],
    [[], ['admin:unheard-of'], ['admin:unheard-of']],
    [['admin:clients'], ['relations.read', 'relations:write'], ['relations.read', 'relations:write']],
    [['admin:read'], ['relations.read', 'relations.write'], ['relations.write']],
    [['admin:write'], ['relations:write', 'relations.models.manage'], []],
    [['admin:roles'], ['relations.read', 'relations:write', 'relations:models.manage'], []],
    [['relations.write'], ['relations:write', 'relations.read'], ['relations.read']],
    [['relations.write'], ['relations.everything'], ['relations.everything']],
    [['admin:clients'], ['policies.manage', 'attributes:view'], ['policies.manage', 'attributes:view']],
    [['admin:read'], ['policies.view', 'attributes.manage'], ['attributes.manage']],
    [['admin:roles'], ['policies:manage', 'attributes.manage', 'policies.view'], []],
    [['policies.manage'], ['policies:view', 'attributes.view'], ['attributes.view']],
    [['policies.view'], ['policies.manage'], ['policies.manage']],
  ];
  for (const [held, wanted, beyond] of cases) {
    it(`[${held}] giving [${wanted}] lacks [${beyond}]`, () => assert.deepEqual(beyondScopes(held, wanted), beyond));
  }
});

describe('people who outrank their administrator', () => {
  const everything = ['users', 'roles', 'groups', 'clients', 'agents', 'audit', 'keys', 'settings'].map(
    (area) => `admin:${area}`,
  );
  const cases: readonly [
    what: string,
    target: readonly string[],
    caller: { scopes: readonly string[]; permissions?: ReadonlySet<string> },
    outranks: boolean,
  ][] = [
    ['an ordinary user, a key of users', ['documents.read'], { scopes: ['admin:users'] }, false],
    ['an app manager, a key of users', ['admin:clients'], { scopes: ['admin:users'] }, true],
    ['a user manager, a key of users', ['admin:users'], { scopes: ['admin:users'] }, false],
    ['an administrator, a key of users', everything, { scopes: ['admin:users'] }, true],
    ['an administrator, a full key', everything, { scopes: ['admin:write'] }, false],
    ['an administrator, a reading key', everything, { scopes: ['admin:read'] }, true],
    [
      'an administrator, a user manager with an admin token',
      everything,
      { scopes: ['admin'], permissions: new Set(['admin:users']) },
      true,
    ],
    ['an administrator, an administrator', everything, { scopes: ['admin'], permissions: new Set(everything) }, false],
    [
      'an administrator, an administrator whose token is narrow',
      everything,
      { scopes: ['admin:users'], permissions: new Set(everything) },
      true,
    ],
  ];
  for (const [what, target, caller, outranks] of cases) {
    it(`${what}: ${outranks ? 'hands off' : 'allowed'}`, () => {
      assert.equal(outranking(target, caller).length > 0, outranks);
    });
  }
});

describe('what a privileged scope asks of a person', () => {
  it('is the permission of its area, or all of them', () => {
    assert.deepEqual(permissionsFor('admin:users'), ['admin:users']);
    assert.equal(permissionsFor('admin:read').length, 8);
    assert.deepEqual(permissionsFor('admin:clients:register'), ['admin:clients']);
    assert.deepEqual(permissionsFor('admin:webhooks'), ['admin:settings']);
    assert.deepEqual(permissionsFor('authz:check'), ['admin:roles']);
  });
  it('writing one area is a right of its own scope and of admin:write', () => {
    assert.ok(mayWrite(['admin:write'], 'roles') && mayWrite(['admin:roles'], 'roles') && mayWrite(['admin'], 'roles'));
    assert.ok(!mayWrite(['admin:read'], 'roles') && !mayWrite(['admin:users'], 'roles'));
  });
});
