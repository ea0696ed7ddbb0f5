import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { LumoEvent } from '@lumo/contracts';
import { uuidv7 } from '@lumo/kit';
import { type StagedService, stageService } from '@lumo/service/testing';
import { ANONYMOUS, type Principal, type RequestContext, runInContext } from '@lumo/tenancy';
import { type TestDatabase, testDatabase } from '@lumo/testing';
import type { AuditApp } from './app.js';
import { audit } from './audit.module.js';
import { entryDetailSchema, entrySchema } from './http/entry-view.js';
import type { AuditTables } from './store/audit-tables.js';

describe('the audit log over HTTP', () => {
  let database: TestDatabase;
  let stage: StagedService<AuditApp>;
  const acme = { id: randomUUID(), slug: 'acme-corp' };
  const other = { id: randomUUID(), slug: 'other' };
  const as = (principal: Partial<Principal>, org = acme): RequestContext => ({
    org,
    principal: { ...ANONYMOUS, ...principal },
    requestId: randomUUID(),
  });
  const auditor = as({ type: 'api_key', id: 'key_1', scopes: ['admin:audit'] });
  const event = (org: typeof acme, change: Partial<LumoEvent>): LumoEvent => ({
    id: uuidv7(),
    name: 'user.created',
    orgId: org.id,
    occurredAt: '2026-02-03T04:05:06.789Z',
    actor: { type: 'user', id: 'u1', name: 'ann@acme.test' },
    actorChain: [],
    target: { type: 'user', id: 'u2', name: '=cmd|calc' },
    result: 'success',
    data: {},
    requestId: 'req-1',
    ...change,
  });

  before(async () => {
    database = await testDatabase({ schemas: [{ name: 'audit', migrations: audit.schema.migrations }] });
    stage = await stageService(audit, { adminUrl: database.adminUrl });
    const pool = database.open<AuditTables>('audit');
    const append = (org: typeof acme, ...events: readonly LumoEvent[]) =>
      runInContext(as({}, org), () =>
        pool.db.transaction().execute((tx) => stage.running.app.appendEvents(events, tx)),
      );
    await append(
      acme,
      event(acme, {}),
      event(acme, {
        name: 'agent.action',
        actorChain: [{ type: 'agent', id: 'agt_a' }],
        target: { type: 'capability', id: 'document.read' },
        result: 'denied',
        ip: '203.0.113.7',
        userAgent: 'curl/8',
        traceId: 'a'.repeat(32),
        data: { clientId: 'agt_a', reason: 'outside_token', sessionId: 'ses_1' },
        occurredAt: '2026-02-04T00:00:00.000Z',
      }),
    );
    await append(other, event(other, {}));
  });
  after(async () => {
    await stage.close();
    await database.close();
  });

  it('lists entries with the members of SDKs and CLI', async () => {
    const { status, body } = await stage.call('GET /admin/audit-logs', auditor);
    assert.equal(status, 200);
    assert.equal(body.resourceType, 'audit-logs');
    assert.deepEqual([body.meta.total, body.pagination.totalPages], [2, 1]);
    for (const entry of body.data) assert.deepEqual(entrySchema.strict().parse(entry), entry);
    assert.deepEqual(body.data[0], {
      id: 2,
      createdAt: '2026-02-04T00:00:00.000Z',
      eventType: 'agent.action',
      action: 'agent.action',
      category: 'agents',
      severity: 'info',
      status: 'denied',
      outcome: 'denied',
      message: 'agt_a for ann@acme.test asked whether it may document.read. (denied)',
      actorId: 'u1',
      actorName: 'ann@acme.test',
      actorType: 'user',
      authMethod: null,
      userId: 'u1',
      userEmail: 'ann@acme.test',
      targetType: 'capability',
      targetId: 'document.read',
      targetName: null,
      ipAddress: '203.0.113.7',
      actorChain: [{ type: 'agent', id: 'agt_a' }],
      principal: { subject: 'user:u1', actor_chain: ['agent:agt_a'] },
      requestId: 'req-1',
      traceId: 'a'.repeat(32),
    });
  });

  it('understands every spelling of a filter', async () => {
    for (const [query, ids] of [
      ['action=agent.action', [2]],
      ['eventType=agent', [2]],
      ['event_type=user.created', [1]],
      ['category=users', [1]],
      ['category=user_management', [1]],
      ['userId=u1', [2, 1]],
      ['userId=ann%40acme.test', [2, 1]],
      ['actor=agt_a', [2]],
      ['actorId=agt_a', [2]],
      ['targetId=u2', [1]],
      ['status=denied', [2]],
      ['outcome=success', [1]],
      ['severity=info', [2, 1]],
      ['from=2026-02-04', [2]],
      ['startDate=2026-02-01&endDate=2026-02-03', [1]],
      ['to=2026-02-03T04:05:06.789Z', [1]],
      ['search=CURL', []],
      ['search=document', [2]],
      ['page=2&limit=1', [1]],
      ['sortDir=ASC', [1, 2]],
    ] as const) {
      const { body } = await stage.call(`GET /admin/audit-logs?${query}`, auditor);
      assert.deepEqual(
        body.data?.map(({ id }: { id: number }) => id),
        ids,
        query,
      );
    }
    for (const bad of ['status=maybe', 'severity=huge', 'from=then', 'limit=0', 'page=5000', 'action='])
      assert.equal((await stage.call(`GET /admin/audit-logs?${bad}`, auditor)).status, 400, bad);
  });

  it('reads one entry by its number', async () => {
    const { body } = await stage.call('GET /admin/audit-logs/2', auditor);
    assert.deepEqual(entryDetailSchema.strict().parse(body.data), body.data);
    assert.deepEqual(
      [body.data.clientId, body.data.statusReason, body.data.sessionId, body.data.userAgent, body.data.context.reason],
      ['agt_a', 'outside_token', 'ses_1', 'curl/8', 'outside_token'],
    );
    const first = (await stage.call('GET /admin/audit-logs/1', auditor)).body.data;
    assert.deepEqual([body.data.previousHash, first.previousHash], [first.hash, null]);
    for (const none of ['0', '3', '-1', '1.0', '1e0', 'abc', '99999999999999999999', '01'])
      assert.equal((await stage.call(`GET /admin/audit-logs/${none}`, auditor)).status, 404, none);
  });

  it('counts, names the actions, verifies', async () => {
    const stats = (await stage.call('GET /admin/audit-logs/stats?from=2026-02-01&to=2026-02-28', auditor)).body.data;
    assert.deepEqual(stats, {
      total: 2,
      period: { from: '2026-02-01T00:00:00.000Z', to: '2026-02-28T23:59:59.999Z' },
      byEventType: { 'agent.action': 1, 'user.created': 1 },
      byAction: { 'agent.action': 1, 'user.created': 1 },
      bySeverity: { info: 2 },
    });
    const actions = (await stage.call('GET /admin/audit-logs/actions', auditor)).body;
    assert.ok(actions.data.includes('user.created') && actions.pagination.total === actions.data.length);
    const verified = (await stage.call('GET /admin/audit-logs/verify', auditor)).body.data;
    assert.deepEqual([verified.valid, verified.checked, verified.next, verified.head.id], [true, 2, null, 2]);
  });

  it('exports CSV that no spreadsheet runs, and JSON', async () => {
    const csv = await stage.call('GET /admin/audit-logs/export', auditor);
    assert.equal(csv.headers['content-type'], 'text/csv; charset=utf-8');
    assert.match(String(csv.headers['content-disposition']), /^attachment; filename="audit-log-\d{4}-\d\d-\d\d\.csv"$/);
    const lines = csv.text.trimEnd().split('\r\n');
    assert.equal(lines.length, 3);
    assert.match(lines[0] ?? '', /^id,createdAt,action,/);
    assert.match(lines[1] ?? '', /^2,2026-02-04T00:00:00.000Z,agent.action,.*,agent:agt_a$/);
    assert.ok(lines[2]?.includes(`"'=cmd|calc"`), lines[2]);
    const json = await stage.call('GET /admin/audit-logs/export?format=json&status=success', auditor);
    assert.equal(json.body.data.length, 1);
    assert.equal(json.body.meta.total, 1);
    assert.ok(Date.parse(json.body.meta.exportedAt));
    const writer = as({ type: 'api_key', id: 'key_1', scopes: ['admin:audit'] });
    const posted = await stage.call('POST /admin/audit-logs/export', writer, { format: 'json', from: '2026-02-04' });
    assert.deepEqual(
      posted.body.data.map(({ id }: { id: number }) => id),
      [2],
    );
    assert.equal((await stage.call('POST /admin/audit-logs/export', writer)).status, 200);
    const none = await stage.call('GET /admin/audit-logs/export?format=json&from=2027-01-01', auditor);
    assert.deepEqual(none.body.data, []);
    assert.equal((await stage.call('GET /admin/audit-logs/export?format=xml', auditor)).status, 400);
  });

  it('shows an org its own log only, and that to auditors only', async () => {
    const theirs = as({ type: 'api_key', id: 'k', scopes: ['admin:audit'] }, other);
    const { body } = await stage.call('GET /admin/audit-logs', theirs);
    assert.equal(body.meta.total, 1);
    assert.equal((await stage.call('GET /admin/audit-logs/2', theirs)).status, 404);
    assert.equal((await stage.call('GET /admin/audit-logs/export?format=json', theirs)).body.meta.total, 1);
    for (const path of ['', '/1', '/stats', '/actions', '/export', '/verify']) {
      assert.equal((await stage.call(`GET /admin/audit-logs${path}`)).status, 401, path);
      assert.equal(
        (await stage.call(`GET /admin/audit-logs${path}`, as({ type: 'api_key', id: 'k', scopes: ['admin:users'] })))
          .status,
        403,
        path,
      );
    }
  });

  it('has no way to change an entry', async () => {
    for (const method of ['DELETE', 'PUT', 'PATCH', 'POST'])
      assert.equal((await stage.call(`${method} /admin/audit-logs/1`, auditor)).status, 404, method);
  });
});
