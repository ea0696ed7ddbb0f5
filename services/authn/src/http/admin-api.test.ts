import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Org } from '@lumo/tenancy';
import { type Call, FULL_KEY, type HttpStage, openHttpStage } from '../testing/http-stage.js';

let stage: HttpStage;
let org: Org;
before(async () => {
  stage = await openHttpStage();
  org = await stage.newOrg('http-one');
});
after(() => stage.close());

const call = (method: string, path: string, body?: unknown, more: Call = {}) =>
  stage.call(method, path, { org, as: FULL_KEY, ...(body !== undefined && { body }), ...more });
const refused = async (
  answer: Promise<{ status: number; body: { code: string; message: string; details?: object } }>,
  status: number,
  text: RegExp,
) => {
  const { status: got, body } = await answer;
  assert.equal(got, status, JSON.stringify(body));
  assert.match(JSON.stringify([body.code, body.message, body.details ?? {}]), text);
};

describe('users, contract 8.1', () => {
  it('create, read, change, list, delete', async () => {
    const created = await call('POST', '/admin/users', {
      email: 'Ada@example.com',
      username: 'ada',
      name: 'Ada Lovelace',
      givenName: 'Ada',
      familyName: 'Lovelace',
      password: 'gravel-tuba-9',
      phoneNumber: '+1 555 0100',
      picture: 'https://cdn.example/ada.png',
      roles: ['admin'],
      emailVerified: true,
      isActive: true,
    });
    assert.equal(created.status, 201);
    assert.partialDeepStrictEqual(created.body.data, {
      email: 'Ada@example.com',
      emailVerified: true,
      isAdmin: true,
      mfaEnabled: false,
      blocked: false,
      loginCount: 0,
      roles: [{ slug: 'admin' }],
      groups: [],
    });
    const { id } = created.body.data;
    assert.equal((await call('GET', `/admin/users/${id}`)).body.data.id, id);
    assert.equal((await call('GET', '/admin/users/ADA%40example.com')).body.data.id, id);
    for (const method of ['PUT', 'PATCH']) {
      const changed = await call(method, `/admin/users/${id}`, { name: `By ${method}`, phoneNumber: null });
      assert.equal(changed.status, 200);
      assert.partialDeepStrictEqual(changed.body.data, { name: `By ${method}`, phoneNumber: null, givenName: 'Ada' });
    }
    const list = await call('GET', '/admin/users?search=ada&limit=1&page=1&sortBy=email&sortDir=asc&blocked=false');
    assert.deepEqual(list.body.meta, {
      total: 1,
      page: 1,
      limit: 1,
      totalPages: 1,
      hasNextPage: false,
      hasPreviousPage: false,
    });
    assert.deepEqual(list.body.pagination, list.body.meta);
    assert.equal(list.body.resourceType, 'users');
    assert.equal(list.body.data[0].isAdmin, true);
    assert.deepEqual((await call('DELETE', `/admin/users/${id}`)).body, { message: 'User deleted.' });
    assert.equal((await call('GET', `/admin/users/${id}`)).status, 404);
  });

  it('block, unblock, verify, set a password, with an empty JSON body as the SDKs send it', async () => {
    const { id } = (await call('POST', '/admin/users', { email: 'act@example.com' })).body.data;
    const act = (action: string) => stage.call('POST', `/admin/users/${id}/${action}`, { org, as: FULL_KEY, raw: '' });
    assert.equal((await act('block')).body.data.blocked, true);
    assert.equal((await act('unblock')).body.data.blocked, false);
    assert.equal((await act('mark-verified')).body.data.emailVerified, true);
    for (const method of ['PUT', 'POST']) {
      const set = await call(method, `/admin/users/${id}/password`, { password: `gravel-${method}-9` });
      assert.equal(set.status, 200);
    }
    await refused(call('PUT', `/admin/users/${id}/password`, { password: 'short' }), 400, /8 characters/);
    await refused(call('PUT', `/admin/users/${id}/password`, { password: 'act@example.com' }), 400, /e-mail/);
  });

  it('roles and direct permissions go to authz and come back', async () => {
    const { id } = (await call('POST', '/admin/users', { email: 'rights@example.com' })).body.data;
    const roles = async (method: string, body?: object) =>
      (await call(method, `/admin/users/${id}/roles`, body)).body.data.map(({ slug }: { slug: string }) => slug);
    assert.deepEqual(await roles('POST', { roles: ['viewer'] }), ['viewer']);
    assert.deepEqual(await roles('PUT', { roles: ['user_manager'] }), ['user_manager']);
    assert.deepEqual(await roles('GET'), ['user_manager']);
    await refused(call('POST', `/admin/users/${id}/roles`, { roles: ['nosuch'] }), 400, /unknown roles/);
    assert.equal((await call('DELETE', `/admin/users/${id}/roles/rol_user_manager`)).status, 200);
    assert.deepEqual(await roles('PUT', { roles: [] }), []);
    await call('POST', `/admin/users/${id}/permissions`, { permissions: ['documents.edit'] });
    assert.equal((await call('GET', `/admin/users/${id}/permissions`)).body.data[0].slug, 'documents.edit');
    assert.equal((await call('DELETE', `/admin/users/${id}/permissions/documents.edit`)).status, 200);
    assert.equal((await call('DELETE', `/admin/users/${id}/permissions/documents.edit`)).status, 404);
  });

  it('a taken address is a conflict, an unknown role leaves no user', async () => {
    await call('POST', '/admin/users', { email: 'twice@example.com' });
    await refused(call('POST', '/admin/users', { email: 'TWICE@example.com' }), 409, /duplicate_resource.*email/);
    await refused(
      call('POST', '/admin/users', { email: 'ghost@example.com', roles: ['nosuch'] }),
      400,
      /unknown roles/,
    );
    assert.equal((await call('GET', '/admin/users/ghost@example.com')).status, 404);
  });
});

describe('OAuth clients, contract 8.5', () => {
  const draft = { name: 'Shop', applicationType: 'web', redirectUris: ['https://shop.example/cb'] };

  it('create, read by both ids and on both paths, change, disable, rotate, delete', async () => {
    const created = await call('POST', '/admin/clients', { ...draft, allowedScopes: ['openid', 'documents.read'] });
    assert.equal(created.status, 201);
    const { id, clientId, secret, _note } = created.body.data;
    assert.ok(Number.isInteger(id) && secret.startsWith('cs_') && _note);
    assert.partialDeepStrictEqual(created.body.data, {
      isConfidential: true,
      isPublic: false,
      scopes: ['openid', 'documents.read'],
    });
    for (const path of [`/admin/clients/${id}`, `/admin/clients/${clientId}`, `/admin/oauth-clients/${clientId}`]) {
      const read = await call('GET', path);
      assert.equal(read.body.data.clientId, clientId);
      assert.equal('secret' in read.body.data, false);
    }
    const changed = await call('PATCH', `/admin/clients/${id}`, { name: 'Shop 2', accessTokenLifetime: 600 });
    assert.partialDeepStrictEqual(changed.body.data, {
      name: 'Shop 2',
      accessTokenLifetime: 600,
      refreshTokenLifetime: null,
    });
    assert.equal((await call('POST', `/admin/clients/${clientId}/disable`)).body.data.isActive, false);
    assert.equal((await call('POST', `/admin/clients/${clientId}/enable`)).body.data.isActive, true);
    for (const path of [`/admin/clients/${id}/rotate-secret`, `/admin/oauth-clients/${clientId}/secret`]) {
      const rotated = await call('POST', path);
      assert.equal(rotated.status, 200);
      assert.notEqual(rotated.body.data.secret, secret);
    }
    assert.equal((await call('POST', `/admin/clients/${id}/rotate-secret`, { overlapSeconds: 3600 })).status, 200);
    assert.deepEqual((await call('PUT', `/admin/clients/${id}/scopes`, { scopes: ['openid'] })).body.data, {
      scopes: ['openid'],
    });
    assert.deepEqual((await call('GET', `/admin/clients/${clientId}/scopes`)).body.data, { scopes: ['openid'] });
    const list = await call('GET', '/admin/oauth-clients?search=shop');
    assert.equal(list.body.data[0].applicationType, 'web');
    assert.equal((await call('DELETE', `/admin/clients/${id}`)).status, 200);
    assert.equal((await call('DELETE', `/admin/clients/${id}`)).status, 404);
  });

  const refusedBodies: readonly [body: object, text: RegExp][] = [
    [{ ...draft, redirectUris: ['javascript:alert(1)'] }, /redirectUris/],
    [{ ...draft, redirectUris: ['https://shop.example/*'] }, /redirectUris/],
    [{ ...draft, redirectUris: 'https://shop.example/cb' }, /redirectUris/],
    [{ ...draft, redirectUris: Array(51).fill('https://shop.example/cb') }, /redirectUris/],
    [{ ...draft, applicationType: 'desktop' }, /applicationType/],
    [{ ...draft, clientId: 'cli_mine' }, /clientId/],
    [{ ...draft, secret: 'mine' }, /secret/],
    [{ ...draft, accessTokenLifetime: 1 }, /accessTokenLifetime/],
    [{ ...draft, grantTypes: ['password'] }, /grantTypes/],
    [{ redirectUris: draft.redirectUris }, /name/],
  ];
  for (const [body, text] of refusedBodies) {
    it(`refuses ${JSON.stringify(body).slice(0, 90)}`, () => refused(call('POST', '/admin/clients', body), 400, text));
  }
});

describe('API keys', () => {
  it('create once, read, change, delete', async () => {
    const created = await call('POST', '/admin/api-keys', {
      name: 'CI',
      scopes: ['admin:users'],
      expiresAt: '2099-01-01T00:00:00+02:00',
    });
    assert.equal(created.status, 201);
    const { id, key } = created.body.data;
    assert.match(key, /^lmk_/);
    assert.equal(created.body.data.expiresAt, '2098-12-31T22:00:00.000Z');
    assert.equal('key' in (await call('GET', `/admin/api-keys/${id}`)).body.data, false);
    assert.ok(!JSON.stringify((await call('GET', '/admin/api-keys')).body).includes(key));
    const changed = await call('PATCH', `/admin/api-keys/${id}`, {
      name: 'CI 2',
      scopes: ['admin:read'],
      expiresAt: null,
    });
    assert.partialDeepStrictEqual(changed.body.data, { name: 'CI 2', scopes: ['admin:read'], expiresAt: null });
    assert.equal((await call('DELETE', `/admin/api-keys/${id}`)).status, 200);
    assert.equal((await call('GET', `/admin/api-keys/${id}`)).status, 404);
  });

  it('refuses unknown scopes and scopes the caller does not have', async () => {
    await refused(call('POST', '/admin/api-keys', { name: 'x', scopes: ['root'] }), 400, /scopes/);
    const weak = { as: { type: 'api_key' as const, id: 'key_weak', scopes: ['admin:keys'] } };
    await refused(call('POST', '/admin/api-keys', { name: 'x', scopes: ['admin:users'] }, weak), 403, /admin:users/);
    assert.equal((await call('POST', '/admin/api-keys', { name: 'x', scopes: ['admin:keys'] }, weak)).status, 201);
  });
});

describe('settings and profile, contract 8.9', () => {
  it('answers and changes the profile, on both names', async () => {
    const { data } = (await call('GET', '/admin/tenant')).body;
    assert.ok(Number.isInteger(data.id));
    assert.equal(data.slug, org.slug);
    const changed = await call('PATCH', '/admin/organization', {
      name: 'One',
      displayName: 'One!',
      settings: { security: { lockout_max_failures: 7 } },
    });
    assert.equal(changed.body.data.name, 'One');
    assert.equal(changed.body.data.settings.general.displayName, 'One!');
    assert.equal(changed.body.data.settings.security.lockout_max_failures, 7);
    await refused(call('PATCH', '/admin/tenant', { slug: 'renamed' }), 400, /slug/);
  });

  it('takes sections in both spellings, honours them, refuses what nothing honours', async () => {
    const put = await call('PUT', '/admin/settings/auth', {
      password_policy: { min_length: 12 },
      session_timeout: 7200,
    });
    assert.partialDeepStrictEqual(put.body.data, {
      password_min_length: 12,
      session_timeout: 7200,
      session_idle_timeout: 1800,
    });
    const camel = await call('PATCH', '/admin/settings/authentication', {
      passwordPolicy: { requireNumbers: true },
      sessionLifetime: 3600,
    });
    assert.partialDeepStrictEqual(camel.body.data, {
      password_policy: { min_length: 12, require_numbers: true },
      session_timeout: 3600,
    });
    await refused(
      call('POST', '/admin/users', { email: 'p@example.com', password: 'gravel-tuba' }),
      400,
      /12 characters/,
    );
    assert.equal((await call('GET', '/admin/settings')).body.data.auth.password_min_length, 12);
    assert.equal((await call('PATCH', '/admin/settings/general', { displayName: null })).body.data.displayName, null);
    assert.equal(
      (await call('PUT', '/admin/settings/security', { lockoutDuration: 60 })).body.data.lockout_duration,
      60,
    );
    for (const [path, body] of [
      ['auth', { mfa_required: true }],
      ['auth', { password_min_length: 4 }],
      ['auth', { session_timeout: -1 }],
      ['auth', { password_policy: { template: 'nist' } }],
      ['security', { lockout_max_failures: 1 }],
      ['general', { timezone: 'Europe/Rome' }],
    ] as const) {
      await refused(call('PATCH', `/admin/settings/${path}`, body), 400, /validation_error/);
    }
    await call('PUT', '/admin/settings/auth', { password_policy: { min_length: 8, require_numbers: false } });
  });
});

describe('the instance operator', () => {
  const operator: Call = { as: { type: 'instance', id: 'instance' } };

  it('creates organizations and lists them', async () => {
    const created = await stage.call('POST', '/api/v1/instance/orgs', {
      ...operator,
      body: {
        slug: 'made-by-operator',
        name: 'Made',
        admin: { email: 'root@made.example', password: 'gravel-tuba-9' },
        apiKey: { name: 'First', scopes: ['admin:read', 'admin:write'] },
      },
    });
    assert.equal(created.status, 201);
    assert.equal(created.body.data.issuer, 'http://localhost:8000/orgs/made-by-operator/api/v1');
    assert.match(created.body.data.apiKey.key, /^lmk_/);
    const again = stage.call('POST', '/api/v1/instance/orgs', { ...operator, body: { slug: 'made-by-operator' } });
    await refused(again, 409, /slug/);
    const list = await stage.call('GET', '/api/v1/instance/orgs?search=made-by', operator);
    assert.deepEqual(
      list.body.data.map(({ slug }: Org) => slug),
      ['made-by-operator'],
    );
    const key = await stage.call('POST', '/api/v1/instance/orgs/made-by-operator/api-keys', {
      ...operator,
      body: { name: 'Again', scopes: ['admin:read'] },
    });
    assert.equal(key.status, 201);
  });

  it('is nobody else', async () => {
    for (const as of [
      FULL_KEY,
      { type: 'anonymous' as const },
      { type: 'user' as const, id: 'x', scopes: ['admin'] },
    ]) {
      const { status } = await stage.call('GET', '/api/v1/instance/orgs', { as });
      assert.ok(status === 401 || status === 403, String(status));
    }
  });
});
