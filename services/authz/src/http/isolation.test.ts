import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestOrg } from '../store/test-org.fixture.js';
import { API_KEY, type Caller, type HttpService, startHttpService } from './http.fixture.js';

describe('isolation: an organization cannot see or touch what is another’s', () => {
  let http: HttpService;
  let own: TestOrg;
  let other: TestOrg;
  let permissionId: number;
  let roleId: string;
  before(async () => {
    http = await startHttpService();
    [own, other] = [await http.newOrg(), await http.newOrg()];
    const owner: Caller = { org: other, principal: API_KEY };
    permissionId = (await http.call(owner, 'POST', '/admin/permissions', { slug: 'secret.plan' })).body.data.id;
    const role = { name: 'Secret Role', permissions: ['secret.plan'] };
    roleId = (await http.call(owner, 'POST', '/admin/roles', role)).body.data.id;
    await http.rpc(other).assignRoles({ subject: { type: 1, id: 'member' }, roleSlugs: ['secret_role'] });
  });
  after(() => http.close());

  it('every admin route answers 404 for its ids and slugs', async () => {
    const intruder: Caller = { org: own, principal: API_KEY };
    const paths = await http.paths();
    let tried = 0;
    for (const [path, methods] of Object.entries(paths)) {
      if (!/\{(roleId|permissionId)\}/.test(path)) continue;
      for (const method of Object.keys(methods).map((name) => name.toUpperCase())) {
        for (const [role, permission] of [
          [roleId, String(permissionId)],
          ['secret_role', 'secret.plan'],
        ] as const) {
          const url = path
            .replace('/orgs/{org}/api/v1', '')
            .replace('{roleId}', role)
            .replace('{permissionId}', permission)
            .replace('{userId}', 'member');
          const body = { name: 'Mine now', permissions: [], users: ['member'] };
          const answer = await http.call(intruder, method, url, ['GET', 'DELETE'].includes(method) ? undefined : body);
          assert.deepEqual([answer.status, answer.body.code], [404, 'resource_not_found'], `${method} ${url}`);
          tried++;
        }
      }
    }
    assert.ok(tried >= 30, `${tried} requests`);
  });

  it('lists show none of it, and its names can be taken', async () => {
    const intruder: Caller = { org: own, principal: API_KEY };
    for (const list of ['/admin/permissions?search=secret', '/admin/roles?search=secret'])
      assert.equal((await http.call(intruder, 'GET', list)).body.meta.total, 0);
    const mine = await http.call(intruder, 'POST', '/admin/permissions', { slug: 'secret.plan' });
    assert.equal(mine.status, 201);
    await http.call(intruder, 'DELETE', '/admin/permissions/secret.plan');
  });

  it('a role of another organization cannot be given, nor its permissions', async () => {
    await assert.rejects(
      http.rpc(own).assignRoles({ subject: { type: 1, id: 'member' }, roleSlugs: ['secret_role'] }),
      /unknown roles/,
    );
    const intruder: Caller = { org: own, principal: API_KEY };
    const body = { permissions: [permissionId] };
    assert.equal((await http.call(intruder, 'POST', '/admin/roles/auditor/permissions', body)).status, 400);
  });

  it('a member there is nobody here', async () => {
    const here = await http.rpc(own).check({ subject: { type: 1, id: 'member' }, permissions: ['secret.plan'] });
    const there = await http.rpc(other).check({ subject: { type: 1, id: 'member' }, permissions: ['secret.plan'] });
    assert.deepEqual([here.results['secret.plan'], there.results['secret.plan']], [false, true]);
  });

  it('the org of the credential decides, not the one in the path', async () => {
    const headers = http.seal(own.as({ type: 'user', id: 'member' }));
    const url = `/orgs/${other.org.slug}/api/v1/authz/check`;
    const { body } = await http.raw('POST', url, { headers, payload: '{"permission":"secret.plan"}' });
    assert.notEqual(body.allowed, true);
  });
});
