import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type AuditLog, auditLog } from '../support/audit-log.js';
import { createHttp } from '../support/http.js';
import { signIn } from '../support/sign-in.js';
import { target } from '../support/target.js';
import { ACCESS_TOKEN_TYPE, claimsOf, TOKEN_EXCHANGE, tokenEndpoint } from '../support/tokens.js';

interface Act {
  readonly sub: string;
  readonly act?: Act;
}

/** The one story the platform exists for, from the seeded org, in the order in which it happens. */
describe('A person signs in, an app checks, an agent acts for the person, and the log knows', () => {
  const { bootstrap } = target;
  const { alice, agent, clients } = bootstrap;
  const http = createHttp(target.baseUrl);
  const api = `/orgs/${bootstrap.org}/api/v1`;
  const oauth = tokenEndpoint(http, api);
  const [redirectUri = ''] = clients.spa.redirectUris;
  const check = (bearer: string, permission: string) =>
    http.send('POST', '/api/v1/authz/check', { bearer, json: { permission } });

  let log: AuditLog;
  let aliceId = '';
  let aliceToken = '';
  let agentToken = '';
  let delegatedToken = '';
  before(() => {
    log = auditLog(http, api, bootstrap.apiKey);
  });

  it('Alice signs in to the app on the hosted page, with OpenID Connect and PKCE', async () => {
    const client = { clientId: clients.spa.clientId, redirectUri };
    const scope = 'openid profile email document.read';
    const signedIn = await signIn(http, { apiPath: api, client, person: alice, scope });
    assert.equal(signedIn.callback.searchParams.get('state'), signedIn.state);
    assert.equal(signedIn.callback.searchParams.get('iss'), bootstrap.issuer, 'RFC 9207');

    const tokens = await oauth.grant({
      grant_type: 'authorization_code',
      code: signedIn.code,
      redirect_uri: redirectUri,
      client_id: client.clientId,
      code_verifier: signedIn.verifier,
    });
    const idToken = claimsOf<{ nonce: string; sub: string; email: string }>(tokens.id_token ?? '');
    assert.equal(idToken.nonce, signedIn.nonce);
    aliceId = idToken.sub;
    aliceToken = tokens.access_token;

    const userinfo = await http.send('GET', `${api}/oauth/userinfo`, { bearer: aliceToken });
    const claims = userinfo.expect(200).json<{ sub: string; email: string }>();
    assert.deepEqual([claims.sub, claims.email], [aliceId, alice.email]);
  });

  it('the app asks whether Alice may read and may edit documents', async () => {
    const read = (await check(aliceToken, 'document.read')).expect(200).json();
    assert.deepEqual([read.allowed, read.user_id], [true, aliceId]);
    const edit = (await check(aliceToken, 'document.edit')).expect(200).json();
    assert.equal(edit.allowed, false, 'a viewer does not edit');
  });

  it('the agent gets a token of its own', async () => {
    const tokens = await oauth.grant({
      grant_type: 'client_credentials',
      client_id: agent.clientId,
      client_secret: agent.clientSecret,
    });
    agentToken = tokens.access_token;
    assert.equal(claimsOf(agentToken).sub, `agent_${agent.clientId}`);
  });

  it('the agent exchanges it, with the token of Alice, for one that acts for her', async () => {
    const tokens = await oauth.grant({
      grant_type: TOKEN_EXCHANGE,
      subject_token: aliceToken,
      subject_token_type: ACCESS_TOKEN_TYPE,
      actor_token: agentToken,
      actor_token_type: ACCESS_TOKEN_TYPE,
      scope: 'document.read',
    });
    delegatedToken = tokens.access_token;
    assert.equal(tokens.issued_token_type, ACCESS_TOKEN_TYPE);
    const claims = claimsOf<{ sub: string; act: Act; delegation_chain: string[]; scope: string }>(delegatedToken);
    assert.equal(claims.sub, aliceId);
    assert.equal(claims.act.sub, `agent_${agent.clientId}`, 'outermost is the current actor, RFC 8693 section 4.1');
    assert.deepEqual(claims.delegation_chain, [`agent_${agent.clientId}`]);
    assert.equal(claims.scope, 'document.read');
  });

  it('the agent asks whether it may do a thing, and may not do another', async () => {
    const ask = (action: string) =>
      http.send('POST', `${api}/agents/ask`, { bearer: delegatedToken, json: { action, context: { file: 'q3.pdf' } } });
    const read = (await ask('document.read')).expect(200).json();
    assert.deepEqual([read.allowed, read.action, read.context], [true, 'document.read', { file: 'q3.pdf' }]);
    assert.match(String(read.audit_id), /^[0-9a-f]{16}$/);
    assert.equal((await ask('document.edit')).expect(200).json().allowed, false);

    const me = (await http.send('GET', `${api}/agents/me`, { bearer: delegatedToken })).expect(200).json();
    assert.deepEqual(me.on_behalf_of, { type: 'user', id: aliceId });
  });

  it('every step stands in the audit log of the org, with who acted through whom', async () => {
    const chain = [{ type: 'agent', id: agent.clientId }];
    const signedIn = await log.find('auth.login.success', (entry) => entry.actorId === aliceId);
    assert.equal(signedIn.status, 'success');
    assert.equal(signedIn.userEmail, alice.email);
    assert.ok(signedIn.ipAddress, 'the address it came from');
    assert.ok(signedIn.requestId, 'the request it belongs to');
    await log.find('consent.granted', (entry) => entry.actorId === aliceId);
    await log.find('token.issued', (entry) => entry.actorId === aliceId);
    await log.find('token.issued', (entry) => entry.actorId === agent.clientId);
    const checked = await log.find('authz.checked', (entry) => entry.actorId === aliceId);
    const { decisions } = (await log.detail(checked.id)).context as { decisions: readonly object[] };
    assert.deepEqual(checked.actorChain, []);
    for (const decision of [
      { permission: 'document.read', allowed: true },
      { permission: 'document.edit', allowed: false },
    ]) {
      assert.ok(
        decisions.some((found) => isDeepStrictEqual({ ...found, ...decision }, found)),
        JSON.stringify(decisions),
      );
    }

    const delegated = await log.find('agent.delegated', (entry) => entry.actorId === aliceId);
    assert.deepEqual(delegated.actorChain, chain);
    const exchanged = await log.find('token.exchanged', (entry) => entry.actorId === aliceId);
    assert.deepEqual(exchanged.actorChain, chain);
    for (const status of ['success', 'denied']) {
      const asked = await log.find('agent.action', (entry) => entry.actorId === aliceId && entry.status === status);
      assert.deepEqual(asked.actorChain, chain, status);
    }
  });

  it('nobody without the right to read it reads the log', async () => {
    for (const bearer of [aliceToken, agentToken, delegatedToken]) {
      (await http.send('GET', `${api}/admin/audit-logs`, { bearer })).expect(403);
    }
    (await http.send('GET', `${api}/admin/audit-logs`)).expect(401);
  });
});
