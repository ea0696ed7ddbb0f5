import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RequestContext } from '@lumo/tenancy';
import type { GraphRows } from '../core/rbac/graph-rows.js';
import { askAboutSubject, decide } from '../core/rbac/question.js';
import { RbacGraph } from '../core/rbac/rbac-graph.js';
import { SYSTEM_PERMISSIONS } from '../core/rbac/system-catalogue.js';
import type { Subject } from '../core/subject.js';
import type { FeedSource, GraphSource } from '../ports.js';
import { createFeedStore } from './feed-store.js';
import { createGraphStore } from './graph-store.js';
import type { AuthzTables } from './tables.js';
import { startTestService, type TestOrg, type TestProcess, type TestService } from './test-org.fixture.js';

const user = (id: string): Subject => ({ type: 'user', id });

describe('GraphStore on PostgreSQL', () => {
  let service: TestService;
  let one: TestProcess;
  let two: TestProcess;
  let source: GraphSource & FeedSource;
  before(async () => {
    service = await startTestService();
    one = service.start();
    two = service.start();
    const { db } = service.database.open<AuthzTables>('authz');
    source = { ...createGraphStore(db), ...createFeedStore(db) };
  });
  after(() => service.close());

  const allowed = async ({ inside }: TestOrg, process: TestProcess, subject: Subject, slug: string) =>
    inside(async (ctx) => (await process.app.decideForSubject(ctx, { subject, permissions: [slug] })).get(slug));

  async function setUpEditor({ inside }: TestOrg): Promise<void> {
    await inside(async (ctx) => {
      await one.app.createPermission(ctx, { slug: 'document.edit', description: 'Change' });
      await one.app.createRole(ctx, { name: 'Editor', permissions: ['document.edit'] });
    });
  }

  it('loads one consistent reading', async () => {
    const org = await service.newOrg();
    await setUpEditor(org);
    await org.inside((ctx) =>
      one.app.assignRoles(ctx, { subject: user('u1'), slugs: ['editor', 'user'], mode: 'add' }),
    );
    const rows = await org.inside(() => source.load(100));
    assert.equal(rows.revision, 4);
    assert.equal(rows.permissions.length, SYSTEM_PERMISSIONS.length + 1);
    const editor = rows.roles.find(({ slug }) => slug === 'editor');
    assert.equal(editor?.permissionIds.length, 1);
    assert.deepEqual(
      rows.subjects?.map(({ type, id, roleIds, permissionIds }) => [type, id, roleIds.length, permissionIds]),
      [['user', 'u1', 2, []]],
    );
  });

  it('leaves out subjects where there are too many, and reads them by name', async () => {
    const org = await service.newOrg();
    await org.inside(async (ctx) => {
      for (const id of ['u1', 'u2', 'u3'])
        await one.app.assignRoles(ctx, { subject: user(id), slugs: ['user'], mode: 'add' });
      assert.equal((await source.load(3)).subjects?.length, 3);
      assert.equal((await source.load(2)).subjects, undefined);
      const { revision, subjects } = await source.holdings([user('u2'), { type: 'agent', id: 'u2' }, user('nobody')]);
      assert.equal(revision, 4);
      assert.deepEqual(subjects.map(({ type, id, roleIds }) => `${type} ${id} ${roleIds.length}`).sort(), [
        'agent u2 0',
        'user nobody 0',
        'user u2 1',
      ]);
    });
  });

  it('shows another organization nothing', async () => {
    const [a, b] = [await service.newOrg(), await service.newOrg()];
    await setUpEditor(a);
    await a.inside((ctx) => one.app.assignRoles(ctx, { subject: user('u1'), slugs: ['editor'], mode: 'add' }));
    const rows = await b.inside(() => source.load(100));
    assert.deepEqual(rows.subjects, []);
    assert.ok(!rows.permissions.some(({ slug }) => slug === 'document.edit'));
    assert.deepEqual(await b.inside(() => source.changesSince(1)), []);
    assert.equal((await b.inside(() => source.holdings([user('u1')]))).subjects[0]?.roleIds.length, 0);
    assert.equal(await allowed(b, one, user('u1'), 'document.edit'), false);
    assert.equal(await allowed(a, one, user('u1'), 'document.edit'), true);
  });

  it('is current in the process that wrote, and in another a second later', async () => {
    const org = await service.newOrg();
    await setUpEditor(org);
    assert.equal(await allowed(org, two, user('u1'), 'document.edit'), false);
    await org.inside((ctx) => one.app.assignRoles(ctx, { subject: user('u1'), slugs: ['editor'], mode: 'add' }));
    assert.equal(await allowed(org, one, user('u1'), 'document.edit'), true);
    const held = await org.inside((ctx) => two.app.readHeldRoles(ctx, [user('u1')]));
    assert.deepEqual(
      held.map((roles) => roles.map(({ slug }) => slug)),
      [['editor']],
    );
    // The reading that `readHeldRoles` made is what the other process decides from now on.
    assert.equal(await allowed(org, two, user('u1'), 'document.edit'), true);
  });

  it('does not miss a change whose transaction began before a reading and was committed after it', async () => {
    const [slow, quick] = [await service.newOrg(), await service.newOrg()];
    const started = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const slowChange = slow.inside(() =>
      one.deps.changes.run(async (work) => {
        work.touch('roles');
        started.resolve();
        await goOn.promise;
      }),
    );
    await started.promise;
    await quick.inside(() => one.deps.changes.run(async (work) => work.touch('roles')));
    const first = await source.readFeed();
    const second = await source.readFeed(first.position);
    assert.ok(!second.changed.some(({ orgId }) => orgId === slow.org.id));
    goOn.resolve();
    await slowChange;
    const third = await source.readFeed(second.position);
    assert.deepEqual(
      third.changed.filter(({ orgId }) => orgId === slow.org.id),
      [{ orgId: slow.org.id, revision: 2, roles: 2, relations: 0, policies: 0 }],
    );
    // It may be told again for as long as any older transaction of the server is open, which costs a reading and no more.
  });

  it('steps lead to what a fresh reading says, after every kind of change', async () => {
    const org = await service.newOrg();
    const begin = await org.inside(() => source.load(1_000));
    await org.inside((ctx) => everyKindOfChange(one, ctx));
    const [end, changes] = await org.inside(() =>
      Promise.all([source.load(1_000), source.changesSince(begin.revision)]),
    );
    assert.ok(changes !== 'gap');
    const stepped = new RbacGraph(begin);
    for (const { revision, ops } of changes) stepped.apply(revision, ops);
    const fresh = new RbacGraph(end);
    assert.equal(stepped.revision, fresh.revision);
    assert.deepEqual(answersOf(stepped, end), answersOf(fresh, end));
    assert.ok(answersOf(fresh, end).includes('u1 doc.write true'));
    assert.ok(answersOf(fresh, end).includes('u2 doc.write false'));
  });

  it('tells a reader that is too far behind to read everything', async () => {
    const org = await service.newOrg();
    await org.inside(async () => {
      for (let i = 0; i < 3; i++) await one.deps.changes.run(async (work) => work.touch('roles'));
      await service.database.admin('delete from authz.graph_changes where org_id = $1 and revision <= 2', [org.org.id]);
      await service.database.admin('update authz.graph_revisions set roles_pruned = 2 where org = $1', [org.org.id]);
      assert.equal(await source.changesSince(1), 'gap');
      assert.equal((await source.changesSince(2)).length, 2);
      assert.deepEqual(await source.changesSince(4), []);
    });
  });
});

async function everyKindOfChange({ app }: TestProcess, ctx: RequestContext): Promise<void> {
  await app.createPermission(ctx, { slug: 'doc.edit' });
  await app.createPermission(ctx, { slug: 'doc.view' });
  await app.createPermission(ctx, { slug: 'doc.gone' });
  await app.updatePermission(ctx, { reference: 'doc.edit', slug: 'doc.write', description: 'Write' });
  await app.createRole(ctx, { name: 'Editor', permissions: ['doc.write', 'doc.gone'] });
  await app.createRole(ctx, { name: 'Viewer', permissions: ['doc.view'] });
  await app.createRole(ctx, { name: 'Temp', permissions: ['doc.view', 'doc.write'] });
  await app.updateRole(ctx, { role: 'editor', name: 'Chief', permissions: ['doc.write', 'doc.gone', 'doc.view'] });
  await app.changeRolePermissions(ctx, { role: 'viewer', permissions: ['doc.gone'], mode: 'add' });
  await app.removeRolePermission(ctx, { role: 'editor', permission: 'doc.view' });
  await app.assignRoles(ctx, { subject: user('u1'), slugs: ['editor', 'viewer'], mode: 'add' });
  await app.assignRoles(ctx, { subject: user('u2'), slugs: ['editor', 'temp'], mode: 'add' });
  await app.assignRoles(ctx, { subject: user('u2'), slugs: ['viewer'], mode: 'replace' });
  await app.assignRoles(ctx, { subject: user('u3'), slugs: ['temp', 'admin'], mode: 'add' });
  await app.unassignRole(ctx, { subject: user('u3'), role: 'admin' });
  await app.assignRoles(ctx, { subject: user('u4'), slugs: ['admin'], mode: 'add' });
  await app.grantPermissions(ctx, { subject: user('u2'), permissions: ['doc.gone', 'jit.approve'] });
  await app.revokePermission(ctx, { subject: user('u2'), permission: 'jit.approve' });
  await app.deletePermission(ctx, { reference: 'doc.gone' });
  await app.deleteRole(ctx, { role: 'temp' });
}

function answersOf(graph: RbacGraph, { permissions }: GraphRows): readonly string[] {
  const slugs = [...permissions.map(({ slug }) => slug), 'doc.edit', 'doc.gone'];
  return ['u1', 'u2', 'u3', 'u4', 'u5'].flatMap((id) =>
    slugs.map((slug) => `${id} ${slug} ${decide(graph, askAboutSubject(user(id)), slug)}`),
  );
}
