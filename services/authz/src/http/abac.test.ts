import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestOrg } from '../store/test-org.fixture.js';
import { API_KEY, type Caller, type HttpService, startHttpService } from './http.fixture.js';

const TEAM = { attribute: 'user.team', operator: 'equals', value: '$resource.team' };

describe('abac (contract 3.4)', () => {
  let http: HttpService;
  let org: TestOrg;
  before(async () => {
    http = await startHttpService();
    org = await http.newOrg();
  });
  after(() => http.close());
  const call = (method: string, url: string, body?: unknown, principal: Caller['principal'] = API_KEY) =>
    http.call({ org, principal }, method, url, body);
  const person = (id: string, more: Partial<Caller['principal']> = {}): Caller['principal'] => ({
    type: 'user',
    id,
    ...more,
  });

  it('a policy over attributes decides, from the next question on', async () => {
    for (const [attributeType, slug] of [
      ['user', 'team'],
      ['resource', 'team'],
    ])
      assert.equal(
        (await call('POST', '/abac/attributes', { name: 'Team', slug, attributeType, dataType: 'string' })).status,
        201,
      );
    const created = await call('POST', '/admin/abac/policies', {
      name: 'Same team',
      resourceType: 'document',
      action: 'read',
      effect: 'allow',
      conditions: { all: [TEAM] },
    });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    assert.match(created.body.data.id, /^pol_/);
    assert.deepEqual(created.body.data.conditions, {
      operator: 'AND',
      conditions: [{ subject: 'user.team', operator: 'equals', value: '$resource.team' }],
    });
    const ask = async (resourceId = 'd1') =>
      (await call('POST', '/abac/check', { resourceType: 'document', action: 'read', resourceId, user_id: 'u1' })).body;
    assert.equal((await ask()).allowed, false);
    assert.equal((await call('PUT', '/abac/users/u1/attributes/team', { value: 'red' })).status, 200);
    assert.equal((await ask()).allowed, false);
    const set = await call('PUT', '/abac/resources/document/d1/attributes/team', { value: 'red' });
    assert.deepEqual([set.status, set.body.data.value, typeof set.body.data.id], [200, 'red', 'string']);
    const answer = await ask();
    assert.equal(answer.allowed, true);
    assert.deepEqual(answer.matchedPolicies, [
      { id: created.body.data.id, name: 'Same team', effect: 'allow', priority: 100 },
    ]);
    assert.equal(answer.evaluationContext.user.team, 'red');
    assert.equal((await ask('d2')).allowed, false);
    assert.equal((await call('POST', `/abac/policies/same_team/toggle`)).body.data.isActive, false);
    assert.equal((await ask()).allowed, false);
    assert.equal((await call('POST', `/abac/policies/same_team/toggle`)).body.data.isActive, true);
    await call('PUT', '/abac/users/u1/attributes/team', { value: 'blue' });
    assert.equal((await ask()).allowed, false);
  });

  it('a person without rights asks for itself and sees no attributes; nothing else', async () => {
    const who = person('u1', { scopes: ['openid'] });
    const own = await call('POST', '/abac/check', { resourceType: 'document', action: 'read', resourceId: 'd1' }, who);
    assert.deepEqual([own.status, own.body.user_id, 'evaluationContext' in own.body], [200, 'u1', false]);
    for (const [method, url, body] of [
      ['POST', '/abac/check', { resourceType: 'document', action: 'read', user_id: 'u2' }],
      ['GET', '/abac/policies'],
      ['GET', '/abac/attributes'],
      ['GET', '/abac/resources/document/d1/attributes'],
      ['PUT', '/abac/users/u1/attributes/team', { value: 'red' }],
      ['PUT', '/abac/resources/document/d1/attributes/team', { value: 'red' }],
      ['POST', '/abac/policies', { name: 'x', resourceType: '*', action: '*', effect: 'allow', conditions: {} }],
      ['POST', '/authz/dry-run', {}],
      ['POST', '/authz/decide', { action: 'read', resource: { type: 'document', id: 'd1' }, explain: true }],
    ] as const) {
      const refused = await call(method, url, body, who);
      assert.deepEqual([refused.status, refused.body.code], [403, 'permission_denied'], `${method} ${url}`);
    }
    assert.equal((await call('GET', '/abac/my-attributes', undefined, who)).body.user_id, 'u1');
    assert.ok((await call('GET', '/abac/attribute-definitions?type=user', undefined, who)).body.data.length > 20);
  });

  it('decides with roles, policies and relations', async () => {
    const asked = await call('POST', '/authz/decide', {
      action: 'read',
      resource: { type: 'document', id: 'd1' },
      user_id: 'u1',
      explain: true,
    });
    assert.equal(asked.status, 200, JSON.stringify(asked.body));
    assert.equal(asked.body.allowed, false);
    assert.deepEqual(
      asked.body.parts.map(({ engine, outcome }: { engine: string; outcome: string }) => [engine, outcome]),
      [
        ['abac', 'deny'],
        ['rebac', 'not_applicable'],
        ['rbac', 'not_applicable'],
      ],
    );
    assert.equal(typeof asked.body.token, 'string');
    const fresh = await call('POST', '/authz/decide', {
      action: 'read',
      resource: { type: 'document', id: 'd1' },
      user_id: 'u1',
      consistency: { at_least_as_fresh: asked.body.token },
    });
    assert.equal(fresh.status, 200, JSON.stringify(fresh.body));
  });

  it('speaks AuthZEN', async () => {
    const question = {
      subject: { type: 'user', id: 'u1', properties: { team: 'red' } },
      action: { name: 'read' },
      resource: { type: 'document', id: 'd1' },
    };
    const one = await call('POST', '/api/v1/authz/v1/evaluation', question);
    assert.deepEqual([one.status, one.body], [200, { decision: true }]);
    const many = await call('POST', '/access/v1/evaluations', {
      ...question,
      evaluations: [{}, { resource: { id: 'd2' } }, { subject: 'x' }],
    });
    assert.equal(many.status, 200, JSON.stringify(many.body));
    assert.deepEqual(
      many.body.evaluations.map(({ decision }: { decision: boolean }) => decision),
      [true, false, false],
    );
    for (const [name, body] of [
      ['subject', { ...question, subject: { type: 'user' } }],
      ['resource', { ...question, resource: { type: 'document' } }],
      ['action', { ...question, action: undefined }],
    ] as const) {
      const found = await call('POST', `/access/v1/search/${name}`, body);
      assert.equal(found.status, 200, JSON.stringify(found.body));
    }
    const about = await call('GET', '/.well-known/authzen-configuration');
    assert.equal(about.body.policy_decision_point, `http://localhost/orgs/${org.org.slug}/api/v1`);
  });

  it('tries changes before they are made', async () => {
    const body = {
      policies: {
        put: [{ name: 'No reading', resourceType: 'document', action: 'read', effect: 'deny', conditions: {} }],
      },
    };
    const dry = await call('POST', '/authz/dry-run', body);
    assert.equal(dry.status, 200, JSON.stringify(dry.body));
    assert.ok(dry.body.tried > 0);
    assert.ok(dry.body.changed.length > 0);
    assert.equal(dry.body.changed[0].after, 'deny');
    const tested = await call('POST', '/abac/policies/same_team/test', {
      user_id: 'u1',
      subject: { id: 'u1', attributes: { team: 'red' } },
      resourceId: 'd1',
    });
    assert.equal(tested.status, 200, JSON.stringify(tested.body));
    assert.deepEqual([tested.body.matched, tested.body.decision], [true, 'allow']);
  });

  it('keeps how decisions are combined', async () => {
    const changed = await call('PATCH', '/admin/settings/authorization', {
      decision_combination: 'and',
      timezone: 'Europe/Berlin',
    });
    assert.deepEqual(changed.body.data, {
      decision_combination: 'and',
      decision_engines: ['abac', 'rebac', 'rbac'],
      time_zone: 'Europe/Berlin',
    });
    assert.equal((await call('PATCH', '/admin/settings/authorization', { time_zone: 'Mars' })).status, 400);
    assert.equal(
      (await call('PATCH', '/admin/settings/authorization', { decision_engines: ['abac', 'abac'] })).status,
      400,
    );
  });
});
