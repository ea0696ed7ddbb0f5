import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Org, Principal } from '@lumo/tenancy';
import { type Call, DIRECTORY_ROUTES, FULL_KEY, type HttpStage, openHttpStage } from '../testing/http-stage.js';

let stage: HttpStage;
let org: Org;
let other: Org;
before(async () => {
  stage = await openHttpStage();
  org = await stage.newOrg('routes-one');
  other = await stage.newOrg('routes-two');
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

describe('input that is refused', () => {
  const bodies: readonly [what: string, body: unknown, text: RegExp][] = [
    ['no body', undefined, /body/],
    ['null', null, /body/],
    ['a list', [], /body/],
    ['no address', {}, /email/],
    ['an address that is none', { email: 'ada' }, /email/],
    ['an address that is a number', { email: 7 }, /email/],
    ['an address that is an object', { email: { $ne: null } }, /email/],
    ['an unknown member', { email: 'x@example.com', isAdmin: true }, /isAdmin/],
    ['a column', { email: 'x@example.com', passwordHash: 'x' }, /passwordHash/],
    ['an org', { email: 'x@example.com', org_id: 'x' }, /org_id/],
    ['an id', { email: 'x@example.com', id: 'x' }, /id/],
    ['groups', { email: 'x@example.com', groups: ['g'] }, /groups/],
    ['a flag that is text', { email: 'x@example.com', isActive: 'yes' }, /isActive/],
    ['a name of two lines', { email: 'x@example.com', name: 'a\nb' }, /name/],
    ['a name that turns around', { email: 'x@example.com', name: 'a\u202Eb' }, /name/],
    ['a user name that turns around', { email: 'x@example.com', username: 'a\u202Eb' }, /username/],
    ['a name that is too long', { email: 'x@example.com', name: 'x'.repeat(201) }, /name/],
    ['a name of half a character', { email: 'x@example.com', name: 'a\ud800b' }, /name/],
    ['a picture that is a script', { email: 'x@example.com', picture: 'javascript:alert(1)' }, /picture/],
    ['a picture that breaks out', { email: 'x@example.com', picture: 'https://a.example/"><script>' }, /picture/],
    ['a phone that is text', { email: 'x@example.com', phoneNumber: 'call me' }, /phoneNumber/],
    ['a weak password', { email: 'x@example.com', password: 'password1' }, /attackers/],
    ['too many roles', { email: 'x@example.com', roles: Array(101).fill('viewer') }, /roles/],
  ];
  for (const [what, body, text] of bodies) {
    it(`as a user: ${what}`, () => refused(call('POST', '/admin/users', body), 400, text));
  }

  const raw: readonly [what: string, text: string, expected: RegExp][] = [
    ['no JSON', '{"email":', /JSON/],
    ['a member twice', '{"email":"a@example.com","email":"b@example.com"}', /twice/],
    ['NUL', '{"email":"a\\u0000@example.com"}', /NUL/],
    ['__proto__', '{"email":"a@example.com","__proto__":{"isAdmin":true}}', /__proto__/],
    ['depth', `{"email":${'['.repeat(100)}${']'.repeat(100)}}`, /nested/],
  ];
  for (const [what, text, expected] of raw) {
    it(`as JSON: ${what}`, () =>
      refused(stage.call('POST', '/admin/users', { org, as: FULL_KEY, raw: text }), 400, expected));
  }
  it('as JSON: size', () => {
    const raw = JSON.stringify({ email: 'x'.repeat(1024 * 1024) });
    return refused(stage.call('POST', '/admin/users', { org, as: FULL_KEY, raw }), 413, /larger/);
  });

  for (const query of [
    'page=0',
    'page=x',
    'limit=101',
    'limit=0',
    'limit=1.5',
    'sortBy=password_hash',
    'sortDir=up',
    'blocked=maybe',
    'group=g',
    'search=%00',
    `search=${'x'.repeat(201)}`,
    'page=1&page=2',
  ]) {
    it(`as a query: ${query.slice(0, 40)}`, () => refused(call('GET', `/admin/users?${query}`), 400, /./));
  }

  for (const id of ["'%20or%20'1'='1", '..%2F..%2Fetc%2Fpasswd', '%00', '0', 'null', `${'x'.repeat(400)}`, '💥']) {
    it(`as an id: ${id.slice(0, 30)}`, async () => {
      const { status } = await call('GET', `/admin/users/${id}`);
      assert.ok(status === 404 || status === 400, String(status));
    });
  }
});

describe('every route of the directory', () => {
  const concrete = (path: string) =>
    path.replace(':userId', 'nobody@example.com').replace(/:[A-Za-z]+/g, 'cli_unknown');
  const orgRoutes = DIRECTORY_ROUTES.filter(({ mount }) => mount === 'org');

  it('is closed to the anonymous and to a key without its scope', async () => {
    assert.ok(orgRoutes.length > 30);
    for (const { method, path, access } of orgRoutes) {
      for (const verb of [method].flat()) {
        assert.equal((await call(verb, concrete(path), undefined, { as: {} })).status, 401, `${verb} ${path}`);
        assert.equal(access.kind, 'admin');
        const needed = access.kind === 'admin' ? access.scope : '';
        const others = [
          'admin:users',
          'admin:roles',
          'admin:clients',
          'admin:keys',
          'admin:settings',
          'admin:audit',
        ].filter((s) => s !== needed);
        const general = verb === 'GET' ? 'admin:write' : 'admin:read';
        const as: Partial<Principal> = { type: 'api_key', id: 'key_x', scopes: [...others, general] };
        assert.equal((await call(verb, concrete(path), undefined, { as })).status, 403, `${verb} ${path}`);
      }
    }
  });

  it('asks a person for the scope and, now, for the permission', async () => {
    const { data: boss } = (await call('POST', '/admin/users', { email: 'boss@example.com', roles: ['admin'] })).body;
    const { data: plain } = (await call('POST', '/admin/users', { email: 'plain@example.com', roles: ['viewer'] }))
      .body;
    const as = (id: string, ...scopes: string[]): Call => ({ as: { type: 'user', id, scopes } });
    assert.equal((await call('GET', '/admin/users', undefined, as(boss.id, 'admin'))).status, 200);
    assert.equal((await call('GET', '/admin/users', undefined, as(boss.id, 'openid'))).status, 403);
    assert.equal((await call('GET', '/admin/users', undefined, as(plain.id, 'admin'))).status, 403);
    await call('PUT', `/admin/users/${boss.id}/roles`, { roles: [] });
    assert.equal((await call('GET', '/admin/users', undefined, as(boss.id, 'admin'))).status, 403);
  });

  it('shows and changes nothing of another org: its ids are unknown', async () => {
    const mine = {
      user: (await call('POST', '/admin/users', { email: 'mine@one.example' })).body.data,
      client: (await call('POST', '/admin/clients', { name: 'Mine', applicationType: 'm2m' })).body.data,
      key: (await call('POST', '/admin/api-keys', { name: 'Mine', scopes: ['admin:read'] })).body.data,
    };
    const bodies: Readonly<Record<string, unknown>> = {
      '/admin/users/:userId': { name: 'Stolen' },
      '/admin/users/:userId/password': { password: 'gravel-tuba-9' },
      '/admin/users/:userId/roles': { roles: ['viewer'] },
      '/admin/users/:userId/permissions': { permissions: ['x'] },
      '/admin/clients/:clientId': { name: 'Stolen' },
      '/admin/clients/:clientId/scopes': { scopes: ['openid'] },
      '/admin/api-keys/:keyId': { name: 'Stolen' },
    };
    let walked = 0;
    for (const { method, path } of orgRoutes.filter((route) => route.path.includes(':'))) {
      for (const [userId, clientId] of [
        [mine.user.id, mine.client.clientId],
        [mine.user.email, String(mine.client.id)],
      ]) {
        const url = path
          .replace(':userId', userId)
          .replace(':clientId', clientId)
          .replace(':keyId', mine.key.id)
          .replace(/:[A-Za-z]+/, 'viewer');
        for (const verb of [method].flat()) {
          const body = verb === 'GET' || verb === 'DELETE' ? undefined : bodies[path];
          const answer = await call(verb, url, body, { org: other });
          assert.equal(answer.status, 404, `${verb} ${path}: ${JSON.stringify(answer.body)}`);
          assert.equal(answer.body.code, 'resource_not_found');
          walked++;
        }
      }
    }
    assert.ok(walked > 50);
    for (const path of ['users', 'clients', 'api-keys']) {
      const { body } = await call('GET', `/admin/${path}?limit=100`, undefined, { org: other });
      assert.equal(body.meta.total, 0, path);
    }
    assert.equal((await call('GET', `/admin/users/${mine.user.id}`)).body.data.name, null);
    assert.equal((await call('GET', `/admin/clients/${mine.client.id}`)).body.data.name, 'Mine');
  });
});
