import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { authzV1 } from '@lumo/contracts';
import { type HttpService, startHttpService } from '../http/http.fixture.js';
import type { TestOrg } from '../store/test-org.fixture.js';

const { USER, AGENT, UNSPECIFIED } = authzV1.SubjectType;

describe('AuthzService (proto/lumo/authz/v1)', () => {
  let http: HttpService;
  let org: TestOrg;
  let rpc: ReturnType<HttpService['rpc']>;
  before(async () => {
    http = await startHttpService();
    org = await http.newOrg();
    rpc = http.rpc(org);
  });
  after(() => http.close());

  it('assigns, replaces and takes roles', async () => {
    const subject = { type: USER, id: 'u1' };
    const slugsOf = async () => {
      const { subjects } = await rpc.listRoles({ subjects: [subject] });
      return subjects[0]?.roles.map(({ slug, isAdmin }) => [slug, isAdmin]);
    };
    const added = await rpc.assignRoles({ subject, roleSlugs: ['user', 'admin', 'user'] });
    assert.deepEqual(
      added.roles.map(({ slug }) => slug),
      ['admin', 'user'],
    );
    assert.deepEqual(await slugsOf(), [
      ['admin', true],
      ['user', false],
    ]);
    await rpc.assignRoles({ subject, roleSlugs: ['tenant_admin'], replace: true });
    assert.deepEqual(await slugsOf(), [['tenant_admin', true]]);
    await rpc.unassignRole({ subject, role: 'tenant_admin' });
    assert.deepEqual(await slugsOf(), []);
    await assert.rejects(rpc.unassignRole({ subject, role: 'tenant_admin' }), { code: 'resource_not_found' });
    await rpc.assignRoles({ subject, roleSlugs: [], replace: true });
    assert.deepEqual(await slugsOf(), []);
  });

  it('refuses an unknown role and changes nothing', async () => {
    const subject = { type: USER, id: 'u2' };
    await rpc.assignRoles({ subject, roleSlugs: ['auditor'] });
    await assert.rejects(rpc.assignRoles({ subject, roleSlugs: ['user', 'nope'], replace: true }), {
      kind: 'invalid',
      code: 'validation_error',
    });
    const { subjects } = await rpc.listRoles({ subjects: [subject] });
    assert.deepEqual(
      subjects[0]?.roles.map(({ slug }) => slug),
      ['auditor'],
    );
  });

  it('answers for many subjects in the order asked', async () => {
    await rpc.assignRoles({ subject: { type: AGENT, id: 'agt_1' }, roleSlugs: ['auditor'] });
    const { subjects } = await rpc.listRoles({
      subjects: [
        { type: USER, id: 'nobody' },
        { type: AGENT, id: 'agt_1' },
      ],
    });
    assert.deepEqual(
      subjects.map(({ subject, roles }) => [subject?.id, roles.length]),
      [
        ['nobody', 0],
        ['agt_1', 1],
      ],
    );
  });

  it('grants and revokes permissions directly', async () => {
    const subject = { type: USER, id: 'u3' };
    const granted = await rpc.grantPermissions({ subject, permissions: ['jit.approve', 'policies.view'] });
    assert.deepEqual(
      granted.permissions.map(({ slug, source }) => [slug, source]),
      [
        ['jit.approve', 'direct'],
        ['policies.view', 'direct'],
      ],
    );
    const id = String(granted.permissions[0]?.id);
    await rpc.revokePermission({ subject, permission: id });
    await assert.rejects(rpc.revokePermission({ subject, permission: id }), { code: 'resource_not_found' });
    const { permissions } = await rpc.listPermissions({ subject });
    assert.deepEqual(
      permissions.map(({ slug, source, description }) => [slug, source, description.length > 0]),
      [['policies.view', 'direct', true]],
    );
    await assert.rejects(rpc.grantPermissions({ subject, permissions: ['nope'] }), { code: 'validation_error' });
  });

  it('lists who has a role, up to a limit', async () => {
    for (const id of ['m1', 'm2', 'm3'])
      await rpc.assignRoles({ subject: { type: USER, id }, roleSlugs: ['app_manager'] });
    const all = await rpc.listMembers({ role: 'app_manager', type: USER });
    assert.deepEqual([all.subjectIds, all.truncated], [['m1', 'm2', 'm3'], false]);
    const two = await rpc.listMembers({ role: 'app_manager', type: USER, limit: 2 });
    assert.deepEqual([two.subjectIds, two.truncated], [['m1', 'm2'], true]);
    await assert.rejects(rpc.listMembers({ role: 'nope', type: USER }), { code: 'resource_not_found' });
  });

  it('refuses subjects without a type or an id', async () => {
    for (const subject of [
      undefined,
      { type: UNSPECIFIED, id: 'x' },
      { type: USER, id: '' },
      { type: USER, id: 'x'.repeat(200) },
    ])
      await assert.rejects(rpc.check({ subject, permissions: ['x'] }), { kind: 'invalid', code: 'invalid_request' });
  });
});
