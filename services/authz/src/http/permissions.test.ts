import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestOrg } from '../store/test-org.fixture.js';
import { API_KEY, type HttpService, startHttpService } from './http.fixture.js';

describe('admin/permissions (contract 3.3)', () => {
  let http: HttpService;
  let org: TestOrg;
  before(async () => {
    http = await startHttpService();
    org = await http.newOrg();
  });
  after(() => http.close());
  const call = (method: string, url: string, body?: unknown) =>
    http.call({ org, principal: API_KEY }, method, url, body);

  it('creates, reads by id and slug, changes, deletes', async () => {
    const created = await call('POST', '/admin/permissions', {
      name: 'Edit documents',
      slug: 'document.edit',
      description: 'Change them',
      resource: 'document',
      action: 'edit',
      category: 'docs',
    });
    assert.equal(created.status, 201);
    const { id, createdAt, ...rest } = created.body.data;
    assert.ok(Number.isInteger(id));
    assert.ok(!Number.isNaN(Date.parse(createdAt)));
    assert.deepEqual(rest, {
      name: 'Edit documents',
      slug: 'document.edit',
      description: 'Change them',
      resource: 'document',
      action: 'edit',
      category: 'docs',
      isSystem: false,
      isCustom: true,
    });
    const detail = { ...created.body.data, roleCount: 0 };
    assert.deepEqual((await call('GET', `/admin/permissions/${id}`)).body, { data: detail });
    assert.deepEqual((await call('GET', '/admin/permissions/document.edit')).body, { data: detail });
    for (const [method, name] of [
      ['PATCH', 'One'],
      ['PUT', 'Two'],
    ] as const) {
      const { status, body } = await call(method, `/admin/permissions/${id}`, { name });
      assert.deepEqual(
        [status, body.data.name, body.data.slug, typeof body.message],
        [200, name, 'document.edit', 'string'],
      );
    }
    assert.equal((await call('PATCH', `/admin/permissions/${id}`, { description: null })).body.data.description, null);
    const gone = await call('DELETE', `/admin/permissions/${id}`);
    assert.deepEqual([gone.status, Object.keys(gone.body)], [200, ['message']]);
    assert.equal((await call('GET', `/admin/permissions/${id}`)).status, 404);
    const events = (await org.events()).map(({ name }) => name).filter((name) => name.startsWith('permission.'));
    assert.deepEqual(events.sort(), [
      'permission.created',
      'permission.deleted',
      'permission.updated',
      'permission.updated',
      'permission.updated',
    ]);
  });

  const suggestions: readonly [object, string, string][] = [
    [{ slug: 'only:slug' }, 'only:slug', 'only:slug'],
    [{ name: 'report.read' }, 'report.read', 'report.read'],
    [{ name: 'Read Reports' }, 'read_reports', 'Read Reports'],
    [{ name: 'Sign', resource: 'contract', action: 'sign' }, 'contract.sign', 'Sign'],
  ];
  for (const [body, slug, name] of suggestions) {
    it(`suggests what is absent: ${JSON.stringify(body)}`, async () => {
      const { data } = (await call('POST', '/admin/permissions', body)).body;
      assert.deepEqual([data.slug, data.name], [slug, name]);
    });
  }

  it('refuses a slug that is taken, also in a change', async () => {
    await call('POST', '/admin/permissions', { slug: 'taken' });
    await call('POST', '/admin/permissions', { slug: 'free' });
    for (const answer of [
      await call('POST', '/admin/permissions', { slug: 'taken' }),
      await call('PATCH', '/admin/permissions/free', { slug: 'taken' }),
    ])
      assert.deepEqual([answer.status, answer.body.code], [409, 'duplicate_resource']);
    assert.equal((await call('PATCH', '/admin/permissions/free', { slug: 'free' })).status, 200);
  });

  it('leaves system permissions as they are', async () => {
    for (const method of ['PATCH', 'PUT', 'DELETE']) {
      const { status, body } = await call(
        method,
        '/admin/permissions/authz.check',
        method === 'DELETE' ? undefined : {},
      );
      assert.deepEqual([status, body.code], [403, 'permission_denied']);
    }
  });

  for (const body of [
    {},
    [],
    null,
    { name: '' },
    { name: '   ' },
    { name: 'x'.repeat(256) },
    { name: 'a\u0007b' },
    { name: 7 },
    { slug: '' },
    { slug: ' padded' },
    { slug: 'x'.repeat(10_000) },
    { slug: null },
    { slug: 'admin:everything' },
    { name: '日本 語', description: 7 },
    { slug: 'ok', description: 'x'.repeat(1_001) },
    { slug: 'ok', resource: [] },
  ]) {
    it(`refuses ${JSON.stringify(body).slice(0, 40)}`, async () => {
      const { status, body: problem } = await call('POST', '/admin/permissions', body);
      assert.deepEqual([status, problem.code, typeof problem.error], [400, 'validation_error', 'string']);
    });
  }

  for (const id of [
    '0',
    '999999999',
    '99999999999999999999',
    '-1',
    'unknown',
    '%2F..%2Fadmin',
    "x'--",
    'x'.repeat(399),
  ]) {
    it(`does not find ${id.slice(0, 30)}`, async () => {
      for (const method of ['GET', 'DELETE']) {
        const { status, body } = await call(method, `/admin/permissions/${id}`);
        assert.deepEqual([status, body.code], [404, 'resource_not_found']);
      }
    });
  }

  describe('lists', () => {
    let shelf: TestOrg;
    before(async () => {
      shelf = await http.newOrg();
      for (const [slug, category] of [
        ['b_1', 'x'],
        ['a%1', 'x'],
        ['a_2', 'y'],
        ['C3', 'y'],
      ])
        await http.call({ org: shelf, principal: API_KEY }, 'POST', '/admin/permissions', { slug, category });
    });
    const list = async (query: string) =>
      (await http.call({ org: shelf, principal: API_KEY }, 'GET', `/admin/permissions?isSystem=false&${query}`)).body;
    const slugs = async (query: string) => (await list(query)).data.map(({ slug }: { slug: string }) => slug);

    it('has the envelope', async () => {
      const body = await list('limit=3&sortBy=id');
      const meta = { total: 4, page: 1, limit: 3, totalPages: 2, hasNextPage: true, hasPreviousPage: false };
      assert.deepEqual(
        { ...body, data: body.data.length },
        { data: 3, meta, pagination: meta, resourceType: 'permissions' },
      );
    });

    it('pages without overlap, and past the end', async () => {
      assert.deepEqual(
        [...(await slugs('limit=3&sortBy=category')), ...(await slugs('limit=3&sortBy=category&page=2'))].sort(),
        ['C3', 'a%1', 'a_2', 'b_1'],
      );
      const past = await list('page=9&limit=3');
      assert.deepEqual([past.data, past.meta.total, past.meta.hasNextPage], [[], 4, false]);
    });

    it('searches anywhere, without case, and takes wildcards for what they are', async () => {
      assert.deepEqual(await slugs('search=c3'), ['C3']);
      assert.deepEqual(await slugs('search=%25'), ['a%1']);
      assert.deepEqual(await slugs('search=_'), ['a_2', 'b_1']);
      assert.deepEqual(await slugs('search=%5C'), []);
    });

    it('filters and sorts', async () => {
      assert.deepEqual(await slugs('category=y&sortBy=id&sortDir=DESC'), ['C3', 'a_2']);
      assert.deepEqual(await slugs('sortBy=slug'), ['a%1', 'a_2', 'b_1', 'C3']);
      assert.deepEqual(await slugs('sortBy=id&sortDir=asc'), ['b_1', 'a%1', 'a_2', 'C3']);
      const system = await http.call({ org: shelf, principal: API_KEY }, 'GET', '/admin/permissions?isSystem=true');
      assert.ok(system.body.data.every(({ isSystem }: { isSystem: boolean }) => isSystem));
    });

    for (const query of ['page=0', 'limit=101', 'limit=x', 'sortDir=up', 'isSystem=maybe'])
      it(`refuses ${query}`, async () => {
        const answer = await http.call({ org: shelf, principal: API_KEY }, 'GET', `/admin/permissions?${query}`);
        assert.equal(answer.status, 400);
      });
  });

  it('lists the roles that use a permission, under both names', async () => {
    await call('POST', '/admin/permissions', { slug: 'used' });
    await call('POST', '/admin/roles', { name: 'User One', permissions: ['used'] });
    await call('POST', '/admin/roles', { name: 'User Two', permissions: ['used'] });
    const usage = await call('GET', '/admin/permissions/used/usage');
    assert.deepEqual(
      usage.body.data.map(({ slug }: { slug: string }) => slug),
      ['user_one', 'user_two'],
    );
    assert.deepEqual((await call('GET', '/admin/permissions/used/roles')).body, usage.body);
    assert.equal((await call('GET', '/admin/permissions/used')).body.data.roleCount, 2);
  });
});
