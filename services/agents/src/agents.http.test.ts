import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { agentsV1, authzV1 } from '@lumo/contracts';
import { implement } from '@lumo/messaging';
import { type StagedService, stageService } from '@lumo/service/testing';
import { ANONYMOUS, type Principal, type RequestContext, runInContext } from '@lumo/tenancy';
import { type TestDatabase, testDatabase } from '@lumo/testing';
import { agents } from './agents.module.js';
import type { AgentsApp } from './app.js';
import { agentSchema } from './http/agent-view.js';
import { agentsRpc } from './rpc/agents-rpc.js';

describe('agents over HTTP', () => {
  let database: TestDatabase;
  let stage: StagedService<AgentsApp>;
  const granted = new Set<string>();
  const acme = { id: randomUUID(), slug: 'acme-corp' };
  const other = { id: randomUUID(), slug: 'other' };

  before(async () => {
    database = await testDatabase({ schemas: [{ name: 'agents', migrations: agents.schema.migrations }] });
    const refuse = async () => {
      throw new Error('not part of this test');
    };
    const handlers = new Proxy({} as Parameters<typeof implement<typeof authzV1.AuthzService>>[1], {
      ownKeys: () => Object.keys(authzV1.AuthzService.method),
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
      get: (_target, method) =>
        method === 'check'
          ? async ({ subject, permissions }: authzV1.CheckRequest) => ({
              results: Object.fromEntries(permissions.map((name) => [name, granted.has(`${subject?.id} ${name}`)])),
            })
          : refuse,
    });
    stage = await stageService(agents, {
      adminUrl: database.adminUrl,
      callees: [implement(authzV1.AuthzService, handlers)],
    });
  });
  after(async () => {
    await stage.close();
    await database.close();
  });

  const as = (principal: Partial<Principal>, org = acme): RequestContext => ({
    org,
    principal: { ...ANONYMOUS, ...principal },
    requestId: randomUUID(),
  });
  const admin = as({ type: 'api_key', id: 'key_1', scopes: ['admin:agents'] });
  const create = async (body: object = {}) => {
    const answer = await stage.call('POST /admin/agents', admin, { name: 'Bot', ...body });
    assert.equal(answer.status, 201, answer.text);
    return answer.body.data;
  };

  it('creates with the envelope and shows the secret once', async () => {
    const answer = await stage.call('POST /admin/agents', admin, {
      name: 'Invoice bot',
      type: 'ai_assistant',
      capabilities: ['read:invoices'],
      canActOnBehalfOfUsers: true,
      roles: ['ignored'],
    });
    assert.equal(answer.status, 201);
    const { clientSecret, ...agent } = answer.body.data;
    assert.deepEqual(agentSchema.strict().parse(agent), agent);
    assert.deepEqual(agent.capabilities, ['read:invoices', 'delegate:on_behalf']);
    assert.equal(agent.clientId, agent.agentId);
    assert.match(clientSecret, /^lmas_/);
    assert.equal(typeof answer.body.message, 'string');
    for (const ref of [agent.id, agent.agentId]) {
      const read = await stage.call(`GET /admin/agents/${ref}`, admin);
      assert.deepEqual(read.body, { data: agent });
    }
    assert.ok(!(await stage.call('GET /admin/agents', admin)).text.includes(clientSecret));
  });

  it('lists with both paging blocks', async () => {
    await create({ name: 'needle' });
    const { body } = await stage.call('GET /admin/agents?search=needle&limit=1&sortBy=name&sortDir=asc', admin);
    assert.equal(body.data[0].name, 'needle');
    assert.deepEqual(body.meta, {
      total: 1,
      page: 1,
      limit: 1,
      totalPages: 1,
      hasNextPage: false,
      hasPreviousPage: false,
    });
    assert.deepEqual(body.pagination, body.meta);
    assert.equal(body.resourceType, 'agents');
    assert.equal((await stage.call('GET /admin/agents?sortBy=secret', admin)).status, 400);
    assert.equal((await stage.call('GET /admin/agents?limit=101', admin)).status, 400);
  });

  it('answers enable and activate in their two envelopes, without a body', async () => {
    const { agentId } = await create();
    const answers = [];
    for (const verb of ['disable', 'enable', 'deactivate', 'activate']) {
      const { status, body } = await stage.call(`POST /admin/agents/${agentId}/${verb}`, admin);
      assert.equal(status, 200);
      answers.push([Object.keys(body).sort().join(), (body.agent ?? body.data).status]);
    }
    assert.deepEqual(answers, [
      ['agent,message', 'disabled'],
      ['agent,message', 'active'],
      ['data,message', 'disabled'],
      ['data,message', 'active'],
    ]);
  });

  it('updates by PATCH and PUT, rotates, reads and writes scopes, deletes', async () => {
    const { agentId, clientSecret } = await create({ capabilities: ['a'] });
    const patched = await stage.call(`PATCH /admin/agents/${agentId}`, admin, { description: 'x' });
    assert.deepEqual([patched.status, patched.body.data.description], [200, 'x']);
    const put = await stage.call(`PUT /admin/agents/${agentId}`, admin, { name: 'New', description: null });
    assert.deepEqual([put.body.data.name, put.body.data.description], ['New', null]);
    const rotated = await stage.call(`POST /admin/agents/${agentId}/rotate-credentials`, admin);
    assert.match(rotated.body.data.clientSecret, /^lmas_/);
    assert.notEqual(rotated.body.data.clientSecret, clientSecret);
    const overlap = await stage.call(`POST /admin/agents/${agentId}/rotate-credentials`, admin, { overlapSeconds: 60 });
    assert.ok(Date.parse(overlap.body.data.oldSecretEndsAt) > Date.now() + 50_000);
    const written = await stage.call(`PUT /admin/agents/${agentId}/scopes`, admin, { scopes: ['b', 'c'] });
    assert.deepEqual(written.body.data, ['b', 'c']);
    const scopes = await stage.call(`GET /admin/agents/${agentId}/scopes`, admin);
    assert.deepEqual([scopes.body.data, scopes.body.pagination.total], [['b', 'c'], 2]);
    assert.equal((await stage.call(`PUT /admin/agents/${agentId}/scopes`, admin, { scopes: ['b c'] })).status, 400);
    const deleted = await stage.call(`DELETE /admin/agents/${agentId}`, admin);
    assert.deepEqual([deleted.status, Object.keys(deleted.body)], [200, ['message']]);
    assert.equal((await stage.call(`GET /admin/agents/${agentId}`, admin)).status, 404);
  });

  it('names what is wrong with a new agent', async () => {
    for (const [body, field] of [
      [{}, 'name'],
      [{ name: ' ' }, 'name'],
      [{ name: 'x', type: 'robot' }, 'type'],
      [{ name: 'x', capabilities: ['files:*'] }, 'capabilities'],
      [{ name: 'x', capabilities: ['admin:write'] }, 'capabilities'],
      [{ name: 'x', capabilities: 'read' }, 'capabilities'],
    ] as const) {
      const answer = await stage.call('POST /admin/agents', admin, body);
      assert.deepEqual(
        [answer.status, answer.body.code, Object.keys(answer.body.details)],
        [400, 'validation_error', [field]],
      );
    }
  });

  it('is closed to everybody but an administrator of the same org', async () => {
    const { agentId } = await create();
    assert.equal((await stage.call('GET /admin/agents')).status, 401);
    for (const [who, status] of [
      [as({}), 401],
      [as({ type: 'api_key', id: 'k', scopes: ['admin:users'] }), 403],
      [as({ type: 'agent', id: agentId, scopes: ['read:x'] }), 403],
      [as({ type: 'user', id: 'u1', scopes: ['admin'] }), 403],
      [as({ type: 'api_key', id: 'k', scopes: ['admin:read'] }), 200],
    ] as const)
      assert.equal((await stage.call(`GET /admin/agents/${agentId}`, who)).status, status);
    assert.equal(
      (await stage.call('POST /admin/agents', as({ type: 'api_key', id: 'k', scopes: ['admin:read'] }), { name: 'x' }))
        .status,
      403,
    );
    const stranger = as({ type: 'api_key', id: 'k', scopes: ['admin:agents'] }, other);
    for (const request of [
      `GET /admin/agents/${agentId}`,
      `PATCH /admin/agents/${agentId}`,
      `DELETE /admin/agents/${agentId}`,
      `POST /admin/agents/${agentId}/disable`,
      `POST /admin/agents/${agentId}/rotate-credentials`,
      `GET /admin/agents/${agentId}/scopes`,
    ])
      assert.equal(
        (await stage.call(request, stranger, request.startsWith('PATCH') ? { name: 'mine' } : undefined)).status,
        404,
      );
    granted.add('u1 admin:agents');
    assert.equal(
      (await stage.call('GET /admin/agents', as({ type: 'user', id: 'u1', scopes: ['admin'] }))).status,
      200,
    );
  });

  it('tells an agent who it is and what it may do', async () => {
    const { agentId, id } = await create({ capabilities: ['document.read', 'delegate:on_behalf'] });
    const me = await stage.call('GET /agents/me', as({ type: 'agent', id: agentId }));
    assert.deepEqual(me.body, {
      identity: { id, type: 'agent', tenant: 'acme-corp', agent_id: agentId, name: 'Bot', status: 'active' },
      capabilities: ['document.read', 'delegate:on_behalf'],
      workspace: { slug: 'acme-corp', api_base: 'http://localhost:8000/orgs/acme-corp/api/v1' },
    });
    const acting = as({ type: 'user', id: 'u2', scopes: ['document.read'], actors: [{ type: 'agent', id: agentId }] });
    const delegated = (await stage.call('GET /agents/me', acting)).body;
    assert.deepEqual(delegated.on_behalf_of, { type: 'user', id: 'u2' });
    assert.deepEqual(delegated.delegation_chain, [agentId]);
    assert.deepEqual(delegated.capabilities, ['document.read']);
    const person = (await stage.call('GET /agents/me', as({ type: 'user', id: 'u2' }))).body;
    assert.deepEqual(person.identity, { id: 'u2', type: 'user', tenant: 'acme-corp' });
    assert.equal((await stage.call('GET /agents/me')).status, 401);

    const denied = await stage.call('POST /agents/ask', acting, { action: 'document.read', context: { doc: 7 } });
    assert.equal(denied.status, 200);
    assert.deepEqual([denied.body.allowed, denied.body.reason_code], [false, 'user_not_permitted']);
    granted.add('u2 document.read');
    const allowed = (await stage.call('POST /agents/ask', acting, { action: 'document.read', context: { doc: 7 } }))
      .body;
    assert.deepEqual(
      { ...allowed, audit_id: '' },
      {
        allowed: true,
        action: 'document.read',
        context: { doc: 7 },
        reason: 'Allowed: the user has this permission and every agent in the chain has this capability.',
        reason_code: 'user_and_agents_allowed',
        audit_id: '',
      },
    );
    assert.match(allowed.audit_id, /^[0-9a-f]{16}$/);
  });

  it('answers a question in words with the members of older clients too', async () => {
    const { agentId } = await create({ capabilities: ['document.read'] });
    const agent = as({ type: 'agent', id: agentId });
    const { body } = await stage.call('POST /agents/ask', agent, { question: 'may I read documents?', context: null });
    assert.deepEqual(
      [body.allowed, body.action, body.required_scopes, body.confidence, body.explanation === body.reason],
      [true, 'document.read', ['document.read'], 1, true],
    );
    assert.ok(!('context' in body));
    for (const missing of [{}, { action: '' }, { context: {} }, { action: null }]) {
      const refused = await stage.call('POST /agents/ask', agent, missing);
      assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_request']);
    }
    for (const bad of [
      { action: 7 },
      { action: 'x'.repeat(257) },
      { question: 'x'.repeat(1e5) },
      { action: 'x', context: { a: 'x'.repeat(20_000) } },
    ])
      assert.equal((await stage.call('POST /agents/ask', agent, bad)).status, 400);
    assert.equal((await stage.call('POST /agents/ask', agent, `{"action":"a","action":"b"}`)).status, 400);
    assert.equal((await stage.call('POST /agents/ask', as({ type: 'user', id: 'u1' }), { action: 'x' })).status, 403);
    assert.equal((await stage.call('POST /agents/ask', admin, { action: 'x' })).status, 403);
  });

  it('serves the identity core over RPC with the error words of the token endpoint', async () => {
    const { agentId } = await create({ capabilities: ['document.read', 'delegate:on_behalf'] });
    const { agentId: plain } = await create({ capabilities: ['document.read'] });
    const { service, handlers } = agentsRpc(stage.running.app);
    assert.equal(service.typeName, agentsV1.AgentsService.typeName);
    const exchange = (change: object) =>
      runInContext(as({}), () =>
        (handlers.authorizeExchange as (request: unknown) => Promise<Record<string, unknown>>)({
          subjectUserId: 'u1',
          subjectScopes: ['document.read'],
          chainAgentIds: [],
          actorAgentId: agentId,
          actorScopes: [],
          requestedScopes: [],
          audience: '',
          expiresAt: BigInt(Math.floor(Date.now() / 1000) + 60),
          parentDelegationId: '',
          ...change,
        }),
      );
    const granted = await exchange({});
    assert.deepEqual([granted.grantedScopes, granted.chainAgentIds], [['document.read'], [agentId]]);
    for (const [change, code, kind] of [
      [{ actorAgentId: 'agt_nobody' }, 'invalid_grant', 'invalid'],
      [{ actorAgentId: plain }, 'delegation_not_allowed', 'forbidden'],
      [{ requestedScopes: ['document.write'] }, 'invalid_scope', 'invalid'],
      [{ expiresAt: 1n }, 'invalid_grant', 'invalid'],
      [{ chainAgentIds: [agentId], parentDelegationId: granted.delegationId }, 'invalid_request', 'invalid'],
    ] as const)
      await assert.rejects(exchange(change), { code, kind });
  });
});
