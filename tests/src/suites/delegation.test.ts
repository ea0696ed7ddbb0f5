import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { auditLog } from '../support/audit-log.js';
import { ask, type DelegatedClaims, delegate, exchangeForm } from '../support/delegation.js';
import { createOrgWorld, type OrgWorld, type TestAgent, type TestClient, type TestUser } from '../support/org-world.js';
import { claimsOf } from '../support/tokens.js';
import { waitUntil } from '../support/wait-until.js';

const CAPABILITIES = ['document.read', 'document.edit', 'delegate:on_behalf'];

let org: OrgWorld;
let person: TestUser;
let app: TestClient;
let machine: TestClient;
let userToken = '';

interface Actor {
  readonly agent: TestAgent;
  readonly token: string;
  readonly sub: string;
}

async function addActor(capabilities: readonly string[] = CAPABILITIES): Promise<Actor> {
  const agent = await org.addAgent(capabilities);
  return { agent, token: await org.agentToken(agent), sub: `agent_${agent.agentId}` };
}

const claims = (token: string) => claimsOf<DelegatedClaims>(token);
const isActive = async (token: string) => (await org.oauth.introspect(token, machine)).active;

/** What the gateway says to a token, which any token of the org may ask. */
async function gatewayStatus(bearer: string): Promise<number> {
  return (await org.http.send('GET', `${org.api}/agents/me`, { bearer })).status;
}

const untilRefused = (bearer: string) =>
  waitUntil(async () => (await gatewayStatus(bearer)) === 401, {
    what: 'the gateway refuses the token within a second',
    forMs: 1000,
    everyMs: 10,
  });

before(async () => {
  org = await createOrgWorld('delegation');
  await org.addRole('editor', ['document.read', 'document.edit']);
  person = await org.addUser({ roles: ['editor'] });
  app = await org.addClient({ scopes: ['openid', 'offline_access', 'admin', 'document.read', 'document.edit'] });
  machine = await org.addClient({ applicationType: 'm2m', scopes: ['document.read'] });
  userToken = (await org.tokensOf(person, app, 'openid document.read document.edit')).access_token;
});

describe('A delegated token (RFC 8693, contract 4.6)', () => {
  it('names the person, the actor and the chain, and carries what both may do', async () => {
    const { token, sub } = await addActor(['document.read', 'delegate:on_behalf']);
    const delegated = claims(await delegate(org, userToken, token));
    assert.equal(delegated.sub, person.id);
    assert.deepEqual(delegated.act, { iss: org.issuer, sub, sub_profile: 'ai_agent' });
    assert.deepEqual(delegated.delegation_chain, [sub]);
    assert.equal(delegated.scope, 'document.read', 'openid says who somebody is and is not handed on');
  });

  it('of a sub-agent: the current actor is outermost, the chain runs from first to last', async () => {
    const [a, b, c] = [await addActor(), await addActor(), await addActor()];
    const first = await delegate(org, userToken, a.token);
    const second = await delegate(org, first, b.token);
    const third = claims(await delegate(org, second, c.token));
    assert.deepEqual([third.act.sub, third.act.act?.sub, third.act.act?.act?.sub], [c.sub, b.sub, a.sub]);
    assert.deepEqual(third.delegation_chain, [a.sub, b.sub, c.sub]);
    assert.equal(third.sub, person.id);
  });

  it('is given without client authentication, and with that of the agent itself', async () => {
    const { agent, token } = await addActor();
    await org.oauth.grant(exchangeForm(userToken, token));
    await org.oauth.grant(exchangeForm(userToken, token), { basic: [agent.agentId, agent.clientSecret] });
    await org.oauth.refused(exchangeForm(userToken, token), 401, 'invalid_client', { basic: [agent.agentId, 'wrong'] });
  });

  it('an empty client_secret means none (contract 9.6 row 14)', async () => {
    const { token } = await addActor();
    await org.oauth.grant(exchangeForm(userToken, token, { client_secret: '' }));
  });

  it('opens the API it is for, and not the admin API of the person', async () => {
    const { token } = await addActor();
    const admin = (await org.tokensOf(org.admin, app, 'openid admin document.read')).access_token;
    const [own] = [await org.http.send('GET', `${org.api}/admin/users`, { bearer: admin })];
    own.expect(200);
    const delegated = await delegate(org, admin, token);
    assert.equal(claims(delegated).scope, 'document.read');
    (await org.http.send('GET', `${org.api}/admin/users`, { bearer: delegated })).expect(403);
    await org.oauth.refused(exchangeForm(admin, token, { scope: 'admin' }), 400, 'invalid_scope');
  });
});

describe('Delegation, hard cases', () => {
  it('D-1 a delegated token without an actor token is never exchanged into a clean one', async () => {
    const { token } = await addActor();
    const delegated = await delegate(org, userToken, token);
    const { actor_token: _token, actor_token_type: _type, ...alone } = exchangeForm(delegated, '');
    await org.oauth.refused(alone, 400, 'invalid_request');
    const { actor_token_type: _absent, ...untyped } = exchangeForm(userToken, token);
    await org.oauth.refused(untyped, 400, 'invalid_request');
    await delegate(org, delegated, (await addActor()).token);
  });

  it('D-2 nothing is delegated further once an agent of the chain was stopped, and its children are dead', async () => {
    const [a, b, c] = [await addActor(), await addActor(), await addActor()];
    const first = await delegate(org, userToken, a.token);
    const second = await delegate(org, first, b.token);
    assert.equal(await isActive(second), true);
    await org.call('POST', `/admin/agents/${a.agent.agentId}/disable`);
    await org.oauth.refused(exchangeForm(first, c.token), 400, 'invalid_grant');
    await org.oauth.refused(exchangeForm(second, c.token), 400, 'invalid_grant');
    assert.deepEqual(await org.oauth.introspect(second, machine), { active: false });
    await delegate(org, userToken, c.token);
  });

  it('D-3 an agent acts with its own token only, and an agent does not act for an agent', async () => {
    const [a, b] = [await addActor(), await addActor()];
    const stolen = await org.oauth.token(exchangeForm(userToken, a.token), {
      basic: [b.agent.agentId, b.agent.clientSecret],
    });
    assert.equal(stolen.status, 400, stolen.text);
    const forAgent = await org.oauth.token(exchangeForm(a.token, b.token));
    assert.equal(forAgent.status, 400, forAgent.text);
    const byPerson = await org.oauth.token(exchangeForm(userToken, userToken));
    assert.equal(byPerson.status, 400, byPerson.text);
    const byDelegated = await org.oauth.token(exchangeForm(userToken, await delegate(org, userToken, a.token)));
    assert.equal(byDelegated.status, 400, byDelegated.text);
  });

  it('D-4 introspection tells the same as the token', async () => {
    const [a, b] = [await addActor(), await addActor()];
    const token = await delegate(org, await delegate(org, userToken, a.token), b.token);
    const inside = claims(token) as unknown as Record<string, unknown>;
    const told = await org.oauth.introspect(token, machine);
    assert.equal(told.active, true);
    for (const claim of ['sub', 'act', 'delegation_chain', 'scope', 'client_id', 'exp', 'iat', 'iss', 'aud', 'jti']) {
      assert.deepEqual(told[claim], inside[claim], claim);
    }
  });

  it('D-5 the fourth agent in a chain is refused, and nothing is cut off', async () => {
    const actors = [await addActor(), await addActor(), await addActor()];
    let token = userToken;
    for (const actor of actors) token = await delegate(org, token, actor.token);
    const refusal = await org.oauth.refused(
      exchangeForm(token, (await addActor()).token),
      403,
      'delegation_depth_exceeded',
    );
    assert.equal(refusal.max_depth, 3);
    assert.equal(claims(token).delegation_chain.length, 3);
  });

  it('D-6 no agent stands twice in a chain', async () => {
    const [a, b] = [await addActor(), await addActor()];
    const first = await delegate(org, userToken, a.token);
    await org.oauth.refused(exchangeForm(first, a.token), 400, 'invalid_request');
    const second = await delegate(org, first, b.token);
    await org.oauth.refused(exchangeForm(second, a.token), 400, 'invalid_request');
    await org.oauth.refused(exchangeForm(second, await org.agentToken(a.agent)), 400, 'invalid_request');
  });

  it('D-7 scope only shrinks; it is narrowed in silence only where none was named', async () => {
    const reader = await addActor(['document.read', 'delegate:on_behalf']);
    const editor = await addActor();
    assert.equal(claims(await delegate(org, userToken, reader.token)).scope, 'document.read');
    await org.oauth.refused(exchangeForm(userToken, reader.token, { scope: 'document.edit' }), 400, 'invalid_scope');
    const narrow = await delegate(org, userToken, editor.token, { scope: 'document.read' });
    await org.oauth.refused(
      exchangeForm(narrow, (await addActor()).token, { scope: 'document.edit' }),
      400,
      'invalid_scope',
    );
    assert.equal(claims(await delegate(org, narrow, (await addActor()).token)).scope, 'document.read');
    // D-8: what looks like more is not resolved into something.
    for (const scope of ['document.*', 'DOCUMENT.READ', 'document.read document.edıt', '*']) {
      await org.oauth.refused(exchangeForm(userToken, editor.token, { scope }), 400, 'invalid_scope');
    }
    await org.oauth.refused(
      exchangeForm(userToken, editor.token, { audience: 'https://elsewhere.example' }),
      400,
      'invalid_target',
    );
  });

  it('D-7 an agent token that was narrowed hands on no more than it carries', async () => {
    const { agent } = await addActor();
    const narrowed = await org.agentToken(agent, 'document.read delegate:on_behalf');
    assert.equal(claims(await delegate(org, userToken, narrowed)).scope, 'document.read');
    const without = await org.agentToken(agent, 'document.read');
    await org.oauth.refused(exchangeForm(userToken, without), 403, 'delegation_not_allowed');
  });

  it('D-9 it ends no later than any token it was made from', async () => {
    const brief = await org.addClient({ scopes: ['openid', 'document.read'], accessTokenLifetime: 90 });
    const subject = (await org.tokensOf(person, brief, 'openid document.read')).access_token;
    const [a, b] = [await addActor(), await addActor()];
    const first = await delegate(org, subject, a.token);
    const second = await delegate(org, first, b.token);
    for (const token of [first, second]) assert.ok(claims(token).exp <= claims(subject).exp);
    const answer = await org.oauth.grant(exchangeForm(subject, a.token));
    assert.ok(answer.expires_in <= 90);
  });

  it('D-10 tokens of two orgs are never combined, at either of them', async () => {
    const other = await createOrgWorld('delegation-b');
    const foreignAgent = await other.addAgent(CAPABILITIES);
    const foreignActor = await other.agentToken(foreignAgent);
    const { token: actor } = await addActor();
    for (const [world, subject, acting] of [
      [org, userToken, foreignActor],
      [other, userToken, foreignActor],
      [other, userToken, actor],
    ] as const) {
      const answer = await world.oauth.token(exchangeForm(subject, acting));
      assert.equal(answer.status, 400, answer.text);
    }
    await delegate(org, userToken, actor);
  });

  it('D-11 what the person may no longer do, the agent may not either, from the next question on', async () => {
    const other = await org.addUser({ roles: ['editor'] });
    const token = (await org.tokensOf(other, app, 'openid document.read')).access_token;
    const { token: actor } = await addActor();
    const delegated = await delegate(org, token, actor);
    const allowed = async () =>
      (await ask(org, delegated, { action: 'document.read' })).expect(200).json<{ allowed: boolean }>().allowed;
    assert.equal(await allowed(), true);
    await org.call('DELETE', `/admin/users/${other.id}/roles/editor`);
    assert.equal(await allowed(), false);
  });

  it('D-15 one token does not become a hundred thousand', async () => {
    const [a, b] = [await addActor(), await addActor()];
    const parent = await delegate(org, userToken, a.token);
    for (let child = 1; child <= 100; child++) await delegate(org, parent, b.token);
    const answer = await org.oauth.token(exchangeForm(parent, b.token));
    assert.deepEqual([answer.status, answer.json().error], [429, 'slow_down']);
    assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
  });

  it('an agent without delegate:on_behalf acts for nobody', async () => {
    const { token } = await addActor(['document.read']);
    await org.oauth.refused(exchangeForm(userToken, token), 403, 'delegation_not_allowed');
  });
});

describe('Stopping an agent', () => {
  it('V-3 kills what runs through it, and nothing before it', async () => {
    const [a, b, c] = [await addActor(), await addActor(), await addActor()];
    const first = await delegate(org, userToken, a.token);
    const second = await delegate(org, first, b.token);
    const third = await delegate(org, second, c.token);
    await org.call('POST', `/admin/agents/${b.agent.agentId}/disable`);
    assert.deepEqual(await org.oauth.introspect(second, machine), { active: false });
    assert.deepEqual(await org.oauth.introspect(third, machine), { active: false });
    await untilRefused(second);
    await untilRefused(third);
    assert.equal(await isActive(first), true, 'the ancestor');
    assert.equal(await isActive(c.token), true, 'the descendant agent for itself');
    assert.equal(await gatewayStatus(first), 200);
  });

  it('disabled: inactive at introspection at once, out at the gateway within a second, no new token', async () => {
    const { agent, token } = await addActor();
    assert.equal(await isActive(token), true);
    assert.equal(await gatewayStatus(token), 200);
    await org.call('POST', `/admin/agents/${agent.agentId}/disable`);
    assert.deepEqual(await org.oauth.introspect(token, machine), { active: false });
    await untilRefused(token);
    const form = { grant_type: 'client_credentials', client_id: agent.agentId, client_secret: agent.clientSecret };
    await org.oauth.refused(form, 401, 'invalid_client');
    await org.oauth.refused(exchangeForm(userToken, token), 400, 'invalid_grant');
    await auditLog(org.http, org.api, org.apiKey).find('agent.disabled', (entry) => entry.targetId === agent.agentId);
  });

  it('enabled again: new tokens count, old ones stay dead', async () => {
    const { agent, token: old } = await addActor();
    await org.call('POST', `/admin/agents/${agent.agentId}/disable`);
    await org.call('POST', `/admin/agents/${agent.agentId}/enable`);
    // A token of the second in which the agent was stopped dies with it: wait for one of the next.
    await waitUntil(async () => isActive(await org.agentToken(agent)), { what: 'a new token counts', forMs: 3000 });
    assert.equal(await isActive(old), false);
  });

  it('deleted: everything of it is dead, and its id never comes back', async () => {
    const { agent, token } = await addActor();
    const delegated = await delegate(org, userToken, token);
    await org.call('DELETE', `/admin/agents/${agent.agentId}`);
    assert.equal(await isActive(token), false);
    assert.equal(await isActive(delegated), false);
    const again = await org.addAgent(CAPABILITIES, 'The same name');
    assert.notEqual(again.agentId, agent.agentId);
  });

  it('new credentials end the old ones', async () => {
    const { agent } = await addActor();
    const form = { grant_type: 'client_credentials', client_id: agent.agentId, client_secret: agent.clientSecret };
    const answer = await org.call('POST', `/admin/agents/${agent.agentId}/rotate-credentials`, {});
    const { clientSecret } = answer.json<{ data: { clientSecret: string } }>().data;
    await org.oauth.refused(form, 401, 'invalid_client');
    await org.oauth.grant({ ...form, client_secret: clientSecret });
  });
});

describe('Ending what a person delegated', () => {
  it('a blocked person: the token and everything made from it is dead', async () => {
    const other = await org.addUser({ roles: ['editor'] });
    const token = (await org.tokensOf(other, app, 'openid document.read')).access_token;
    const { token: actor } = await addActor();
    const delegated = await delegate(org, token, actor);
    assert.equal(await isActive(delegated), true);
    await org.call('POST', `/admin/users/${other.id}/block`);
    assert.equal(await isActive(token), false);
    assert.deepEqual(await org.oauth.introspect(delegated, machine), { active: false });
    await untilRefused(delegated);
    await org.oauth.refused(exchangeForm(token, actor), 400, 'invalid_grant');
  });

  it('a revoked refresh token ends the tokens that were derived from it (contract 4.6 step 6)', async () => {
    const tokens = await org.tokensOf(person, app, 'openid document.read offline_access');
    const { token: actor } = await addActor();
    const delegated = await delegate(org, tokens.access_token, actor);
    const revoked = await org.http.send('POST', `${org.api}/oauth/revoke`, {
      form: { token: tokens.refresh_token ?? '', token_type_hint: 'refresh_token', client_id: app.clientId },
    });
    revoked.expect(200);
    assert.equal(await isActive(tokens.access_token), false);
    assert.equal(await isActive(delegated), false);
    assert.equal(await isActive(userToken), true, 'another session of the person goes on');
  });
});
