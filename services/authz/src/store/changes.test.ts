import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DomainError } from '@lumo/kit';
import { SYSTEM_PERMISSIONS } from '../core/rbac/system-catalogue.js';
import { startTestService, type TestProcess, type TestService } from './test-org.fixture.js';

describe('Changes: rows, graph steps and events together', () => {
  let service: TestService;
  let process: TestProcess;
  before(async () => {
    service = await startTestService();
    process = service.start();
  });
  after(() => service.close());

  const revisionOf = async (orgId: string) => {
    const [row] = await service.database.admin<{ revision: string }>(
      'select revision from authz.graph_revisions where org = $1',
      [orgId],
    );
    return Number(row?.revision);
  };

  it('keeps nothing of a change that was refused', async () => {
    const { org, inside, events } = await service.newOrg();
    const [revision, eventCount] = [await revisionOf(org.id), (await events()).length];
    const refusal = new DomainError('conflict', 'duplicate_resource', 'no');
    await assert.rejects(
      inside(() =>
        process.deps.changes.run(async (work) => {
          await work.roles.insert({
            id: 'rol_x',
            slug: 'x',
            name: 'X',
            description: null,
            everything: false,
            isSystem: false,
          });
          work.announce({ name: 'role.created' });
          throw refusal;
        }),
      ),
      refusal,
    );
    assert.equal(await revisionOf(org.id), revision);
    assert.equal((await events()).length, eventCount);
    assert.equal(await inside(() => process.deps.stores.roles.byReference('x')), undefined);
  });

  it('puts concurrent changes of one organization in an order without gaps', async () => {
    const { org, inside, ctx } = await service.newOrg();
    const start = await revisionOf(org.id);
    const names = Array.from({ length: 25 }, (_, i) => `parallel.${i}`);
    await Promise.all(names.map((slug) => inside(() => process.app.createPermission(ctx, { slug }))));
    const changes = await inside(() => process.deps.stores.permissions.count());
    assert.equal(await revisionOf(org.id), start + 25);
    const rows = await service.database.admin<{ revision: string }>(
      'select revision from authz.graph_changes where org_id = $1 order by revision',
      [org.id],
    );
    assert.deepEqual(
      rows.map((row) => Number(row.revision)),
      Array.from({ length: start + 25 }, (_, i) => i + 1),
    );
    assert.ok(changes >= 25);
  });

  it('lets exactly one of many take a slug', async () => {
    const { inside, ctx } = await service.newOrg();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => inside(() => process.app.createRole(ctx, { name: 'Same Name' }))),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(refused.length, 7);
    for (const { reason } of refused) assert.equal((reason as DomainError).code, 'duplicate_resource');
  });

  it('keeps the newest 256 steps', async () => {
    const { org, inside } = await service.newOrg();
    await inside(async () => {
      for (let i = 0; i < 260; i++) await process.deps.changes.run(async (work) => work.touch('roles'));
    });
    const [row] = await service.database.admin<{ count: string; newest: string }>(
      'select count(*), max(revision) as newest from authz.graph_changes where org_id = $1',
      [org.id],
    );
    assert.equal(Number(row?.count), 256);
    assert.equal(Number(row?.newest), await revisionOf(org.id));
  });

  it('leaves the revision where it is when nothing was touched', async () => {
    const { org, inside } = await service.newOrg();
    const before = await revisionOf(org.id);
    await inside(() => process.deps.changes.run(async () => {}));
    assert.equal(await revisionOf(org.id), before);
  });

  it('says for each engine when its data changed', async () => {
    const { org, inside } = await service.newOrg();
    const marks = async () =>
      (
        await service.database.admin<Record<string, number>>(
          `select revision::int, roles_at::int, relations_at::int, policies_at::int
           from authz.graph_revisions where org = $1`,
          [org.id],
        )
      )[0];
    await inside(() => process.deps.changes.run(async (work) => work.touch('policies')));
    assert.deepEqual(await marks(), { revision: 2, roles_at: 1, relations_at: 0, policies_at: 2 });
    await inside(() =>
      process.deps.changes.run(async (work) => {
        work.touch('relations');
        work.touch('roles');
      }),
    );
    assert.deepEqual(await marks(), { revision: 3, roles_at: 3, relations_at: 3, policies_at: 2 });
  });

  it('takes what a process of the version before changed for a change of roles', async () => {
    const { org, inside } = await service.newOrg();
    await inside(() => process.deps.changes.run(async (work) => work.touch('relations')));
    await service.database.admin(
      `insert into authz.graph_revisions (org, revision, changed_in) values ($1, 1, pg_current_xact_id())
       on conflict (org) do update set revision = graph_revisions.revision + 1, changed_in = excluded.changed_in`,
      [org.id],
    );
    const [marks] = await service.database.admin(
      'select revision::int, roles_at::int, relations_at::int from authz.graph_revisions where org = $1',
      [org.id],
    );
    assert.deepEqual(marks, { revision: 3, roles_at: 3, relations_at: 2 });
    const other = '00000000-0000-7000-8000-00000000000f';
    await service.database.admin(
      'insert into authz.graph_revisions (org, revision, changed_in) values ($1, 1, pg_current_xact_id())',
      [other],
    );
    assert.deepEqual(
      await service.database.admin('select roles_at::int from authz.graph_revisions where org = $1', [other]),
      [{ roles_at: 1 }],
    );
  });

  it('provisions an organization once, and again without a trace', async () => {
    const { org, inside, ctx, events } = await service.newOrg();
    const [revision, before] = [await revisionOf(org.id), await events()];
    await inside(() => process.app.provisionOrg(ctx));
    assert.equal(await revisionOf(org.id), revision);
    assert.deepEqual(await events(), before);
    const { rows } = await inside(() => process.app.listRoles(ctx, { page: 1, limit: 100, sortBy: 'slug' }));
    assert.deepEqual(
      rows.map(({ slug, isSystem, permissionCount }) => [slug, isSystem, permissionCount]),
      [
        ['admin', true, SYSTEM_PERMISSIONS.length],
        ['app_manager', false, 2],
        ['auditor', false, 2],
        ['tenant_admin', true, SYSTEM_PERMISSIONS.length],
        ['user', true, 0],
        ['user_manager', false, 2],
      ],
    );
  });

  it('brings back a system permission, and leaves what the organization made of its predefined roles', async () => {
    const { org, inside, ctx } = await service.newOrg();
    await inside(() => process.app.deleteRole(ctx, { role: 'auditor' }));
    await service.database.admin(`delete from authz.permissions where org_id = $1 and slug = 'jit.approve'`, [org.id]);
    await inside(() => process.app.provisionOrg(ctx));
    const [roles, permissions] = await inside(() =>
      Promise.all([
        process.deps.stores.roles.bySlugs(['auditor', 'tenant_admin']),
        process.deps.stores.permissions.find(['jit.approve']),
      ]),
    );
    assert.deepEqual(
      roles.map(({ slug }) => slug),
      ['tenant_admin'],
    );
    assert.equal(permissions.length, 1);
    const tenantAdmin = await inside(() => process.app.readRole(ctx, { role: 'tenant_admin' }));
    assert.ok(tenantAdmin.permissions.some(({ slug }) => slug === 'jit.approve'));
  });
});
