import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Handout, missingGuards } from './grant-authority.js';

const give = (...permissions: readonly string[]): Handout => ({ permissions, everything: false });
const EVERYTHING: Handout = { permissions: [], everything: true };
const holds =
  (...held: readonly string[]) =>
  (guard: string) =>
    held.includes(guard);
const nothing = holds();

describe('missingGuards: nobody hands out more than they have (OWASP API5)', () => {
  it('lets a role manager hand out permissions of the organization’s applications', () => {
    const caller = { type: 'user', scopes: ['admin:roles'] };
    assert.deepEqual(missingGuards(caller, holds('admin:roles'), give('document.edit', 'anything')), []);
  });

  it('refuses a role manager who hands out another admin permission', () => {
    const caller = { type: 'user', scopes: ['admin'] };
    assert.deepEqual(missingGuards(caller, holds('admin:roles'), give('admin:keys')), ['admin:keys']);
  });

  it('refuses a role manager who hands out everything', () => {
    const caller = { type: 'user', scopes: ['admin'] };
    assert.ok(missingGuards(caller, holds('admin:roles'), EVERYTHING).includes('admin:users'));
  });

  it('refuses an administrator whose token is narrower than the handout', () => {
    const caller = { type: 'user', scopes: ['admin:roles'] };
    assert.deepEqual(
      missingGuards(caller, () => true, give('admin:keys', 'admin:roles')),
      ['admin:keys'],
    );
  });

  it('asks for the permission that stands above a system permission', () => {
    const caller = { type: 'api_key', scopes: ['admin:roles'] };
    assert.deepEqual(missingGuards(caller, nothing, give('authz.check', 'settings.manage')), ['admin:settings']);
  });

  it('lets a key that writes everything hand out everything', () => {
    assert.deepEqual(missingGuards({ type: 'api_key', scopes: ['admin:write'] }, nothing, EVERYTHING), []);
  });

  it('does not take the right to read for the right to write', () => {
    assert.deepEqual(missingGuards({ type: 'api_key', scopes: ['admin:read'] }, nothing, give('admin:users')), [
      'admin:users',
    ]);
  });

  it('lets the platform and its operator do what they must', () => {
    for (const type of ['service', 'instance'])
      assert.deepEqual(missingGuards({ type, scopes: [] }, nothing, EVERYTHING), []);
  });
});
