import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { isDomainError } from '@lumo/kit';
import { type AgentsUnderTest, agentsUnderTest } from './agents.fixture.js';

const refusal = (code: string) => (error: unknown) => isDomainError(error) && error.code === code;

describe('the registry of agents', () => {
  let t: AgentsUnderTest;
  before(async () => {
    t = await agentsUnderTest();
  });
  after(() => t.close());

  const create = (org: string, name: string, capabilities: readonly string[] = []) =>
    t.in(org, (ctx) => t.app.createAgent(ctx, { name, capabilities }));

  it('creates an agent whose secret is kept only as SHA-256', async () => {
    const { agent, clientSecret } = await create('create', 'Invoice bot', ['read:invoices']);
    assert.match(agent.agentId, /^agt_[0-9a-z]{24}$/);
    assert.match(clientSecret.reveal(), /^lmas_[\w-]{43}$/);
    const client = await t.in('create', (ctx) => t.app.agentClient(ctx, { agentId: agent.agentId }));
    assert.deepEqual(client.agent, agent);
    assert.deepEqual(client.secretSha256, [createHash('sha256').update(clientSecret.reveal()).digest()]);
    const stored = await t.database.admin<{ text: string }>(
      `select (select string_agg(a::text, '') from agents.agents a) || (select string_agg(s::text, '') from agents.agent_secrets s)
              || (select string_agg(o::text, '') from agents.outbox o) as text`,
    );
    assert.ok(!stored[0]?.text.includes(clientSecret.reveal().slice(5)));
  });

  it('finds an agent by id and by agentId, and nothing of another org', async () => {
    const { agent } = await create('find', 'Bot');
    for (const ref of [agent.id, agent.agentId]) {
      assert.deepEqual(await t.in('find', (ctx) => t.app.readAgent(ctx, { ref })), agent);
      await assert.rejects(
        t.in('another', (ctx) => t.app.readAgent(ctx, { ref })),
        refusal('resource_not_found'),
      );
      for (const operation of ['updateAgent', 'deleteAgent', 'disableAgent', 'enableAgent'] as const)
        await assert.rejects(
          t.in<unknown>('another', (ctx) => t.app[operation](ctx, { ref })),
          refusal('resource_not_found'),
          operation,
        );
    }
    assert.deepEqual(await t.in('another', (ctx) => t.app.agentStatuses(ctx, { agentIds: [agent.agentId] })), [
      { agentId: agent.agentId, status: 'deleted', tokensNotBefore: 0 },
    ]);
    for (const ref of ['', 'nobody', '00000000-0000-0000-0000-000000000000', "' or true --", '%'])
      await assert.rejects(
        t.in('find', (ctx) => t.app.readAgent(ctx, { ref })),
        refusal('resource_not_found'),
        ref,
      );
  });

  it('pages, sorts and searches in SQL', async () => {
    for (const name of ['alpha', 'beta', '100% sure', 'gamma_ray', 'Delta']) {
      t.clock.advance(1000);
      await create('lists', name);
    }
    t.clock.advance(1000);
    const { agent } = await create('lists', 'off');
    await t.in('lists', (ctx) => t.app.disableAgent(ctx, { ref: agent.id }));
    const names = async (query: object) => {
      const { rows, total } = await t.in('lists', (ctx) => t.app.listAgents(ctx, { page: 1, limit: 25, ...query }));
      return [rows.map((row) => row.name), total];
    };
    assert.deepEqual(await names({ limit: 2 }), [['off', 'Delta'], 6]);
    assert.deepEqual(await names({ limit: 2, page: 3 }), [['beta', 'alpha'], 6]);
    assert.deepEqual(await names({ limit: 2, page: 4 }), [[], 6]);
    assert.deepEqual(await names({ search: '0%' }), [['100% sure'], 1]);
    assert.deepEqual(await names({ search: 'a_r' }), [['gamma_ray'], 1]);
    assert.deepEqual(await names({ search: 'DEL' }), [['Delta'], 1]);
    assert.deepEqual(await names({ search: agent.agentId }), [['off'], 1]);
    assert.deepEqual(await names({ status: 'disabled' }), [['off'], 1]);
    assert.deepEqual(await names({ type: 'bot' }), [[], 0]);
    assert.deepEqual(await names({ sortBy: 'createdAt', sortDir: 'ASC', limit: 1 }), [['alpha'], 6]);
  });

  it('changes only what is named, and says what changed', async () => {
    const { agent } = await create('update', 'Bot', ['a', 'b']);
    t.clock.advance(5000);
    const updated = await t.in('update', (ctx) =>
      t.app.updateAgent(ctx, { ref: agent.id, name: 'Better bot', capabilities: ['b', 'c'] }),
    );
    assert.deepEqual(updated, {
      ...agent,
      name: 'Better bot',
      capabilities: ['b', 'c'],
      updatedAt: new Date(t.clock.now()),
    });
    const event = (await t.events('update')).at(-1);
    assert.equal(event?.name, 'agent.updated');
    assert.deepEqual(event?.data, {
      changed: ['name', 'capabilities'],
      capabilitiesAdded: ['c'],
      capabilitiesRemoved: ['a'],
    });
    await t.in('update', (ctx) =>
      t.app.updateAgent(ctx, { ref: agent.id, name: 'Better bot', capabilities: ['c', 'b'] }),
    );
    assert.equal((await t.events('update')).length, 2, 'a change that changes nothing is no event');
  });

  it('keeps canActOnBehalfOfUsers and delegate:on_behalf the same thing', async () => {
    const { agent } = await t.in('flag', (ctx) => t.app.createAgent(ctx, { name: 'Bot', canActOnBehalfOfUsers: true }));
    assert.deepEqual(agent.capabilities, ['delegate:on_behalf']);
    const without = await t.in('flag', (ctx) =>
      t.app.updateAgent(ctx, { ref: agent.id, canActOnBehalfOfUsers: false }),
    );
    assert.deepEqual(without.capabilities, []);
  });

  it('refuses an agent that would be an administrator', async () => {
    for (const capabilities of [['admin'], ['admin:users'], ['admin.write'], ['instance']]) {
      await assert.rejects(create('escalate', 'Bot', capabilities), refusal('validation_error'));
      const { agent } = await create('escalate', 'Bot');
      await assert.rejects(
        t.in('escalate', (ctx) => t.app.updateAgent(ctx, { ref: agent.id, capabilities })),
        refusal('validation_error'),
      );
    }
  });

  it('a disabled agent has no live token; enabled again, old tokens stay dead', async () => {
    const { agent } = await create('switch', 'Bot');
    t.clock.advance(10_500);
    const second = Math.floor(t.clock.now() / 1000);
    await t.in('switch', (ctx) => t.app.disableAgent(ctx, { ref: agent.agentId }));
    await t.in('switch', (ctx) => t.app.disableAgent(ctx, { ref: agent.agentId }));
    const state = () => t.in('switch', (ctx) => t.app.agentStatuses(ctx, { agentIds: [agent.agentId] }));
    assert.deepEqual(await state(), [{ agentId: agent.agentId, status: 'disabled', tokensNotBefore: second + 1 }]);
    await t.in('switch', (ctx) => t.app.enableAgent(ctx, { ref: agent.agentId }));
    assert.deepEqual(await state(), [{ agentId: agent.agentId, status: 'active', tokensNotBefore: second + 1 }]);
    assert.deepEqual(
      (await t.events('switch')).map((event) => event.name),
      ['agent.created', 'agent.disabled', 'agent.enabled'],
    );
  });

  it('a client that is enabled again waits for the second in which its tokens count', async () => {
    const { agent } = await create('wait', 'Bot');
    t.clock.advance(3000 - (t.clock.now() % 1000) + 400);
    await t.in('wait', (ctx) => t.app.disableAgent(ctx, { ref: agent.id }));
    await t.in('wait', (ctx) => t.app.enableAgent(ctx, { ref: agent.id }));
    t.waits.length = 0;
    await t.in('wait', (ctx) => t.app.agentClient(ctx, { agentId: agent.agentId }));
    assert.deepEqual(t.waits, [600]);
    t.clock.advance(600);
    await t.in('wait', (ctx) => t.app.agentClient(ctx, { agentId: agent.agentId }));
    assert.deepEqual(t.waits, [600]);
  });

  it('V-2 rotation without overlap ends the old secret and every token issued until now', async () => {
    const { agent, clientSecret } = await create('rotate', 'Bot');
    const hashes = () =>
      t.in('rotate', (ctx) => t.app.agentClient(ctx, { agentId: agent.agentId })).then((client) => client.secretSha256);
    const old = createHash('sha256').update(clientSecret.reveal()).digest();
    t.clock.advance(60_000);
    const rotated = await t.in('rotate', (ctx) =>
      t.app.rotateCredentials(ctx, { ref: agent.agentId, overlapSeconds: 0 }),
    );
    const fresh = createHash('sha256').update(rotated.clientSecret.reveal()).digest();
    assert.deepEqual(await hashes(), [fresh]);
    assert.equal(rotated.agent.tokensNotBefore, Math.floor(t.clock.now() / 1000) + 1);

    await t.in('rotate', (ctx) => t.app.rotateCredentials(ctx, { ref: agent.agentId, overlapSeconds: 60 }));
    assert.equal((await hashes()).length, 2);
    assert.ok(!(await hashes()).some((hash) => hash.equals(old)));
    t.clock.advance(60_000);
    assert.equal((await hashes()).length, 1);
    assert.ok(!(await hashes()).some((hash) => hash.equals(fresh)));
    const again = await t.in('rotate', (ctx) => t.app.readAgent(ctx, { ref: agent.id }));
    assert.equal(again.tokensNotBefore, rotated.agent.tokensNotBefore, 'an overlap leaves tokens alone');
  });

  it('V-9 a new agent with the name of a deleted one has another id, and nothing of it', async () => {
    const first = await create('again', 'Bot', ['read:x']);
    await t.in('again', (ctx) => t.app.deleteAgent(ctx, { ref: first.agent.agentId }));
    const second = await create('again', 'Bot');
    assert.notEqual(second.agent.agentId, first.agent.agentId);
    assert.deepEqual(second.agent.capabilities, []);
    await assert.rejects(
      t.in('again', (ctx) => t.app.agentClient(ctx, { agentId: first.agent.agentId })),
      refusal('resource_not_found'),
    );
    assert.deepEqual(
      (await t.in('again', (ctx) => t.app.agentStatuses(ctx, { agentIds: [first.agent.agentId] })))[0]?.status,
      'deleted',
    );
  });
});
