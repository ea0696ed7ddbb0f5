import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { auditLog } from '../support/audit-log.js';
import type { Answer } from '../support/http.js';
import { APP_CALLBACK, createOrgWorld, goodPassword, type OrgWorld } from '../support/org-world.js';
import { target } from '../support/target.js';

type Data = Readonly<Record<string, unknown>>;
interface One {
  readonly data: Data;
  readonly message?: string;
}
interface Page {
  readonly total: number;
  readonly page: number;
  readonly limit: number;
  readonly totalPages: number;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}
interface List {
  readonly data: readonly Data[];
  readonly meta: Page;
  readonly pagination: Page;
  readonly resourceType: string;
}

const unique = () => randomBytes(5).toString('hex');

/** A resource of the admin API: enough to walk its whole life. */
interface Resource {
  readonly name: string;
  readonly path: string;
  readonly create: (word: string) => object;
  readonly change: object;
  /** Every name by which one is found (contract 1.8). */
  readonly references: (data: Data) => readonly string[];
  /** Members that the CLI prints or reads (contract 10). */
  readonly cliFields: readonly string[];
  /** Members that are shown when it is made and never again. */
  readonly shownOnce?: readonly string[];
  readonly missing: string;
}

const RESOURCES: readonly Resource[] = [
  {
    name: 'users',
    path: '/admin/users',
    create: (word) => ({ email: `${word}@example.test`, name: `Name ${word}`, password: goodPassword() }),
    change: { name: 'Renamed', givenName: 'Ren', phoneNumber: '+1 555 0100' },
    references: (data) => [String(data.id), String(data.email)],
    cliFields: ['id', 'email', 'name', 'isActive', 'blocked', 'emailVerified', 'mfaEnabled', 'loginCount'],
    missing: crypto.randomUUID(),
  },
  {
    name: 'clients',
    path: '/admin/clients',
    create: (word) => ({ name: `Name ${word}`, applicationType: 'web', redirectUris: [APP_CALLBACK] }),
    change: { name: 'Renamed', description: 'Changed' },
    references: (data) => [String(data.id), String(data.clientId)],
    cliFields: ['clientId', 'name', 'applicationType', 'isActive'],
    shownOnce: ['secret'],
    missing: 'cli_00000000000000000000000',
  },
  {
    name: 'api_keys',
    path: '/admin/api-keys',
    create: (word) => ({ name: `Name ${word}`, scopes: ['admin:read'] }),
    change: { name: 'Renamed' },
    references: (data) => [String(data.id)],
    cliFields: ['id', 'name'],
    shownOnce: ['key'],
    missing: 'key_000000000000000000000000',
  },
  {
    name: 'roles',
    path: '/admin/roles',
    create: (word) => ({ name: `Name ${word}`, slug: `role-${word}`, description: 'A role' }),
    change: { description: 'Changed' },
    references: (data) => [String(data.id), String(data.slug)],
    cliFields: ['id', 'name', 'slug', 'userCount', 'permissionCount'],
    missing: 'no-such-role',
  },
  {
    name: 'permissions',
    path: '/admin/permissions',
    create: (word) => ({ slug: `thing.${word}`, name: `Name ${word}` }),
    change: { description: 'Changed' },
    references: (data) => [String(data.id), String(data.slug)],
    cliFields: ['id', 'name', 'slug'],
    missing: '999999999',
  },
  {
    name: 'agents',
    path: '/admin/agents',
    create: (word) => ({ name: `Name ${word}`, type: 'service', capabilities: ['read:data'] }),
    change: { description: 'Changed', capabilities: ['read:data', 'write:data'] },
    references: (data) => [String(data.id), String(data.agentId)],
    cliFields: ['id', 'agentId', 'name', 'status', 'type', 'capabilities'],
    shownOnce: ['clientSecret'],
    missing: 'agt_000000000000000000000000',
  },
];

let org: OrgWorld;
before(async () => {
  org = await createOrgWorld('admin');
});

const refusal = (answer: Answer): Data => {
  const body = answer.json();
  assert.equal(typeof body.error, 'string', 'error is a word, never true');
  assert.equal(body.code, body.error);
  assert.equal(typeof body.message, 'string');
  assert.equal(body.error_description, body.message);
  assert.equal(body.status, answer.status);
  return body;
};

for (const resource of RESOURCES) {
  describe(`Admin API: ${resource.name} (contract 1.8)`, () => {
    const { path } = resource;
    const make = async (word = unique()): Promise<Data> =>
      (await org.call('POST', path, resource.create(word), 201)).json<One>().data;
    const list = async (query: string): Promise<List> => (await org.call('GET', `${path}?${query}`)).json<List>();

    it('create: 201 {data, message}; read by every name: {data}; secrets once', async () => {
      const created = (await org.call('POST', path, resource.create(unique()), 201)).json<One>();
      assert.ok(created.message);
      for (const reference of resource.references(created.data)) {
        const { data } = (await org.call('GET', `${path}/${encodeURIComponent(reference)}`)).json<One>();
        assert.equal(data.id, created.data.id);
        for (const secret of resource.shownOnce ?? []) assert.ok(!(secret in data), secret);
      }
      for (const secret of resource.shownOnce ?? []) assert.ok(String(created.data[secret]).length >= 43, secret);
    });

    it('update: PATCH and PUT change what they name, 200 {data, message}', async () => {
      const { id } = await make();
      for (const method of ['PATCH', 'PUT']) {
        const updated = (await org.call(method, `${path}/${id}`, resource.change)).json<One>();
        assert.ok(updated.message);
        for (const [member, value] of Object.entries(resource.change)) assert.deepEqual(updated.data[member], value);
        assert.equal(updated.data.id, id);
      }
    });

    it('delete: 200 {message}, and then it is not found', async () => {
      const { id } = await make();
      const deleted = (await org.call('DELETE', `${path}/${id}`)).json<{ message: string }>();
      assert.ok(deleted.message);
      assert.equal(refusal(await org.call('GET', `${path}/${id}`, undefined, 404)).error, 'resource_not_found');
      refusal(await org.call('DELETE', `${path}/${id}`, undefined, 404));
    });

    it('what never was is the same 404 for every method', async () => {
      for (const [method, body] of [['GET'], ['PATCH', resource.change], ['DELETE']] as const) {
        const answer = await org.call(method, `${path}/${resource.missing}`, body, 404);
        assert.equal(refusal(answer).error, 'resource_not_found');
      }
    });

    it('list: two equal paging blocks, every field the CLI reads', async () => {
      const words = [unique(), unique(), unique()];
      for (const word of words) await make(word);
      const first = await list('limit=2&page=1');
      assert.equal(first.resourceType, resource.name);
      assert.deepEqual(first.meta, first.pagination);
      assert.equal(first.data.length, 2);
      assert.deepEqual([first.meta.page, first.meta.limit, first.meta.hasPreviousPage], [1, 2, false]);
      assert.equal(first.meta.hasNextPage, true);
      assert.equal(first.meta.totalPages, Math.ceil(first.meta.total / 2));
      for (const row of first.data) {
        for (const field of resource.cliFields) assert.ok(field in row, field);
        for (const secret of resource.shownOnce ?? []) assert.ok(!(secret in row), secret);
      }
      const seen = new Set<unknown>();
      for (let page = 1; page <= first.meta.totalPages; page++) {
        for (const row of (await list(`limit=2&page=${page}`)).data) seen.add(row.id);
      }
      assert.equal(seen.size, first.meta.total, 'every row on exactly one page');
      const beyond = await list('page=1000');
      assert.deepEqual([beyond.data, beyond.meta.hasNextPage], [[], false]);
      assert.equal((await list('')).meta.limit, 25, 'the default');
    });

    it('search finds the word and takes no wildcard from it', async () => {
      const word = unique();
      const made = await make(word);
      await make();
      assert.deepEqual(
        (await list(`search=${word}`)).data.map(({ id }) => id),
        [made.id],
      );
      for (const nothing of ['%25', '_______', `${word}%25${word}`, "'%20or%201=1--"]) {
        assert.deepEqual((await list(`search=${nothing}`)).data, [], nothing);
      }
    });

    it('sorts by what it lists, both ways', async () => {
      const [up, down] = [
        await list('sortBy=name&sortDir=ASC&limit=100'),
        await list('sortBy=name&sortDir=DESC&limit=100'),
      ];
      assert.deepEqual(
        up.data.map(({ id }) => id),
        down.data.map(({ id }) => id).reverse(),
      );
    });

    it('refuses what no page is', async () => {
      for (const query of ['page=0', 'page=-1', 'page=x', 'limit=0', 'limit=101', 'sortDir=SIDEWAYS']) {
        refusal(await org.call('GET', `${path}?${query}`, undefined, 400));
      }
    });

    it('sorts by no column that it does not offer', async () => {
      const usual = await list('limit=100');
      for (const column of ['password_hash', 'secret', 'org_id', 'id;drop table users', '__proto__']) {
        const answer = await org.http.send('GET', `${org.api}${path}?limit=100&sortBy=${encodeURIComponent(column)}`, {
          apiKey: org.apiKey,
        });
        if (answer.status === 400) refusal(answer);
        else assert.deepEqual(answer.expect(200).json<List>().data, usual.data, column);
      }
    });

    it('refuses a body of the wrong kind and says which member is wrong', async () => {
      for (const body of [[], 'text', 7, null]) refusal(await org.call('POST', path, body, 400));
      const wrong = Object.fromEntries(Object.keys(resource.create('x')).map((member) => [member, { not: 'this' }]));
      const answer = await org.call('POST', path, wrong, 400);
      assert.equal(typeof refusal(answer).details, 'object');
    });

    it('members that the contract does not offer change nothing (attack 48)', async () => {
      const sneaky = {
        id: crypto.randomUUID(),
        org_id: crypto.randomUUID(),
        orgId: 'x',
        isSystem: true,
        isAdmin: true,
        createdAt: '1999-01-01T00:00:00Z',
      };
      const answer = await org.http.send('POST', `${org.api}${path}`, {
        apiKey: org.apiKey,
        json: { ...resource.create(unique()), ...sneaky },
      });
      if (answer.status !== 400) {
        const { data } = answer.expect(201).json<One>();
        for (const [member, value] of Object.entries(sneaky)) assert.notEqual(data[member], value, member);
      }
    });
  });
}

describe('Credentials of the admin API (contract 1.4)', () => {
  const read = (headers: Readonly<Record<string, string>>, api = org.api, path = '/admin/users') =>
    org.http.send('GET', `${api}${path}`, { headers });

  it('an API key in all three forms', async () => {
    (await read({ 'x-api-key': org.apiKey })).expect(200);
    (await read({ authorization: `Bearer ${org.apiKey}` })).expect(200);
    (await read({ authorization: `ApiKey ${org.apiKey}` })).expect(200);
  });

  it('under /t/<slug> as well: read and create, as the CLI does', async () => {
    const alias = `/t/${org.slug}/api/v1`;
    (await read({ 'x-api-key': org.apiKey }, alias)).expect(200);
    const answer = await org.http.send('POST', `${alias}/admin/users`, {
      apiKey: org.apiKey,
      json: { email: `${unique()}@example.test` },
    });
    const { data } = answer.expect(201).json<One>();
    assert.ok(String(data.id).length >= 8, 'the CLI cuts ids to eight characters');
  });

  it('401 without a key, with an unknown, a malformed and a deleted one', async () => {
    for (const headers of [
      {},
      { 'x-api-key': `lmk_${'a'.repeat(43)}` },
      { 'x-api-key': 'short' },
      { authorization: 'Basic eDp5' },
    ]) {
      const answer = await read(headers as Record<string, string>);
      assert.equal(refusal(answer.expect(401)).error, 'invalid_token');
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
    }
    const made = (await org.call('POST', '/admin/api-keys', { name: 'Gone', scopes: ['admin:read'] }, 201)).json<One>();
    const key = { 'x-api-key': String(made.data.key) };
    (await read(key)).expect(200);
    await org.call('DELETE', `/admin/api-keys/${made.data.id}`);
    const untilMs = performance.now() + 10_000;
    while ((await read(key)).status !== 401) assert.ok(performance.now() < untilMs, 'a deleted key is refused');
  });

  it('two different credentials in one request are refused', async () => {
    refusal((await read({ 'x-api-key': org.apiKey, authorization: `Bearer lmk_${'a'.repeat(43)}` })).expect(400));
  });

  it('a credential in the URL is refused', async () => {
    const answer = await org.http.send('GET', `${org.api}/admin/users?api_key=${org.apiKey}`);
    refusal(answer.expect(400));
  });

  it('an expired key is out', async () => {
    const expiresAt = new Date(Date.now() + 1500).toISOString();
    const body = { name: 'Brief', scopes: ['admin:read'], expiresAt };
    const made = (await org.call('POST', '/admin/api-keys', body, 201)).json<One>();
    const key = { 'x-api-key': String(made.data.key) };
    (await read(key)).expect(200);
    const untilMs = performance.now() + 12_000;
    while ((await read(key)).status !== 401) assert.ok(performance.now() < untilMs, 'it expires');
  });

  it('a scope opens its own area and no other', async () => {
    const keyOf = async (...scopes: string[]) =>
      String((await org.call('POST', '/admin/api-keys', { name: 'Scoped', scopes }, 201)).json<One>().data.key);
    const status = async (apiKey: string, method: string, path: string, json?: unknown) =>
      (await org.http.send(method, `${org.api}${path}`, { apiKey, ...(json !== undefined && { json }) })).status;
    const users = await keyOf('admin:users');
    assert.equal(await status(users, 'GET', '/admin/users'), 200);
    assert.equal(await status(users, 'POST', '/admin/users', { email: `${unique()}@example.test` }), 201);
    for (const path of ['clients', 'api-keys', 'roles', 'permissions', 'agents', 'audit-logs']) {
      assert.equal(await status(users, 'GET', `/admin/${path}`), 403, path);
    }
    const reader = await keyOf('admin:read');
    for (const path of ['users', 'clients', 'api-keys', 'roles', 'permissions', 'agents', 'audit-logs']) {
      assert.equal(await status(reader, 'GET', `/admin/${path}`), 200, path);
    }
    assert.equal(await status(reader, 'POST', '/admin/users', { email: `${unique()}@example.test` }), 403);
    assert.equal(await status(reader, 'DELETE', `/admin/users/${org.admin.id}`), 403);
  });

  it('a key gives no key that can do more than itself, and makes nobody an administrator', async () => {
    const made = await org.call(
      'POST',
      '/admin/api-keys',
      { name: 'Keys only', scopes: ['admin:keys', 'admin:users'] },
      201,
    );
    const apiKey = String(made.json<One>().data.key);
    const more = await org.http.send('POST', `${org.api}/admin/api-keys`, {
      apiKey,
      json: { name: 'More', scopes: ['admin:write'] },
    });
    refusal(more.expect(403));
    const admin = await org.http.send('POST', `${org.api}/admin/users`, {
      apiKey,
      json: { email: `${unique()}@example.test`, roles: ['admin'] },
    });
    refusal(admin.expect(403));
  });

  it('a person is an administrator by role and by scope, never by one alone', async () => {
    const app = await org.addClient({ scopes: ['openid', 'admin'] });
    const member = await org.addUser();
    const tokens = {
      both: (await org.tokensOf(org.admin, app, 'openid admin')).access_token,
      roleOnly: (await org.tokensOf(org.admin, app, 'openid')).access_token,
      scopeOnly: (await org.tokensOf(member, app, 'openid admin')).access_token,
    };
    (await read({ authorization: `Bearer ${tokens.both}` })).expect(200);
    refusal((await read({ authorization: `Bearer ${tokens.roleOnly}` })).expect(403));
    refusal((await read({ authorization: `Bearer ${tokens.scopeOnly}` })).expect(403));
    await org.call('POST', `/admin/users/${member.id}/roles`, { roles: ['auditor'] });
    const logs = (bearer: string) => read({ authorization: `Bearer ${bearer}` }, org.api, '/admin/audit-logs');
    (await logs(tokens.scopeOnly)).expect(200);
    await org.call('DELETE', `/admin/users/${member.id}/roles/auditor`);
    refusal((await logs(tokens.scopeOnly)).expect(403));
  });

  it('an org that does not exist: 404 tenant_not_found', async () => {
    const answer = await read({ 'x-api-key': org.apiKey }, '/orgs/no-such-org/api/v1');
    assert.equal(refusal(answer.expect(404)).error, 'tenant_not_found');
  });
});

describe('Users, as the CLI uses them', () => {
  it('an address exists once in an org, whatever its case: 409', async () => {
    const word = unique();
    await org.call('POST', '/admin/users', { email: `${word}@example.test` }, 201);
    const answer = await org.call('POST', '/admin/users', { email: `${word.toUpperCase()}@Example.test` }, 409);
    assert.equal(refusal(answer).error, 'duplicate_resource');
  });

  it('a password that everybody uses, or that is too short, is refused', async () => {
    for (const password of ['password', 'short', '12345678']) {
      const answer = await org.call('POST', '/admin/users', { email: `${unique()}@example.test`, password }, 400);
      assert.ok('password' in (refusal(answer).details as Data));
    }
  });

  it('set-password, block, unblock with an empty JSON body, roles get and set', async () => {
    const user = await org.addUser();
    await org.call('PUT', `/admin/users/${user.id}/password`, { password: goodPassword() });
    for (const [action, blocked] of [
      ['block', true],
      ['unblock', false],
    ] as const) {
      const answer = await org.http.send('POST', `${org.api}/admin/users/${user.id}/${action}`, {
        apiKey: org.apiKey,
        headers: { 'content-type': 'application/json' },
      });
      answer.expect(200);
      assert.equal((await org.call('GET', `/admin/users/${user.id}`)).json<One>().data.blocked, blocked);
    }
    const rolesOf = async () =>
      (await org.call('GET', `/admin/users/${user.id}/roles`))
        .json<{ data: { slug: string }[] }>()
        .data.map(({ slug }) => slug);
    await org.call('PUT', `/admin/users/${user.id}/roles`, { roles: ['auditor', 'user_manager'] });
    assert.deepEqual((await rolesOf()).sort(), ['auditor', 'user_manager']);
    await org.call('PUT', `/admin/users/${user.id}/roles`, { roles: ['auditor'] });
    assert.deepEqual(await rolesOf(), ['auditor']);
    await org.call('PUT', `/admin/users/${user.id}/roles`, { roles: [] });
    assert.deepEqual(await rolesOf(), []);
  });

  it('list --blocked', async () => {
    const user = await org.addUser();
    await org.call('POST', `/admin/users/${user.id}/block`);
    const blocked = (await org.call('GET', '/admin/users?blocked=true&limit=100')).json<List>();
    assert.ok(blocked.data.some(({ id }) => id === user.id));
    assert.ok(blocked.data.every((row) => row.blocked === true));
  });

  it('a path parameter is decoded once and is opaque', async () => {
    for (const reference of ['user%2F..%2Fadmin', '..%2f..%2fadmin', '%2500', "'%20or%20''='", 'a%0d%0ab']) {
      const answer = await org.http.send('GET', `${org.api}/admin/users/${reference}`, { apiKey: org.apiKey });
      assert.ok(answer.status === 404 || answer.status === 400, `${reference}: ${answer.status}`);
      refusal(answer);
    }
  });
});

describe('Roles and permissions', () => {
  it('what the system needs cannot be changed or deleted: 403', async () => {
    for (const [method, body] of [['PATCH', { name: 'Mine' }], ['DELETE']] as const) {
      refusal(await org.call(method, '/admin/roles/admin', body, 403));
    }
    const permissions = (await org.call('GET', '/admin/permissions?isSystem=true')).json<List>();
    const [system] = permissions.data;
    refusal(await org.call('DELETE', `/admin/permissions/${system?.id}`, undefined, 403));
  });

  it('members of a role: list, add by id or address, remove', async () => {
    const role = (await org.call('POST', '/admin/roles', { name: `Team ${unique()}` }, 201)).json<One>().data;
    const [one, two] = [await org.addUser(), await org.addUser()];
    await org.call('POST', `/admin/roles/${role.id}/users`, { users: [one.id] });
    await org.call('POST', `/admin/roles/${role.slug}/users`, { userIds: [two.email] });
    const members = async () => (await org.call('GET', `/admin/roles/${role.id}/users`)).json<List>();
    assert.equal((await members()).meta.total, 2);
    await org.call('DELETE', `/admin/roles/${role.id}/users/${one.id}`);
    assert.deepEqual(
      (await members()).data.map(({ id }) => id),
      [two.id],
    );
  });
});

describe('The audit log (contract 8.7)', () => {
  it('filters, pages, details, counts, exports, and its chain holds', async () => {
    const user = await org.addUser();
    const log = auditLog(org.http, org.api, org.apiKey);
    const created = await log.find('user.created', (entry) => entry.targetId === user.id);
    assert.equal(created.actorType, 'api_key');
    const detail = await log.detail(created.id);
    assert.equal(detail.targetId, user.id);
    for (const row of await log.list({ action: 'user.created' })) assert.equal(row.action, 'user.created');
    for (const field of ['id', 'action', 'status', 'userEmail', 'ipAddress', 'createdAt'])
      assert.ok(field in created, field);
    const about = await log.list({ userId: user.id });
    assert.ok(about.length > 0 && about.every((row) => row.userId === user.id || row.actorId === user.id));
    assert.deepEqual(await log.list({ from: '2999-01-01T00:00:00Z' }), []);

    const stats = (await org.call('GET', '/admin/audit-logs/stats')).json<{
      data: { total: number; byAction: Data };
    }>();
    assert.ok(Number(stats.data.byAction['user.created']) > 0);
    const actions = (await org.call('GET', '/admin/audit-logs/actions')).json<{ data: string[] }>();
    assert.ok(actions.data.includes('auth.login.success'));
    const verified = (await org.call('GET', '/admin/audit-logs/verify')).json<{
      data: { valid: boolean; checked: number };
    }>();
    assert.ok(verified.data.valid && verified.data.checked > 0);
  });

  it('export: CSV by default, JSON when asked, as an attachment', async () => {
    const csv = await org.http.send('GET', `${org.api}/admin/audit-logs/export`, { apiKey: org.apiKey });
    assert.match(csv.expect(200).headers.get('content-type') ?? '', /^text\/csv/);
    assert.match(csv.headers.get('content-disposition') ?? '', /^attachment; filename="/);
    assert.match(csv.text.split('\r\n')[0] ?? '', /action/);
    const json = await org.http.send('GET', `${org.api}/admin/audit-logs/export?format=json`, { apiKey: org.apiKey });
    const body = json.expect(200).json<{ data: Data[]; meta: { total: number } }>();
    assert.equal(body.data.length, body.meta.total);
  });

  it('nothing changes or deletes an entry', async () => {
    const [entry] = await auditLog(org.http, org.api, org.apiKey).list();
    for (const method of ['PUT', 'PATCH', 'DELETE', 'POST']) {
      const answer = await org.http.send(method, `${org.api}/admin/audit-logs/${entry?.id}`, {
        apiKey: org.apiKey,
        json: { action: 'nothing' },
        undescribed: 'there is no such operation',
      });
      assert.ok(answer.status === 404 || answer.status === 405, `${method}: ${answer.status}`);
    }
  });
});

describe('The operator of the installation', () => {
  it('a slug is unique, well formed and not reserved', async () => {
    const create = (slug: string) =>
      org.http.send('POST', '/api/v1/instance/orgs', { bearer: instanceKey(), json: { slug, name: 'X' } });
    refusal((await create(org.slug)).expect(409));
    for (const slug of [
      '',
      'a',
      'Upper',
      'with space',
      '-dash',
      'api',
      'admin',
      crypto.randomUUID(),
      'a'.repeat(64),
      'ünder',
    ]) {
      refusal((await create(slug)).expect(400));
    }
  });

  it('is nobody else: no key, an API key of an org, a token', async () => {
    for (const bearer of [undefined, org.apiKey, `lmk_${'a'.repeat(43)}`]) {
      const answer = await org.http.send('GET', '/api/v1/instance/orgs', bearer ? { bearer } : {});
      assert.ok(answer.status === 401 || answer.status === 403, String(answer.status));
      refusal(answer);
    }
  });

  it('opens no org with the key of the instance', async () => {
    const answer = await org.http.send('GET', `${org.api}/admin/users`, { bearer: instanceKey() });
    assert.ok(answer.status === 401 || answer.status === 403, String(answer.status));
  });
});

function instanceKey(): string {
  return target.bootstrap.instanceKey;
}
