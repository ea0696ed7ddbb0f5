import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type { LumoEvent } from '@lumo/contracts';
import { uuidv7 } from '@lumo/kit';
import { runInContext } from '@lumo/tenancy';
import type { AuthzTables } from './tables.js';
import { startTestService, type TestOrg, type TestProcess, type TestService } from './test-org.fixture.js';

describe('policies and attributes on PostgreSQL', () => {
  let service: TestService;
  let one: TestProcess;
  let two: TestProcess;
  before(async () => {
    service = await startTestService();
    [one, two] = [service.start(), service.start()];
  });
  after(() => service.close());

  /** An administrator's machine: it may manage and ask everything. */
  const machine = (org: TestOrg) => org.as({ type: 'client', id: 'cli_test', scopes: ['admin', 'authz:check'] });
  const inside = <T>(org: TestOrg, work: (ctx: ReturnType<typeof machine>) => Promise<T>) => {
    const ctx = machine(org);
    return runInContext(ctx, () => work(ctx));
  };
  const define = (org: TestOrg, slug: string, attributeType: 'user' | 'resource' = 'user') =>
    inside(org, (ctx) => one.app.createDefinition(ctx, { name: slug, slug, attributeType, dataType: 'number' }));
  const level = (value: number) => ({ subject: 'user.level', operator: 'equals', value });
  const set = (org: TestOrg, id: string, value: number | null) =>
    inside(org, (ctx) =>
      one.app.setAttributes(ctx, { owner: { kind: 'user', type: 'user', id }, values: { level: value } }),
    );
  const asks = async (org: TestOrg, process: TestProcess, id: string) => {
    const { results } = await inside(org, (ctx) =>
      process.app.checkPolicies(ctx, {
        about: { type: 'user', id },
        checks: [{ resourceType: 'document', action: 'read' }],
      }),
    );
    return results[0]?.allowed;
  };
  const grant = (org: TestOrg, value: number) =>
    inside(org, (ctx) =>
      one.app.createPolicy(ctx, {
        name: 'Level',
        resourceType: 'document',
        action: 'read',
        effect: 'allow',
        conditions: level(value),
      }),
    );

  it('another process knows a change a second later at most', async () => {
    const org = await service.newOrg();
    await define(org, 'level');
    await grant(org, 1);
    assert.equal(await asks(org, two, 'u1'), false);
    await set(org, 'u1', 1);
    assert.equal(await asks(org, one, 'u1'), true, 'at once where it was made');
    const deadline = Date.now() + 20_000;
    while (!(await asks(org, two, 'u1'))) {
      assert.ok(Date.now() < deadline, 'the other process never knew');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it('an answer is never made of policies and attributes of different moments', async () => {
    const org = await service.newOrg();
    await define(org, 'level');
    const { id } = await grant(org, 0);
    await set(org, 'u1', 0);
    let isOver = false;
    const definition = await inside(org, async () => one.deps.stores.policies.definition('level', 'user'));
    const writer = (async () => {
      for (let n = 1; n <= 150; n++) {
        // The policy wants n and the person gets n, in one transaction: whoever sees both halves allows.
        await inside(org, async () =>
          one.deps.changes.run(async (work) => {
            await work.policies.updatePolicy(id, { conditions: { operator: 'AND', conditions: [level(n) as never] } });
            await work.policies.setValue({ kind: 'user', type: 'user', id: 'u1' }, definition?.id ?? '', n);
            await work.policies.movePolicies();
            work.touch('policies');
          }),
        );
      }
      isOver = true;
    })();
    let asked = 0;
    const reader = async (process: TestProcess) => {
      while (!isOver) {
        assert.equal(await asks(org, process, 'u1'), true, `after ${asked} questions`);
        asked++;
        // An answer from memory lets nobody else have a turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await Promise.all([writer, reader(one), reader(two), reader(two)]);
    assert.ok(asked > 20, String(asked));
  });

  it('a process that starts later reads what is there', async () => {
    const org = await service.newOrg();
    await define(org, 'level');
    await grant(org, 3);
    await set(org, 'u1', 3);
    assert.equal(await asks(org, service.start(), 'u1'), true);
    await set(org, 'u1', null);
    assert.equal(await asks(org, service.start(), 'u1'), false);
  });

  it('what an organization keeps is another’s neither to read nor to decide by', async () => {
    const [mine, theirs] = [await service.newOrg(), await service.newOrg()];
    for (const org of [mine, theirs]) await define(org, 'level');
    await grant(mine, 1);
    await set(mine, 'u1', 1);
    assert.equal(await asks(mine, one, 'u1'), true);
    assert.equal(await asks(theirs, one, 'u1'), false);
    const listed = await inside(theirs, (ctx) => one.app.listPolicies(ctx, { page: 1, limit: 10 }));
    assert.equal(listed.total, 0);
  });

  it('deleting an attribute deletes its values; policies that read it find none', async () => {
    const org = await service.newOrg();
    await define(org, 'level');
    await grant(org, 1);
    await set(org, 'u1', 1);
    await inside(org, (ctx) => one.app.deleteDefinition(ctx, { reference: 'level' }));
    assert.equal(await asks(org, one, 'u1'), false);
    await define(org, 'level');
    assert.equal(await asks(org, one, 'u1'), false);
  });

  describe('people', () => {
    const event = (org: TestOrg, name: string, id: string, second: number, data: object = {}): LumoEvent => ({
      id: uuidv7(),
      name,
      orgId: org.org.id,
      occurredAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
      actor: { type: 'service', id: 'test' },
      actorChain: [],
      target: { type: 'user', id },
      result: 'success',
      data: { ...data },
      requestId: 'test',
    });
    const apply = async (org: TestOrg, handler: 'keepPeople' | 'buryPeople', ...events: readonly LumoEvent[]) => {
      const { db } = service.database.open<AuthzTables>('authz', { maxConnections: 1 });
      await runInContext(org.ctx, () => db.transaction().execute((tx) => one.app[handler](events, tx)));
    };
    const known = async (org: TestOrg, id: string) =>
      (await inside(org, (ctx) => service.start().app.readUserAttributes(ctx, { type: 'user', id }))).attributes;

    it('are what the newest event says of each fact, in whatever order events come', async () => {
      const org = await service.newOrg();
      const id = uuidv7();
      await apply(org, 'keepPeople', event(org, 'user.blocked', id, 30, { blocked: true, locale: null }));
      await apply(
        org,
        'keepPeople',
        event(org, 'user.created', id, 10, { blocked: false, locale: 'de', emailVerified: true, email: 'a@x.test' }),
      );
      const facts = await known(org, id);
      assert.deepEqual(
        [facts.blocked, facts.locale ?? null, facts.emailVerified, facts.email, facts.mfaEnabled],
        [true, null, true, 'a@x.test', false],
      );
      await apply(org, 'keepPeople', event(org, 'user.unblocked', id, 40, { blocked: false }));
      assert.equal((await known(org, id)).blocked, false);
      await apply(org, 'keepPeople', event(org, 'user.updated', id, 50, { blocked: 'yes', groups: 'none', name: 7 }));
      assert.equal((await known(org, id)).blocked ?? null, null, 'what is no fact is not believed');
    });

    it('lose their attributes when they are deleted', async () => {
      const org = await service.newOrg();
      const id = uuidv7();
      await define(org, 'level');
      await grant(org, 1);
      await apply(org, 'keepPeople', event(org, 'user.created', id, 1, { email: 'b@x.test' }));
      await set(org, 'b@x.test', 1);
      assert.equal((await known(org, id)).level, 1, 'set by e-mail address');
      await apply(org, 'buryPeople', event(org, 'user.deleted', id, 2));
      const facts = await known(org, id);
      assert.deepEqual([facts.level ?? null, facts.email ?? null], [null, null]);
    });
  });

  it('organizations that were there before get the new permissions, also where they used the word', async () => {
    const org = await service.newOrg();
    const admin = (sql: string) => service.database.admin<{ slug: string; is_system: boolean }>(sql, [org.org.id]);
    const slugs = "('policies.manage', 'attributes.view', 'attributes.manage', 'relations.read')";
    const held = async () => {
      const subject = { type: 'user' as const, id: 'boss' };
      const process = service.start();
      const answer = await org.inside((ctx) =>
        process.app.decideForSubject(ctx, { subject, permissions: ['policies.manage', 'attributes.manage'] }),
      );
      return [...answer.values()];
    };
    await org.inside((ctx) =>
      one.app.assignRoles(ctx, { subject: { type: 'user', id: 'boss' }, slugs: ['tenant_admin'], mode: 'add' }),
    );
    await admin(`delete from authz.permissions where org_id = $1 and slug in ${slugs}`);
    await admin(`insert into authz.permissions (org_id, slug, name) values ($1, 'attributes.view', 'Ours')`);
    const running = service.start();
    const asked = () =>
      org.inside((ctx) =>
        running.app.decideForSubject(ctx, {
          subject: { type: 'user', id: 'boss' },
          permissions: ['policies.manage'],
        }),
      );
    assert.equal((await asked()).get('policies.manage'), false);
    assert.deepEqual(await held(), [false, false]);
    const sql = await readFile(new URL('../../migrations/0004_rights_of_engines.sql', import.meta.url), 'utf8');
    await service.database.admin(`begin; set local search_path to authz; ${sql}; commit`);
    assert.deepEqual(await held(), [true, true]);
    const rows = await admin(`select slug, is_system from authz.permissions where org_id = $1 and slug in ${slugs}`);
    assert.deepEqual(
      rows.map(({ is_system }) => is_system),
      [true, true, true, true],
    );
    const deadline = Date.now() + 20_000;
    while (!(await asked()).get('policies.manage')) {
      assert.ok(Date.now() < deadline, 'a process that runs on never knew');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
});
