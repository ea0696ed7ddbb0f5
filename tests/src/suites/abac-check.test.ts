import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type AbacWorld, abacOf } from '../support/abac-world.js';
import { createOrgWorld, type OrgWorld, type TestUser } from '../support/org-world.js';

type Json = Readonly<Record<string, unknown>>;

interface Matched {
  readonly id: unknown;
  readonly name: unknown;
  readonly effect: unknown;
  readonly priority: unknown;
}
interface Answer extends Json {
  readonly allowed: boolean;
  readonly reason: string;
  readonly matchedPolicies: readonly Matched[];
  readonly brokenPolicies?: readonly Json[];
}

let org: OrgWorld;
let abac: AbacWorld;
let person: TestUser;
let bearer = '';

before(async () => {
  org = await createOrgWorld('abac-check');
  abac = abacOf(org);
  const app = await org.addClient({ scopes: ['openid'] });
  person = await org.addUser();
  bearer = (await org.tokensOf(person, app, 'openid')).access_token;
});

const check = async (json: object, how = { apiKey: org.apiKey } as object, status = 200) =>
  (await abac.call('POST', 'check', json, status, how)).json<Answer>();

describe('ABAC: check (contract 3.4, 9.4 row 8)', () => {
  let policies: Readonly<Record<string, string>>;
  before(async () => {
    await abac.define('resource', 'classification');
    await abac.define('resource', 'owner_id');
    policies = {
      owner: await abac.policy({
        name: 'Owners',
        resourceType: 'paper',
        conditions: { subject: 'user.id', operator: 'equals', value: '$resource.owner_id' },
      }),
      secret: await abac.policy({
        name: 'No secrets',
        resourceType: 'paper',
        action: '*',
        effect: 'deny',
        priority: 900,
        conditions: { subject: 'resource.classification', operator: 'equals', value: 'secret' },
      }),
      office: await abac.policy({
        name: 'At the office',
        resourceType: 'paper',
        action: 'print',
        conditions: { all: [{ attribute: 'env.ip_address', operator: 'equals', value: '203.0.113.7' }] },
      }),
    };
    await abac.setResource('paper', 'p1', 'owner_id', person.id);
    await abac.setResource('paper', 'p2', 'owner_id', 'somebody');
  });

  it('who asks for itself: four members of each policy, string ids, nothing of attributes and conditions', async () => {
    const answer = await check({ resourceType: 'paper', action: 'read', resourceId: 'p1' }, { bearer });
    assert.deepEqual(answer, {
      allowed: true,
      decision: 'allow',
      reason: 'Allowed by policy "Owners".',
      matchedPolicies: [{ id: policies.owner, name: 'Owners', effect: 'allow', priority: 100 }],
      user_id: person.id,
      subject_type: 'user',
      subject_id: person.id,
      resourceType: 'paper',
      action: 'read',
      resourceId: 'p1',
    });
    const denied = await check({ resourceType: 'paper', action: 'read', resourceId: 'p2' }, { bearer });
    assert.deepEqual([denied.allowed, denied.decision, denied.matchedPolicies], [false, 'deny', []]);
    assert.match(denied.reason, /Denied by default/);
  });

  it('members that were not sent do not come back; nothing is null (contract 9.6)', async () => {
    const answer = await check({ resourceType: 'unheard-of', action: 'read' }, { bearer });
    assert.equal('resourceId' in answer, false);
    assert.ok(!JSON.stringify(answer).includes('null'));
  });

  it('deny overrides, whatever the priority', async () => {
    await abac.setResource('paper', 'p1', 'classification', 'secret');
    const answer = await check({ resourceType: 'paper', action: 'read', resourceId: 'p1' }, { bearer });
    assert.deepEqual(
      [answer.allowed, answer.matchedPolicies.map(({ name }) => name)],
      [false, ['No secrets', 'Owners']],
    );
    assert.equal(answer.reason, 'Denied by policy "No secrets".');
    await abac.call('DELETE', 'resources/paper/p1/attributes/classification');
    assert.equal((await check({ resourceType: 'paper', action: 'read', resourceId: 'p1' }, { bearer })).allowed, true);
  });

  it('about somebody else, in every spelling', async () => {
    const target = { resourceType: 'paper', action: 'read', resourceId: 'p1' };
    for (const question of [
      { ...target, user_id: person.id },
      { ...target, subject: { type: 'user', id: person.id } },
      { action: 'read', resource: { type: 'paper', id: 'p1' }, subject: { id: person.id } },
    ]) {
      const answer = await check(question);
      assert.deepEqual([answer.allowed, answer.user_id], [true, person.id], JSON.stringify(question));
    }
    await check({ ...target, user_id: 'somebody' }, { bearer }, 403);
    await check({ ...target, user_id: 'a', subject: { id: 'b' } }, undefined, 400);
  });

  it('an application sends attributes of its resource and of its visitor', async () => {
    const target = { resourceType: 'paper', action: 'read', user_id: 'visitor' };
    for (const question of [
      { ...target, context: { resource: { owner_id: 'visitor' } } },
      { ...target, resource: { attributes: { owner_id: 'visitor' } } },
    ])
      assert.equal((await check(question)).allowed, true, JSON.stringify(question));
    const print = { resourceType: 'paper', action: 'print', user_id: 'visitor' };
    for (const [question, expected] of [
      [{ ...print, environment: { ip: '203.0.113.7' } }, true],
      [{ ...print, context: { environment: { ip_address: '203.0.113.7' } } }, true],
      [{ ...print, environment: { ip: '203.0.113.8' } }, false],
      [print, false],
    ] as const)
      assert.equal((await check(question)).allowed, expected, JSON.stringify(question));
  });

  it('who asks for itself cannot say who it is, where it is, or whose a known thing is', async () => {
    const lies = {
      subject: { id: person.id, attributes: { id: 'somebody' } },
      context: { user: { id: 'somebody' }, environment: { ip: '203.0.113.7' }, resource: { owner_id: person.id } },
    };
    assert.equal(
      (await check({ resourceType: 'paper', action: 'read', resourceId: 'p2', ...lies }, { bearer })).allowed,
      false,
    );
    assert.equal(
      (await check({ resourceType: 'paper', action: 'print', resourceId: 'p2', ...lies }, { bearer })).allowed,
      false,
    );
    assert.equal(
      (await check({ resourceType: 'paper', action: 'read', resourceId: 'unknown', ...lies }, { bearer })).allowed,
      true,
      'what nobody knows it may describe',
    );
  });

  it('holders of policies.view see what was evaluated', async () => {
    const answer = await check({ resourceType: 'paper', action: 'read', resourceId: 'p1', user_id: person.id });
    const context = answer.evaluationContext as { user: Json; resource: Json; environment: Json };
    assert.deepEqual(
      [context.user.id, context.resource.owner_id, typeof context.environment.hour],
      [person.id, person.id, 'number'],
    );
  });

  it('a policy that cannot be evaluated denies, and says so (hard case 34)', async () => {
    await abac.policy({
      name: 'Small amounts',
      resourceType: 'payment',
      action: 'approve',
      effect: 'deny',
      conditions: { subject: 'resource.amount', operator: 'gt', value: 1000 },
    });
    await abac.policy({ name: 'Anybody', resourceType: 'payment', action: 'approve' });
    const pay = (amount: unknown) =>
      check({ resourceType: 'payment', action: 'approve', context: { resource: { amount } } });
    assert.equal((await pay(10)).allowed, true);
    assert.equal((await pay(10_000)).allowed, false);
    const broken = await pay('10000');
    assert.deepEqual([broken.allowed, broken.brokenPolicies?.[0]?.name], [false, 'Small amounts']);
    const plain = await abac.call(
      'POST',
      'check',
      { resourceType: 'payment', action: 'approve', context: { resource: { amount: 'x' } } },
      200,
      { bearer },
    );
    assert.equal('brokenPolicies' in plain.json(), false);
    assert.equal(plain.json().allowed, false);
  });

  it('an API key, an agent and a machine ask too', async () => {
    await abac.policy({
      name: 'Machines',
      resourceType: 'job',
      action: 'run',
      conditions: { subject: 'user.type', operator: 'in', value: ['agent', 'api_key'] },
    });
    const target = { resourceType: 'job', action: 'run' };
    assert.equal((await check(target)).allowed, true);
    const agent = await org.agentToken(await org.addAgent(['job.run']));
    assert.equal((await check(target, { bearer: agent })).allowed, true);
    assert.equal((await check(target, { bearer })).allowed, false);
  });

  for (const json of [
    {},
    { resourceType: 'x' },
    { action: 'x' },
    { resourceType: 7, action: 'x' },
    { resourceType: '', action: 'x' },
    { resourceType: 'x', action: 'y', context: [] },
    { resourceType: 'x', action: 'y', environment: { a: { b: { c: { d: { e: { f: { g: 1 } } } } } } } },
    { resourceType: 'x\u0007', action: 'y' },
  ])
    it(`refuses ${JSON.stringify(json).slice(0, 70)}`, async () => {
      const refused = (await abac.call('POST', 'check', json, 400)).json();
      assert.equal(refused.code, 'validation_error');
    });
});

describe('ABAC: check-bulk (contract 3.4, 9.4 row 9, 11 row 7)', () => {
  const requests = [
    { resourceType: 'paper', action: 'read', resourceId: 'p1' },
    { resourceType: 'paper' },
    { resourceType: 'paper', action: 'read', resourceId: 'p2' },
    'nonsense',
    { resourceType: 'paper', action: 7 },
  ];
  it('requests or checks, each in its place', async () => {
    for (const [path, key] of [
      ['check-bulk', 'requests'],
      ['check-bulk', 'checks'],
      ['check/batch', 'requests'],
    ] as const) {
      const answer = await abac.call('POST', path, { [key]: requests }, 200, { bearer });
      const { results, user_id } = answer.json<{ results: readonly Json[]; user_id: string }>();
      assert.equal(user_id, person.id);
      assert.deepEqual(
        results.map(({ index, allowed }) => [index, allowed]),
        [
          [0, true],
          [1, false],
          [2, false],
          [3, false],
          [4, false],
        ],
      );
      assert.deepEqual([results[1]?.error, results[3]?.error], ['Missing required fields', 'Missing required fields']);
      assert.match(String(results[4]?.error), /action/);
      assert.deepEqual([results[0]?.resourceId, Array.isArray(results[0]?.matchedPolicies)], ['p1', true]);
      assert.ok(!answer.text.includes('null'));
    }
  });

  it('shared attributes of the environment', async () => {
    const body = { requests: [{ resourceType: 'paper', action: 'print' }], user_id: 'visitor' };
    for (const more of [{ environment: { ip: '203.0.113.7' } }, { context: { environment: { ip: '203.0.113.7' } } }]) {
      const { results } = (await abac.call('POST', 'check-bulk', { ...body, ...more })).json<{
        results: readonly Json[];
      }>();
      assert.equal(results[0]?.allowed, true);
    }
  });

  it('1 to 100', async () => {
    const many = (length: number) => ({ requests: Array.from({ length }, () => requests[0]) });
    assert.equal(
      (await abac.call('POST', 'check-bulk', many(100))).json<{ results: readonly Json[] }>().results.length,
      100,
    );
    for (const json of [many(101), many(0), {}, { requests: {} }]) await abac.call('POST', 'check-bulk', json, 400);
  });

  it('at the root the org is that of the credential', async () => {
    const send = (path: string, json: object) => org.http.send('POST', `/api/v1/abac/${path}`, { bearer, json });
    assert.equal((await send('check', requests[0] as object)).expect(200).json().allowed, true);
    assert.equal(
      (await send('check-bulk', { requests })).expect(200).json<{ results: readonly Json[] }>().results.length,
      5,
    );
  });
});
