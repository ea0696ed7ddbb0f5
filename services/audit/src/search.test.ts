import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { EVENTS } from '@lumo/contracts';
import { isDomainError } from '@lumo/kit';
import { sql } from 'kysely';
import { toFilter } from './app/log-query.js';
import { MESSAGES } from './app/messages.js';
import type { SearchLog } from './app/read-log.js';
import { type AuditUnderTest, auditUnderTest } from './audit.fixture.js';
import { matching } from './store/log-filter.js';

describe('reading the log', () => {
  let t: AuditUnderTest;
  const day = (n: number) => `2026-01-0${n}T12:00:00.000Z`;
  before(async () => {
    t = await auditUnderTest();
    await t.consume('acme', [
      {
        name: 'auth.login.success',
        actor: { type: 'user', id: 'u1', name: 'ann@acme.test' },
        target: undefined,
        occurredAt: day(1),
        ip: '203.0.113.7',
      },
      {
        name: 'auth.login.failure',
        actor: { type: 'anonymous', id: '' },
        target: { type: 'user', id: 'u1', name: 'Ann' },
        result: 'failure',
        occurredAt: day(2),
      },
      {
        name: 'user.created',
        actor: { type: 'api_key', id: 'key_1', name: '100% key' },
        target: { type: 'user', id: 'u2', name: 'Bob' },
        data: { email: 'bob@acme.test' },
        occurredAt: day(3),
      },
      {
        name: 'agent.action',
        actor: { type: 'user', id: 'u1', name: 'ann@acme.test' },
        actorChain: [
          { type: 'agent', id: 'agt_a' },
          { type: 'agent', id: 'agt_b' },
        ],
        target: { type: 'capability', id: 'document.read' },
        result: 'denied',
        occurredAt: day(4),
      },
      {
        name: 'agent.disabled',
        actor: { type: 'api_key', id: 'key_1' },
        target: { type: 'agent', id: 'agt_a', name: 'Reader' },
        occurredAt: day(5),
      },
      {
        name: 'agent.action',
        actor: { type: 'agent', id: 'agt_a', name: 'Reader' },
        target: { type: 'capability', id: 'document.write' },
        occurredAt: day(6),
      },
    ]);
    await t.consume('other', [{ actor: { type: 'user', id: 'u1', name: 'ann@acme.test' } }]);
  });
  after(() => t.close());

  const seqs = async (query: Partial<SearchLog>) => {
    const { rows, total } = await t.in('acme', (ctx) => t.app.searchLog(ctx, { page: 1, limit: 25, ...query }));
    assert.equal(total, query.limit ? total : rows.length);
    return rows.map(({ seq }) => seq);
  };

  const cases: readonly (readonly [string, Partial<SearchLog>, readonly number[]])[] = [
    ['everything, newest first', {}, [6, 5, 4, 3, 2, 1]],
    ['oldest first', { oldestFirst: true, limit: 2 }, [1, 2]],
    ['the second page', { page: 2, limit: 4 }, [2, 1]],
    ['a page behind the end', { page: 3, limit: 4 }, []],
    ['a name', { names: ['agent.action'] }, [6, 4]],
    ['a part of names', { names: ['login'] }, [2, 1]],
    ['two that both must fit', { names: ['agent', 'disabled'] }, [5]],
    ['a name nobody has', { names: ['nothing.like.it'] }, []],
    ['a category', { category: 'authentication' }, [2, 1]],
    ['a category in older words', { category: 'user_management' }, [3]],
    ['a category and a name outside of it', { category: 'users', names: ['agent.action'] }, []],
    ['an unknown category', { category: 'weather' }, []],
    ['a result', { result: 'denied' }, [4]],
    ['success', { result: 'success' }, [6, 5, 3, 1]],
    ['a severity', { severity: 'warning' }, [5, 2]],
    ['an actor', { actorId: 'u1' }, [4, 1]],
    ['an agent: what it did alone and what it did for a user', { actorId: 'agt_a' }, [6, 4]],
    ['the current actor of a chain', { actorId: 'agt_b' }, [4]],
    ['a target', { targetId: 'agt_a' }, [5]],
    ['a user: acted or was the target', { user: 'u1' }, [4, 2, 1]],
    ['a user by address', { user: 'ANN@acme.test' }, [4, 1]],
    ['the person it was done to by address', { user: 'bob@acme.test' }, [3]],
    ['from a day', { from: '2026-01-05' }, [6, 5]],
    ['to a day, that day included', { to: '2026-01-02' }, [2, 1]],
    ['a range', { from: day(3), to: day(4) }, [4, 3]],
    ['a text', { search: 'READER' }, [6, 5]],
    ['a text with a wildcard, taken literally', { search: '0% k' }, [3]],
    ['a text with an address', { search: '203.0.113' }, [1]],
    ['a quote', { search: "' or '1'='1" }, []],
    ['several together', { names: ['agent.action'], actorId: 'agt_a', result: 'success', from: day(6) }, [6]],
  ];
  for (const [what, query, expected] of cases)
    it(`finds ${what}`, async () => assert.deepEqual(await seqs(query), expected));

  for (const [what, query] of [
    ['a time that is none', { from: 'yesterday' }],
    ['a range that ends before it starts', { from: day(4), to: day(3) }],
    ['a page deeper than 100 000 entries', { page: 4001, limit: 25 }],
  ] as const)
    it(`refuses ${what}`, () =>
      assert.rejects(seqs(query), (error) => isDomainError(error) && error.code === 'validation_error'));

  it('reads one entry with the hash before it, and none of another org', async () => {
    const read = (org: string, seq: number) => t.in(org, (ctx) => t.app.readEntry(ctx, { seq }));
    const entry = await read('acme', 4);
    assert.deepEqual(entry.previousHash, (await read('acme', 3)).hash);
    assert.equal((await read('acme', 1)).previousHash, undefined);
    await assert.rejects(read('other', 4), { code: 'resource_not_found' });
    await assert.rejects(read('acme', 7), { code: 'resource_not_found' });
  });

  it('counts by name and severity', async () => {
    const stats = await t.in('acme', (ctx) => t.app.countLog(ctx, { from: '2026-01-01', to: '2026-01-31' }));
    assert.equal(stats.total, 6);
    assert.deepEqual([...stats.byName][0], ['agent.action', 2]);
    assert.deepEqual(Object.fromEntries(stats.bySeverity), { info: 4, warning: 2 });
  });

  it('exports at most 10 000 entries in batches, and records who did', async () => {
    await t.in('bulk', () =>
      t.pool.db.transaction().execute((tx) =>
        t.app.appendEvents(
          Array.from({ length: 10_050 }, () => t.event('bulk')),
          tx,
        ),
      ),
    );
    const exported = await t.in('bulk', (ctx) => t.app.exportLog(ctx, { format: 'csv' }));
    const sizes: number[] = [];
    const found: number[] = [];
    for await (const batch of exported.batches) {
      sizes.push(batch.length);
      found.push(...batch.map(({ seq }) => seq));
    }
    assert.equal(Math.max(...sizes), 500);
    assert.deepEqual([found.length, found[0], found.at(-1)], [10_000, 10_050, 51]);
    assert.deepEqual(t.recorded.at(-1)?.name, 'audit.exported');
  });

  it('every event of the catalogue has a sentence in messages.ts', () =>
    assert.deepEqual(
      Object.keys(EVENTS).filter((name) => !(name in MESSAGES)),
      [],
    ));

  it('every filter but the text search uses an index that starts with the org', async () => {
    await t.in('acme', async () => {
      for (const [what, query] of cases) {
        if (query.search || Object.keys(query).length === 0) continue;
        const plan = await t.pool.db.transaction().execute(async (tx) => {
          await sql`set local enable_seqscan = off`.execute(tx);
          const rows = await tx
            .selectFrom('log')
            .select('seq')
            .where(matching(toFilter(query), 6))
            .explain('json');
          return JSON.stringify(rows);
        });
        assert.match(plan, /Index Cond[^,]*org_id/, `${what}: ${plan}`);
        assert.doesNotMatch(plan, /Seq Scan/, what);
      }
    });
  });
});
