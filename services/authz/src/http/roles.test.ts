import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LumoEvent } from '@lumo/contracts';
import { uuidv7 } from '@lumo/kit';
import { runInContext } from '@lumo/tenancy';
import type { AuthzTables } from '../store/tables.js';
import type { TestOrg } from '../store/test-org.fixture.js';
import { API_KEY, type Caller, type HttpService, startHttpService } from './http.fixture.js';

describe('admin/roles (contract 3.3)', () => {
  let http: HttpService;
  let org: TestOrg;
  before(async () => {
    http = await startHttpService();
    org = await http.newOrg();
    for (const slug of ['doc.edit', 'doc.view', 'doc.share']) await call('POST', '/admin/permissions', { slug });
  });
  after(() => http.close());
  const call = (method: string, url: string, body?: unknown) =>
    http.call({ org, principal: API_KEY }, method, url, body);
  const carried = async (role: string): Promise<readonly string[]> =>
    (await call('GET', `/admin/roles/${role}`)).body.data.permissions.map(({ slug }: { slug: string }) => slug);

  /** Tells the service of a person, as the directory does. */
  async function addPerson(to: TestOrg, email: string): Promise<string> {
    const id = uuidv7();
    const event: LumoEvent = {
      id: uuidv7(),
      name: 'user.created',
      orgId: to.org.id,
      occurredAt: new Date().toISOString(),
      actor: { type: 'service', id: 'authn' },
      actorChain: [],
      target: { type: 'user', id, name: email },
      result: 'success',
      data: { email, username: email.split('@')[0], name: null },
      requestId: 'test',
    };
    const { app } = http.service.start();
    const { db } = http.service.database.open<AuthzTables>('authz', { maxConnections: 1 });
    await runInContext(to.ctx, () => db.transaction().execute((tx) => app.keepPeople([event], tx)));
    return id;
  }

  it('creates, reads by id and slug, changes, deletes', async () => {
    const created = await call('POST', '/admin/roles', {
      name: 'Content Editor',
      description: 'Edits',
      permissions: ['doc.edit', 'doc.view', 'doc.edit'],
    });
    assert.equal(created.status, 201);
    const { id, createdAt, updatedAt, permissions, ...rest } = created.body.data;
    assert.match(id, /^rol_/);
    assert.ok(Date.parse(updatedAt) >= Date.parse(createdAt));
    assert.deepEqual(rest, {
      name: 'Content Editor',
      slug: 'content_editor',
      description: 'Edits',
      isSystem: false,
      userCount: 0,
      permissionCount: 2,
    });
    assert.deepEqual(Object.keys(permissions[0]), ['id', 'name', 'slug', 'resource', 'action']);
    assert.deepEqual((await call('GET', `/admin/roles/${id}`)).body.data, created.body.data);
    assert.deepEqual((await call('GET', '/admin/roles/content_editor')).body.data, created.body.data);
    for (const [method, description] of [
      ['PATCH', 'one'],
      ['PUT', 'two'],
    ] as const) {
      const { status, body } = await call(method, `/admin/roles/${id}`, { description });
      assert.deepEqual([status, body.data.description, body.data.permissionCount], [200, description, 2]);
    }
    await call('PATCH', '/admin/roles/content_editor', { permissions: ['doc.share'], slug: 'sharer' });
    assert.deepEqual(await carried('sharer'), ['doc.share']);
    assert.deepEqual(Object.keys((await call('DELETE', '/admin/roles/sharer')).body), ['message']);
    assert.equal((await call('GET', `/admin/roles/${id}`)).status, 404);
  });

  it('lists with the counts that the CLI prints', async () => {
    const { body } = await call('GET', '/admin/roles?isSystem=true&sortBy=slug');
    assert.deepEqual(
      body.data.map(({ slug, userCount }: { slug: string; userCount: number }) => [slug, userCount]),
      [
        ['admin', 0],
        ['tenant_admin', 0],
        ['user', 0],
      ],
    );
    assert.equal(body.resourceType, 'roles');
    assert.equal((await call('GET', '/admin/roles?search=MANAGER')).body.meta.total, 2);
  });

  it('leaves system roles as they are, but for who has them', async () => {
    for (const [method, path, body] of [
      ['PATCH', '', { name: 'X' }],
      ['PUT', '', { name: 'X' }],
      ['DELETE', '', undefined],
      ['POST', '/permissions', { permissions: ['doc.edit'] }],
      ['PUT', '/permissions', { permissions: [] }],
      ['DELETE', '/permissions/admin:users', undefined],
    ] as const) {
      const answer = await call(method, `/admin/roles/tenant_admin${path}`, body);
      assert.deepEqual([answer.status, answer.body.code], [403, 'permission_denied'], `${method} ${path}`);
    }
  });

  it('adds, replaces, clears and takes permissions, by slug or id', async () => {
    await call('POST', '/admin/roles', { name: 'Mixed' });
    const { id } = (await call('GET', '/admin/permissions/doc.view')).body.data;
    const added = await call('POST', '/admin/roles/mixed/permissions', { permissions: ['doc.edit', id, 'doc.edit'] });
    assert.equal(added.status, 200);
    assert.deepEqual(await carried('mixed'), ['doc.edit', 'doc.view']);
    await call('PUT', '/admin/roles/mixed/permissions', { permissions: ['doc.share', 'doc.view'] });
    const { body } = await call('GET', '/admin/roles/mixed/permissions?limit=1');
    assert.deepEqual([body.data[0].slug, body.meta.total, body.resourceType], ['doc.share', 2, 'permissions']);
    assert.equal((await call('DELETE', `/admin/roles/mixed/permissions/${id}`)).status, 200);
    assert.equal((await call('DELETE', `/admin/roles/mixed/permissions/${id}`)).status, 404);
    await call('PUT', '/admin/roles/mixed/permissions', { permissions: [] });
    assert.deepEqual(await carried('mixed'), []);
  });

  it('changes nothing where one of the permissions is unknown', async () => {
    await call('POST', '/admin/roles', { name: 'Careful', permissions: ['doc.edit'] });
    for (const method of ['POST', 'PUT']) {
      const { status, body } = await call(method, '/admin/roles/careful/permissions', {
        permissions: ['doc.view', 'nope'],
      });
      assert.deepEqual([status, body.code], [400, 'validation_error']);
      assert.match(body.details.permissions, /nope/);
    }
    assert.deepEqual(await carried('careful'), ['doc.edit']);
    assert.equal((await call('POST', '/admin/roles', { name: 'Never', permissions: ['nope'] })).status, 400);
    assert.equal((await call('GET', '/admin/roles/never')).status, 404);
  });

  it('gives everything to admin, also what comes later', async () => {
    await call('POST', '/admin/permissions', { slug: 'later' });
    assert.ok((await call('GET', '/admin/roles/admin/permissions?search=later')).body.data.length === 1);
    await http.rpc(org).assignRoles({ subject: { type: 1, id: 'root' }, roleSlugs: ['admin'] });
    const root: Caller = { org, principal: { type: 'user', id: 'root' } };
    assert.equal((await http.call(root, 'POST', '/authz/check', { permission: 'later' })).body.allowed, true);
  });

  for (const body of [
    {},
    { name: '' },
    { name: '日本' },
    { name: 'Ok', slug: 'has space' },
    { name: 'Ok', slug: 'rol_fake' },
    { name: 'Ok', slug: 'x'.repeat(10_000) },
    { name: 'Ok', permissions: 'doc.edit' },
    { name: 'Ok', permissions: [null] },
    { name: 'Ok', permissions: [{ slug: 'doc.edit' }] },
    { name: 'Ok', permissions: [99_999_999_999] },
    { name: ['Ok'] },
  ]) {
    it(`refuses ${JSON.stringify(body).slice(0, 50)}`, async () => {
      const { status, body: problem } = await call('POST', '/admin/roles', body);
      assert.deepEqual([status, problem.code], [400, 'validation_error']);
    });
  }

  describe('members', () => {
    it('are added by id and e-mail, listed with names, and taken', async () => {
      const ann = await addPerson(org, 'ann@x.test');
      const ben = await addPerson(org, 'Ben@x.test');
      await call('POST', '/admin/roles', { name: 'Team' });
      const added = await call('POST', '/admin/roles/team/users', { users: [ann, 'ben@X.test', ann, 'ann@x.test'] });
      assert.deepEqual([added.status, Object.keys(added.body)], [200, ['message']]);
      const { body } = await call('GET', '/admin/roles/team/users?sortBy=email');
      assert.deepEqual(body.data, [
        { id: ann, email: 'ann@x.test', name: null, username: 'ann' },
        { id: ben, email: 'Ben@x.test', name: null, username: 'Ben' },
      ]);
      assert.equal((await call('GET', '/admin/roles/team')).body.data.userCount, 2);
      assert.equal((await call('DELETE', '/admin/roles/team/users/ben@x.test')).status, 200);
      assert.equal((await call('DELETE', `/admin/roles/team/users/${ben}`)).status, 404);
      assert.equal((await call('GET', '/admin/roles/team')).body.data.userCount, 1);
      const events = (await org.events()).filter(({ data }) => (data.roles as readonly string[])?.includes('team'));
      assert.deepEqual(events.map(({ name }) => name).sort(), [
        'user.role.assigned',
        'user.role.assigned',
        'user.role.removed',
      ]);
    });

    it('accepts userIds', async () => {
      const id = await addPerson(org, 'cat@x.test');
      assert.equal((await call('POST', '/admin/roles/user/users', { userIds: [id] })).status, 200);
      assert.equal((await call('GET', '/admin/roles/user/users')).body.data[0].id, id);
    });

    it('gives nobody the role where one of them is unknown', async () => {
      const id = await addPerson(org, 'dan@x.test');
      await call('POST', '/admin/roles', { name: 'Strict' });
      const { status, body } = await call('POST', '/admin/roles/strict/users', { users: [id, 'nobody@x.test'] });
      assert.deepEqual([status, body.code], [404, 'resource_not_found']);
      assert.equal((await call('GET', '/admin/roles/strict')).body.data.userCount, 0);
    });

    for (const body of [
      {},
      { users: [] },
      { users: 'ann' },
      { users: [7] },
      { users: [''] },
      { users: Array(501).fill('x') },
    ])
      it(`refuses ${JSON.stringify(body).slice(0, 30)}`, async () =>
        assert.equal((await call('POST', '/admin/roles/user/users', body)).status, 400));
  });

  describe('who may call', () => {
    const admin = (id: string, scopes: readonly string[] = ['admin']): Caller => ({
      org,
      principal: { type: 'user', id, scopes },
    });
    before(async () => {
      await call('POST', '/admin/roles', { name: 'Role Manager', permissions: ['admin:roles'] });
      const rpc = http.rpc(org);
      await rpc.assignRoles({ subject: { type: 1, id: 'manager' }, roleSlugs: ['role_manager'] });
      await rpc.assignRoles({ subject: { type: 1, id: 'boss' }, roleSlugs: ['admin'] });
    });

    it('an API key by its scopes', async () => {
      const key = (...scopes: string[]): Caller => ({ org, principal: { ...API_KEY, scopes } });
      assert.equal((await http.call(key('admin:read'), 'GET', '/admin/roles')).status, 200);
      assert.equal((await http.call(key('admin:read'), 'POST', '/admin/roles', { name: 'No' })).status, 403);
      assert.equal((await http.call(key('admin:users'), 'GET', '/admin/roles')).status, 403);
      assert.equal((await http.call(key('admin:roles'), 'GET', '/admin/roles')).status, 200);
    });

    it('a person with the scope and the permission of this moment', async () => {
      assert.equal((await http.call(admin('manager'), 'GET', '/admin/roles')).status, 200);
      assert.equal((await http.call(admin('manager', ['openid']), 'GET', '/admin/roles')).status, 403);
      assert.equal((await http.call(admin('nobody'), 'GET', '/admin/roles')).status, 403);
    });

    it('nobody to raise themselves: a role manager can hand out no more than they have', async () => {
      const id = await addPerson(org, 'eve@x.test');
      const attempts: readonly [string, string, unknown][] = [
        ['POST', '/admin/roles/admin/users', { users: [id] }],
        ['POST', '/admin/roles/user_manager/users', { users: [id] }],
        ['POST', '/admin/roles', { name: 'Sneaky', permissions: ['admin:keys'] }],
        ['POST', '/admin/roles/role_manager/permissions', { permissions: ['admin:keys'] }],
        ['PATCH', '/admin/roles/role_manager', { permissions: ['admin:roles', 'settings.manage'] }],
        ['DELETE', '/admin/roles/admin/users/boss', undefined],
        ['DELETE', '/admin/roles/auditor', undefined],
      ];
      for (const [method, url, body] of attempts) {
        const answer = await http.call(admin('manager'), method, url, body);
        assert.deepEqual([answer.status, answer.body.code], [403, 'permission_denied'], `${method} ${url}`);
      }
      assert.equal(
        (await http.call(admin('boss'), 'POST', '/admin/roles/user_manager/users', { users: [id] })).status,
        200,
      );
      const ordinary = await http.call(admin('manager'), 'POST', '/admin/roles', {
        name: 'Fine',
        permissions: ['doc.edit'],
      });
      assert.equal(ordinary.status, 201);
    });
  });
});
