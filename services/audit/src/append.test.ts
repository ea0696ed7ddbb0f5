import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import { type AuditUnderTest, auditUnderTest } from './audit.fixture.js';

describe('the log only grows', () => {
  let t: AuditUnderTest;
  before(async () => {
    t = await auditUnderTest();
  });
  after(() => t.close());

  const verify = (org: string, seq = 1, limit = 10_000) => t.in(org, (ctx) => t.app.verifyLog(ctx, { seq, limit }));
  const list = (org: string) =>
    t.in(org, (ctx) => t.app.searchLog(ctx, { page: 1, limit: 100, oldestFirst: true })).then(({ rows }) => rows);

  it('writes each event once, numbered from 1, chained to the one before', async () => {
    const events = Array.from({ length: 7 }, () => t.event('once'));
    await t.consume('once', events.slice(0, 4));
    await t.consume('once', [...events.slice(2), ...events.slice(5)]);
    await t.consume('once', events);
    await t.consume('once', []);
    const rows = await list('once');
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6, 7],
    );
    assert.deepEqual(
      rows.map(({ eventId }) => eventId),
      events.map(({ id }) => id),
    );
    const { checked, defect, head } = await verify('once');
    assert.deepEqual([checked, defect, head.seq], [7, undefined, 7]);
  });

  it('keeps everything an event says', async () => {
    await t.consume('whole', [
      {
        name: 'agent.action',
        actor: { type: 'user', id: 'u1', name: 'Ann' },
        actorChain: [
          { type: 'agent', id: 'agt_a' },
          { type: 'agent', id: 'agt_b' },
        ],
        target: { type: 'capability', id: 'document.read' },
        result: 'denied',
        data: { email: 'Ann@Acme.test', auditId: '0123456789abcdef' },
        traceId: 'a'.repeat(32),
        ip: '2001:db8::1',
        userAgent: 'curl/8',
      },
    ]);
    const [entry] = await list('whole');
    assert.deepEqual(
      { ...entry, eventId: '', hash: '' },
      {
        seq: 1,
        eventId: '',
        hash: '',
        occurredAt: new Date(t.clock.now()),
        recordedAt: new Date(t.clock.now()),
        name: 'agent.action',
        category: 'agents',
        severity: 'info',
        result: 'denied',
        actor: { type: 'user', id: 'u1', name: 'Ann' },
        actorChain: [
          { type: 'agent', id: 'agt_a' },
          { type: 'agent', id: 'agt_b' },
        ],
        target: { type: 'capability', id: 'document.read', name: null },
        userEmail: 'ann@acme.test',
        ip: '2001:db8::1',
        userAgent: 'curl/8',
        requestId: 'req-1',
        traceId: 'a'.repeat(32),
        data: { email: 'Ann@Acme.test', auditId: '0123456789abcdef' },
        message: 'agt_b for Ann asked whether it may document.read. (denied)',
      },
    );
  });

  it('takes what an attacker may put into an event, and it still verifies', async () => {
    await t.consume('hostile', [
      { userAgent: 'x\0y\ud800', actor: { type: 'anonymous', id: '€'.repeat(5000), name: 'a\u202e\nb' } },
      {
        data: {
          'k\0': ['\udfff', 1e308, 5e-324, -0, 1e21, Number.MAX_SAFE_INTEGER],
          ['__proto__']: { x: 1 },
          deep: { b: 1, a: 2 },
        },
      },
      { name: 'something.new' as never, target: undefined, requestId: '\0' },
    ]);
    const { checked, defect } = await verify('hostile');
    assert.deepEqual([checked, defect], [3, undefined]);
    const [first, , third] = await list('hostile');
    assert.equal(first?.actor.id.length, 512);
    assert.equal(first?.message, 'a b created the user Bob.');
    assert.equal(third?.category, 'unknown');
  });

  it('two writers on one org, from its first record on: one chain without a gap', async () => {
    const events = Array.from({ length: 300 }, () => t.event('parallel'));
    const halves = [events, events.toReversed()];
    await Promise.all(
      halves.flatMap((half) =>
        Array.from({ length: 15 }, (_, i) => t.consume('parallel', half.slice(i * 20, (i + 1) * 20))),
      ),
    );
    const { checked, defect, head } = await verify('parallel');
    assert.deepEqual([checked, defect, head.seq], [300, undefined, 300]);
  });

  it('does not begin a log when the transaction fails', async () => {
    const boom = t.in('failed', () =>
      t.pool.db.transaction().execute(async (tx) => {
        await t.app.appendEvents([t.event('failed')], tx);
        throw new Error('boom');
      }),
    );
    await assert.rejects(boom, /boom/);
    await t.consume('failed', [{}]);
    assert.deepEqual(
      (await list('failed')).map(({ seq }) => seq),
      [1],
    );
    assert.equal((await verify('failed')).defect, undefined);
  });

  it('refuses an event of another org', async () => {
    await assert.rejects(t.consume('mine', [{ orgId: t.orgId('theirs') }]), /another organization/);
    assert.equal((await list('mine')).length, 0);
    assert.equal((await list('theirs')).length, 0);
  });

  describe('nobody changes a record', () => {
    const statements = [
      "update audit.log set result = 'success'",
      'delete from audit.log',
      'truncate audit.log cascade',
      "update audit.log_chain_actors set actor_id = 'x'",
      'delete from audit.log_chain_actors',
      'truncate audit.log_chain_actors',
      'delete from audit.chain_heads',
      'truncate audit.chain_heads',
      'update audit.chain_heads set seq = 0',
      "update audit.chain_heads set hash = decode(repeat('00', 32), 'hex')",
    ];
    before(() => t.consume('fixed', [{ actorChain: [{ type: 'agent', id: 'agt_a' }] }, {}]));

    for (const statement of statements) {
      it(`the service may not: ${statement}`, () =>
        assert.rejects(
          t.in('fixed', () => sql.raw(statement).execute(t.pool.db)),
          /permission denied|append-only|only moves forward|must be owner/,
        ));
      it(`the owner of the database is stopped: ${statement}`, () =>
        assert.rejects(t.database.admin(statement), /append-only|only moves forward/));
    }

    it('the role of the service has no other right on the records than to read and add', async () => {
      const rows = await t.database.admin(
        `select table_name, string_agg(privilege_type, ',' order by privilege_type) as rights
           from information_schema.role_table_grants
          where grantee = 'lumo_audit' and table_name in ('log', 'log_chain_actors') group by 1 order by 1`,
      );
      assert.deepEqual(rows, [
        { table_name: 'log', rights: 'INSERT,SELECT' },
        { table_name: 'log_chain_actors', rights: 'INSERT,SELECT' },
      ]);
    });
  });

  describe('T-6 who works around that is found', () => {
    const tampered = async (org: string, statement: string) => {
      const events = Array.from({ length: 20 }, (_, i) => ({
        data: { i },
        actorChain: [{ type: 'agent', id: 'agt_a' }],
      }));
      await t.consume(org, events);
      assert.equal((await verify(org)).defect, undefined);
      // A superuser who switches triggers off for a moment.
      await t.database.admin(
        `do $$ begin set local session_replication_role = replica; ${statement.replaceAll('ORG', `'${t.orgId(org)}'`)}; end $$`,
      );
      const { defect } = await verify(org);
      return defect && `${defect.reason} at ${defect.seq}`;
    };
    const cases: readonly (readonly [string, string, string])[] = [
      ['a changed record', "update audit.log set result = 'denied' where org_id = ORG and seq = 7", 'changed at 7'],
      ['a changed fact', `update audit.log set data = '{"i": 70}' where org_id = ORG and seq = 8`, 'changed at 8'],
      ['a deleted record', 'delete from audit.log where org_id = ORG and seq = 9', 'gap at 9'],
      ['deleted last records', 'delete from audit.log where org_id = ORG and seq > 15', 'gap at 16'],
      ['all records deleted', 'delete from audit.log where org_id = ORG', 'gap at 1'],
      [
        'a deleted record with the rest moved up',
        'delete from audit.log where org_id = ORG and seq = 5; update audit.log set seq = seq - 1 where org_id = ORG and seq = 6',
        'changed at 5',
      ],
      ['a rewound head', 'update audit.chain_heads set seq = 19 where org_id = ORG', 'end at 20'],
      [
        'a record added behind the head',
        'insert into audit.log select (jsonb_populate_record(l, \'{"seq": 21, "event_id": "01990000-0000-7000-8000-000000000001"}\')).* from audit.log l where org_id = ORG and seq = 20',
        'changed at 21',
      ],
      ['a deleted head', 'delete from audit.chain_heads where org_id = ORG', 'end at 20'],
      [
        'records moved to another org',
        `insert into audit.log select (jsonb_populate_record(l, '{"org_id": "${randomUUID()}"}')).* from audit.log l where org_id = ORG and seq = 1;
         update audit.log set actor_id = 'u7' where org_id = ORG and seq = 20`,
        'changed at 20',
      ],
    ];
    for (const [what, statement, expected] of cases)
      it(what, async () => assert.equal(await tampered(`tamper ${what}`, statement), expected));
  });

  it('verifies in parts, each from the hash before it', async () => {
    await t.consume(
      'parts',
      Array.from({ length: 25 }, () => ({})),
    );
    const first = await verify('parts', 1, 10);
    assert.deepEqual([first.checked, first.nextSeq], [10, 11]);
    const second = await verify('parts', 11, 10);
    assert.deepEqual([second.checked, second.nextSeq], [10, 21]);
    const third = await verify('parts', 21, 10);
    assert.deepEqual([third.checked, third.nextSeq, third.defect], [5, undefined, undefined]);
    assert.deepEqual((await verify('parts', 26, 10)).checked, 0);
    assert.deepEqual((await verify('never', 1, 10)).defect, undefined);
  });
});
