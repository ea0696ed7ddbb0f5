import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LumoEvent } from '@lumo/contracts';
import { uuidv7 } from '@lumo/kit';
import { runInContext } from '@lumo/tenancy';
import type { AuthzTables } from './tables.js';
import { startTestService, type TestOrg, type TestProcess, type TestService } from './test-org.fixture.js';

describe('people, as events describe them', () => {
  let service: TestService;
  let process: TestProcess;
  let org: TestOrg;
  before(async () => {
    service = await startTestService();
    process = service.start();
    org = await service.newOrg();
  });
  after(() => service.close());

  const event = (name: string, id: string, second: number, data: Record<string, unknown> = {}): LumoEvent => ({
    id: uuidv7(),
    name,
    orgId: org.org.id,
    occurredAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
    actor: { type: 'service', id: 'test' },
    actorChain: [],
    target: { type: name.split('.')[0] ?? '', id },
    result: 'success',
    data,
    requestId: 'test',
  });

  /** Applies events as the messaging library does: in one transaction, in the context of the org. */
  const apply = async (handler: 'keepPeople' | 'buryPeople' | 'stripAgents', ...events: readonly LumoEvent[]) => {
    const { db } = service.database.open<AuthzTables>('authz', { maxConnections: 1 });
    await runInContext(org.ctx, () => db.transaction().execute((tx) => process.app[handler](events, tx)));
  };

  const member = async (id: string) => {
    await org.inside((ctx) =>
      process.app.assignRoles(ctx, { subject: { type: 'user', id }, slugs: ['user'], mode: 'add' }),
    );
    const { rows } = await org.inside((ctx) => process.app.listRoleMembers(ctx, { role: 'user', page: 1, limit: 100 }));
    return rows.find((row) => row.id === id);
  };
  const resolve = (...references: readonly string[]) =>
    org.inside(async () => [...(await process.deps.stores.people.resolve(references))]);

  it('keeps what is newest, whatever the order', async () => {
    const id = uuidv7();
    await apply('keepPeople', event('user.updated', id, 20, { name: 'New', email: 'new@x.test' }));
    await apply('keepPeople', event('user.created', id, 10, { name: 'Old', email: 'old@x.test', username: 'ann' }));
    assert.deepEqual(await member(id), { id, email: 'new@x.test', username: 'ann', name: 'New' });
    await apply('keepPeople', event('user.updated', id, 30, { name: null }));
    assert.deepEqual(await member(id), { id, email: 'new@x.test', username: 'ann', name: null });
  });

  it('finds people by id, and by e-mail without case', async () => {
    const id = uuidv7();
    await apply('keepPeople', event('user.created', id, 1, { email: 'Case@X.test' }));
    const found = new Map(await resolve(id, 'cASE@x.TEST', 'other@x.test'));
    assert.deepEqual(
      found,
      new Map([
        [id, id],
        ['cASE@x.TEST', id],
      ]),
    );
  });

  it('does not guess whom an address means that two people have for a moment', async () => {
    const [first, second] = [uuidv7(), uuidv7()];
    await apply('keepPeople', event('user.created', first, 1, { email: 'moved@x.test' }));
    await apply('keepPeople', event('user.created', second, 2, { email: 'Moved@x.test' }));
    assert.deepEqual(await resolve('moved@x.test'), []);
    await apply('keepPeople', event('user.updated', first, 3, { email: 'elsewhere@x.test' }));
    assert.deepEqual(await resolve('moved@x.test'), [['moved@x.test', second]]);
  });

  it('does not bring a deleted person back when an older event comes late', async () => {
    const id = uuidv7();
    await apply('buryPeople', event('user.deleted', id, 50));
    await apply('keepPeople', event('user.created', id, 40, { email: 'late@x.test' }));
    assert.deepEqual(await resolve(id, 'late@x.test'), []);
  });

  it('forgets a deleted person after 30 days', async () => {
    const [old, recent] = [uuidv7(), uuidv7()];
    await apply('buryPeople', { ...event('user.deleted', old, 0), occurredAt: '2025-01-01T00:00:00.000Z' });
    await apply('buryPeople', event('user.deleted', recent, 0));
    const rows = await service.database.admin<{ id: string }>('select id from authz.people where id = any($1)', [
      [old, recent],
    ]);
    assert.deepEqual(
      rows.map((row) => row.id),
      [recent],
    );
  });

  it('takes roles and permissions from who is deleted, and says so', async () => {
    const id = uuidv7();
    await org.inside(async (ctx) => {
      await process.app.assignRoles(ctx, { subject: { type: 'user', id }, slugs: ['admin', 'user'], mode: 'add' });
      await process.app.grantPermissions(ctx, { subject: { type: 'user', id }, permissions: ['jit.approve'] });
    });
    const seen = (await org.events()).length;
    await apply('buryPeople', event('user.deleted', id, 1));
    const held = await org.inside((ctx) => process.app.readHeldPermissions(ctx, { type: 'user', id }));
    assert.deepEqual(held, []);
    const events = (await org.events()).slice(seen);
    assert.deepEqual(events.map(({ name, data }) => `${name} because ${data.because}`).sort(), [
      'user.permission.revoked because user.deleted',
      'user.role.removed because user.deleted',
    ]);
  });

  it('takes the roles of a deleted agent and leaves those of a user with the same id', async () => {
    const id = 'agt_same';
    await org.inside(async (ctx) => {
      for (const type of ['user', 'agent'] as const)
        await process.app.assignRoles(ctx, { subject: { type, id }, slugs: ['auditor'], mode: 'add' });
    });
    await apply('stripAgents', event('agent.deleted', id, 1));
    const [asUser, asAgent] = await org.inside((ctx) =>
      process.app.readHeldRoles(ctx, [
        { type: 'user', id },
        { type: 'agent', id },
      ]),
    );
    assert.deepEqual([asUser?.length, asAgent?.length], [1, 0]);
  });
});
