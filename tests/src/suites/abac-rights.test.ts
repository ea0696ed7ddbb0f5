import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type AbacWorld, abacOf } from '../support/abac-world.js';
import type { Send } from '../support/http.js';
import { createOrgWorld, type OrgWorld, type TestUser } from '../support/org-world.js';

let org: OrgWorld;
let abac: AbacWorld;
let app: Awaited<ReturnType<OrgWorld['addClient']>>;

before(async () => {
  org = await createOrgWorld('abac-rights');
  abac = abacOf(org);
  app = await org.addClient({ scopes: ['openid', 'policies.view', 'attributes.manage', 'admin'] });
});

const send = (method: string, path: string, json: unknown, how: Send = { apiKey: org.apiKey }) =>
  org.http.send(method, path.startsWith('/api/') ? path : `${org.api}${path}`, {
    ...how,
    ...(json !== undefined && { json }),
  });

describe('Who may change what decides', () => {
  const policy = { name: 'Mine', resourceType: '*', action: '*', effect: 'allow', conditions: {} };
  const writes: readonly (readonly [string, string, unknown])[] = [
    ['POST', '/abac/policies', policy],
    ['POST', '/admin/abac/policies', policy],
    ['PATCH', '/abac/policies/victim', { effect: 'allow' }],
    ['POST', '/abac/policies/victim/toggle', undefined],
    ['DELETE', '/abac/policies/victim', undefined],
    ['POST', '/abac/attributes', { name: 'Mine', attributeType: 'user', dataType: 'string' }],
    ['PUT', '/abac/users/me/attributes/clearance', { value: 9 }],
    ['PUT', '/admin/users/me/attributes', { clearance: 9 }],
    ['PUT', '/abac/resources/document/d/attributes/owner', { value: 'me' }],
    ['PATCH', '/admin/settings/authorization', { decision_combination: 'first_match' }],
  ];
  let nobody: TestUser;
  before(async () => {
    await abac.policy({ name: 'Victim', resourceType: 'gold', action: '*', effect: 'deny' });
    await abac.define('user', 'clearance', { dataType: 'number' });
    await abac.define('resource', 'owner');
    nobody = await org.addUser();
  });

  const refusedTo = async (how: Send, what: string, among = writes) => {
    for (const [method, path, json] of among) {
      const answer = await send(method, path, json, how);
      assert.ok(
        [401, 403].includes(answer.status),
        `${what}: ${method} ${path}: ${answer.status} ${answer.text.slice(0, 200)}`,
      );
    }
  };

  it('not a person without permissions, whatever its token asks for', async () => {
    await refusedTo(
      { bearer: (await org.tokensOf(nobody, app, 'openid admin attributes.manage')).access_token },
      'nobody',
    );
  });

  it('not an auditor, who only reads', async () => {
    const auditor = await org.addUser({ roles: ['auditor'] });
    const how = { bearer: (await org.tokensOf(auditor, app, 'openid admin policies.view')).access_token };
    await refusedTo(how, 'auditor');
    (await send('GET', '/abac/policies', undefined, how)).expect(200);
  });

  it('not an administrator through an app that was not asked to', async () => {
    await refusedTo({ bearer: (await org.tokensOf(org.admin, app, 'openid')).access_token }, 'plain app');
  });

  it('not an agent, nobody, nor another org', async () => {
    await refusedTo({ bearer: await org.agentToken(await org.addAgent(['gold.take'])) }, 'agent');
    await refusedTo({}, 'nobody at all');
    const stranger = await createOrgWorld('abac-rights-other');
    await refusedTo({ apiKey: stranger.apiKey }, 'another org');
  });

  it('who manages attributes manages no policies', async () => {
    await org.call(
      'POST',
      '/admin/roles',
      { name: 'Stewards', slug: 'stewards', permissions: ['attributes.manage'] },
      201,
    );
    const steward = await org.addUser({ roles: ['stewards'] });
    const how = { bearer: (await org.tokensOf(steward, app, 'openid attributes.manage')).access_token };
    (await send('PUT', '/abac/users/me/attributes/clearance', { value: 1 }, how)).expect(200);
    await refusedTo(
      how,
      'steward',
      writes.filter(([, path]) => /policies|settings/.test(path)),
    );
  });

  it('beside it: an administrator may, and so may a key', async () => {
    const bearer = (await org.tokensOf(org.admin, app, 'openid admin')).access_token;
    (
      await send('POST', '/abac/policies', { ...policy, name: 'Of the administrator', resourceType: 'own' }, { bearer })
    ).expect(201);
    (await send('GET', '/abac/policies/victim', undefined)).expect(200);
    assert.equal(
      (await send('GET', '/abac/policies/victim', undefined)).json<{ data: { effect: string } }>().data.effect,
      'deny',
    );
  });

  it('a right over policies is given by who has it (OWASP API5)', async () => {
    const lesser = await org.call('POST', '/admin/api-keys', { name: 'lesser', scopes: ['admin:clients'] }, 201);
    const { key } = lesser.json<{ data: { key: string } }>().data;
    const made = await send(
      'POST',
      '/admin/clients',
      { name: 'Sneaky', applicationType: 'm2m', scopes: ['policies.manage'] },
      { apiKey: key },
    );
    made.expect(403);
  });
});
