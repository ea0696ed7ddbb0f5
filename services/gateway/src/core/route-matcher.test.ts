import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRoutes, spellings } from './route-matcher.js';

const match = compileRoutes([
  { path: 'P/admin/users' },
  { path: 'P/admin/users/:userId/roles' },
  { path: 'O/check-email' },
  { path: '/api/v1/authz' },
]);

const at = (path: string) => match(path.split('/').filter(Boolean));

describe('route matcher', () => {
  it('matches a row and everything below it, in whole segments', () => {
    assert.equal(at('/orgs/acme/api/v1/admin/users')?.row.path, 'P/admin/users');
    assert.equal(at('/orgs/acme/api/v1/admin/users/u1/sessions')?.row.path, 'P/admin/users');
    assert.equal(at('/orgs/acme/api/v1/admin/usersfoo'), undefined);
    assert.equal(at('/orgs/acme/api/v1/admin'), undefined);
  });

  it('lets the longest row win, also across a parameter', () => {
    assert.equal(at('/orgs/acme/api/v1/admin/users/u1/roles/r1')?.row.path, 'P/admin/users/:userId/roles');
    assert.equal(at('/orgs/acme/api/v1/admin/users/roles')?.row.path, 'P/admin/users');
  });

  it('finds the org in both spellings, and none at the root', () => {
    assert.deepEqual(at('/orgs/acme/check-email'), { row: { path: 'O/check-email' }, orgSlug: 'acme' });
    assert.deepEqual(at('/t/acme/check-email'), { row: { path: 'O/check-email' }, orgSlug: 'acme' });
    assert.deepEqual(at('/api/v1/authz/check'), { row: { path: '/api/v1/authz' } });
  });

  it('treats an encoded slash as text of one segment', () => {
    const found = match(['orgs', 'acme', 'api', 'v1', 'admin', 'users', 'x/../../roles', 'roles']);
    assert.equal(found?.row.path, 'P/admin/users/:userId/roles');
    assert.equal(match(['orgs', 'acme/api', 'v1', 'admin', 'users']), undefined);
  });

  it('does not find what objects inherit', () => {
    assert.equal(at('/__proto__/constructor'), undefined);
    assert.equal(at('/constructor'), undefined);
  });

  it('refuses a table that contradicts itself', () => {
    assert.throws(() => compileRoutes([{ path: '/a/:x' }, { path: '/a/:x' }]), /twice/);
    assert.throws(() => compileRoutes([{ path: '/a/:x' }, { path: '/a/:y/b' }]), /two parameter names/);
  });

  it('spells the prefixes out', () => {
    assert.deepEqual(spellings('P/oauth'), ['/orgs/:org/api/v1/oauth', '/t/:org/api/v1/oauth']);
    assert.deepEqual(spellings('O/check-email'), ['/orgs/:org/check-email', '/t/:org/check-email']);
    assert.deepEqual(spellings('/docs'), ['/docs']);
  });
});
