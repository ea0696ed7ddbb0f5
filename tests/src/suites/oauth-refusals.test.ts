import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { auditLog } from '../support/audit-log.js';
import { forgedTokens } from '../support/forged-tokens.js';
import { APP_CALLBACK, createOrgWorld, type OrgWorld, type TestClient, type TestUser } from '../support/org-world.js';
import { signIn } from '../support/sign-in.js';
import { ACCESS_TOKEN_TYPE, TOKEN_EXCHANGE, type TokenAnswer } from '../support/tokens.js';

let org: OrgWorld;
let person: TestUser;
let spa: TestClient;
let machine: TestClient;
let tokens: TokenAnswer;

before(async () => {
  org = await createOrgWorld('refusals');
  person = await org.addUser();
  spa = await org.addClient();
  machine = await org.addClient({ applicationType: 'm2m', scopes: ['document.read'] });
  tokens = await org.tokensOf(person, spa);
});

const machineGrant = () => ({
  grant_type: 'client_credentials',
  client_id: machine.clientId,
  client_secret: machine.clientSecret,
});

/** Status of a request that any access token of a person may make. */
async function gatewayStatus(bearer: string, world = org): Promise<number> {
  const answer = await world.http.send('POST', `${world.api}/authz/check`, { bearer, json: { permission: 'x' } });
  return answer.status;
}

async function userinfoStatus(bearer: string, world = org): Promise<number> {
  return (await world.http.send('GET', `${world.api}/oauth/userinfo`, { bearer })).status;
}

describe('Tokens that nobody issued (attack 18 and 19; RFC 8725)', () => {
  it('beside them: the genuine one is accepted everywhere', async () => {
    assert.equal(await gatewayStatus(tokens.access_token), 200);
    assert.equal(await userinfoStatus(tokens.access_token), 200);
    assert.equal((await org.oauth.introspect(tokens.access_token, machine)).active, true);
  });

  it('every forgery is refused at the gateway, at userinfo, at introspection and in an exchange', async () => {
    const agent = await org.addAgent(['delegate:on_behalf']);
    const actor = await org.agentToken(agent);
    const jwks = (await org.http.send('GET', `${org.issuer}/.well-known/jwks.json`)).json<{ keys: JsonWebKey[] }>();
    const forgeries = await forgedTokens(tokens.access_token, jwks.keys);
    assert.ok(forgeries.length > 20);
    for (const { what, token } of forgeries) {
      assert.equal(await gatewayStatus(token), 401, what);
      assert.equal(await userinfoStatus(token), 401, what);
      assert.deepEqual(await org.oauth.introspect(token, machine), { active: false }, what);
      const exchange = await org.oauth.token({
        grant_type: TOKEN_EXCHANGE,
        ...{ subject_token: token, subject_token_type: ACCESS_TOKEN_TYPE },
        ...{ actor_token: actor, actor_token_type: ACCESS_TOKEN_TYPE },
      });
      assert.equal(exchange.status, 400, `${what}: ${exchange.text}`);
    }
  });

  it('an ID token is no access token (attack 7, 20)', async () => {
    assert.ok(tokens.id_token);
    assert.equal(await gatewayStatus(tokens.id_token), 401);
    assert.equal(await userinfoStatus(tokens.id_token), 401);
    assert.deepEqual(await org.oauth.introspect(tokens.id_token, machine), { active: false });
  });

  it('a refresh token is no access token', async () => {
    assert.equal(await gatewayStatus(tokens.refresh_token ?? ''), 401);
    assert.equal(await userinfoStatus(tokens.refresh_token ?? ''), 401);
  });
});

describe('Client authentication at the token endpoint', () => {
  it('Basic and form both work; JSON too', async () => {
    const { client_id: id, client_secret: secret, ...grant } = machineGrant();
    await org.oauth.grant(grant, { basic: [id, secret] });
    await org.oauth.grant(machineGrant());
    const answer = await org.http.send('POST', `${org.api}/oauth/token`, { json: machineGrant() });
    answer.expect(200);
  });

  const wrong: readonly (readonly [string, () => Record<string, string>, string?])[] = [
    ['a wrong secret', () => ({ client_secret: `${machine.clientSecret}x` })],
    ['an empty secret', () => ({ client_secret: '' })],
    ['the secret of another client', () => ({ client_id: spa.clientId })],
    ['an unknown client', () => ({ client_id: 'cli_unknown' })],
  ];
  for (const [what, change] of wrong) {
    it(`${what}: 401 invalid_client`, async () => {
      await org.oauth.refused({ ...machineGrant(), ...change() }, 401, 'invalid_client');
    });
  }

  it('a wrong secret in Basic is answered with a challenge', async () => {
    const answer = await org.oauth.token({ grant_type: 'client_credentials' }, { basic: [machine.clientId, 'wrong'] });
    assert.equal(answer.expect(401).json().error, 'invalid_client');
    assert.match(answer.headers.get('www-authenticate') ?? '', /^Basic/i);
  });

  it('two ways at once are refused, also where both are right (RFC 6749 section 2.3)', async () => {
    const answer = await org.oauth.token(machineGrant(), { basic: [machine.clientId, machine.clientSecret] });
    assert.ok(answer.status === 400 || answer.status === 401, answer.text);
  });

  it('a disabled client gets nothing and what it had is dead; an enabled one goes on (attack 33)', async () => {
    const client = await org.addClient({ applicationType: 'm2m', scopes: ['document.read'] });
    const form = { grant_type: 'client_credentials', client_id: client.clientId, client_secret: client.clientSecret };
    const { access_token: token } = await org.oauth.grant(form);
    await org.call('POST', `/admin/clients/${client.clientId}/disable`);
    await org.oauth.refused(form, 401, 'invalid_client');
    assert.equal((await org.oauth.introspect(token, machine)).active, false);
    await org.call('POST', `/admin/clients/${client.clientId}/enable`);
    await org.oauth.grant(form);
  });

  it('a rotated secret is dead, the new one works', async () => {
    const client = await org.addClient({ applicationType: 'm2m' });
    const form = { grant_type: 'client_credentials', client_id: client.clientId, client_secret: client.clientSecret };
    await org.oauth.grant(form);
    const rotated = await org.call('POST', `/admin/clients/${client.clientId}/rotate-secret`, {});
    const { secret } = rotated.json<{ data: { secret: string } }>().data;
    await org.oauth.refused(form, 401, 'invalid_client');
    await org.oauth.grant({ ...form, client_secret: secret });
  });
});

describe('Grants that do not exist or do not fit', () => {
  const unsupported = ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'nonsense'];
  for (const grant of unsupported) {
    it(`${grant}: unsupported_grant_type`, async () => {
      const form = { grant_type: grant, username: person.email, password: person.password };
      await org.oauth.refused({ ...machineGrant(), ...form }, 400, 'unsupported_grant_type');
      await org.oauth.refused({ ...form, client_id: spa.clientId }, 400, 'unsupported_grant_type');
    });
  }

  it('no grant_type: invalid_request', async () => {
    const { grant_type: _absent, ...form } = machineGrant();
    await org.oauth.refused(form, 400, 'invalid_request');
  });

  it('a grant that the client may not use: unauthorized_client', async () => {
    const answer = await org.oauth.token({ grant_type: 'client_credentials', client_id: spa.clientId });
    assert.ok(['unauthorized_client', 'invalid_client'].includes(String(answer.json().error)), answer.text);
    await org.oauth.refused(
      { ...machineGrant(), grant_type: 'refresh_token', refresh_token: 'x' },
      401,
      'unauthorized_client',
    );
  });

  it('a parameter that stands twice: invalid_request (attack 51)', async () => {
    for (const name of ['grant_type', 'client_id', 'client_secret', 'scope']) {
      const form = new URLSearchParams({ ...machineGrant(), scope: 'document.read' });
      form.append(name, form.get(name) ?? '');
      await org.oauth.refused(form, 400, 'invalid_request');
    }
  });

  it('a JSON body in which a member stands twice is refused', async () => {
    const body = JSON.stringify(machineGrant()).replace('{', '{"grant_type":"client_credentials",');
    const answer = await org.http.send('POST', `${org.api}/oauth/token`, {
      body,
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(answer.status, 400, answer.text);
  });

  it('parameters in the URL of the token endpoint are no parameters (RFC 6749 section 3.2)', async () => {
    const query = new URLSearchParams(machineGrant());
    const answer = await org.http.send('POST', `${org.api}/oauth/token?${query}`, { form: {} });
    assert.ok(answer.status === 400 || answer.status === 401, answer.text);
  });

  it('a token answer is never cached', async () => {
    const answer = await org.oauth.token(machineGrant());
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('pragma'), 'no-cache');
  });
});

describe('Authorization codes', () => {
  const codeForm = async (client = spa) => {
    const { code, verifier } = await signIn(org.http, {
      apiPath: org.api,
      client,
      person,
      scope: 'openid offline_access',
    });
    return {
      ...{ grant_type: 'authorization_code', code, code_verifier: verifier },
      ...{ redirect_uri: APP_CALLBACK, client_id: client.clientId },
    };
  };

  it('a second use is refused, ends every token of the first, and is reported (attack 5)', async () => {
    const form = await codeForm();
    const first = await org.oauth.grant(form);
    assert.equal((await org.oauth.introspect(first.access_token, machine)).active, true);
    await org.oauth.refused(form, 400, 'invalid_grant');
    assert.equal((await org.oauth.introspect(first.access_token, machine)).active, false);
    const refresh = { grant_type: 'refresh_token', client_id: spa.clientId, refresh_token: first.refresh_token ?? '' };
    await org.oauth.refused(refresh, 400, 'invalid_grant');
    await auditLog(org.http, org.api, org.apiKey).find('oauth.security.code_reuse_detected');
  });

  it('two uses at the same time give at most one set of tokens', async () => {
    const form = await codeForm();
    const answers = await Promise.all([org.oauth.token(form), org.oauth.token(form), org.oauth.token(form)]);
    assert.ok(answers.filter(({ status }) => status === 200).length <= 1);
  });

  it('belongs to its client and its redirect URI', async () => {
    const other = await org.addClient();
    await org.oauth.refused({ ...(await codeForm()), client_id: other.clientId }, 400, 'invalid_grant');
    await org.oauth.refused(
      { ...(await codeForm()), redirect_uri: 'http://127.0.0.1:1/callback' },
      400,
      'invalid_grant',
    );
    const { redirect_uri: _absent, ...form } = await codeForm();
    const answer = await org.oauth.token(form);
    assert.equal(answer.status, 400, answer.text);
  });

  it('one that was never given out: invalid_grant', async () => {
    await org.oauth.refused({ ...(await codeForm()), code: 'A'.repeat(43) }, 400, 'invalid_grant');
  });
});

describe('Revocation and introspection (contract 2.14)', () => {
  it('an access token that was revoked is dead: at introspection at once, at the gateway within a second', async () => {
    const { access_token: token } = await org.tokensOf(person, spa);
    assert.equal(await gatewayStatus(token), 200);
    const answer = await org.http.send('POST', `${org.api}/oauth/revoke`, {
      form: { token, client_id: spa.clientId },
    });
    answer.expect(200);
    assert.deepEqual(await org.oauth.introspect(token, machine), { active: false });
    const sinceMs = performance.now();
    while ((await gatewayStatus(token)) !== 401) {
      assert.ok(performance.now() - sinceMs < 5000, 'the gateway learns of it');
    }
  });

  it('the bearer of a token may revoke it without client authentication, as the JavaScript SDK does', async () => {
    const { access_token: token } = await org.tokensOf(person, spa);
    const answer = await org.http.send('POST', `${org.api}/oauth/revoke`, { bearer: token, form: { token } });
    answer.expect(200);
    assert.equal((await org.oauth.introspect(token, machine)).active, false);
  });

  it('nobody revokes the token of another client', async () => {
    const { access_token: token } = await org.tokensOf(person, spa);
    const { client_id: id, client_secret: secret } = machineGrant();
    await org.http.send('POST', `${org.api}/oauth/revoke`, { basic: [id, secret], form: { token } });
    assert.equal((await org.oauth.introspect(token, machine)).active, true);
  });

  it('revoking what is unknown is a success, and revoking without anything is not', async () => {
    const { client_id: id, client_secret: secret } = machineGrant();
    const basic = [id, secret] as const;
    (await org.http.send('POST', `${org.api}/oauth/revoke`, { basic, form: { token: 'unknown' } })).expect(200);
    (await org.http.send('POST', `${org.api}/oauth/revoke`, { basic, form: {} })).expect(400);
  });

  it('introspection needs a client; one without a secret learns nothing about the tokens of others', async () => {
    const form = { token: tokens.access_token };
    (await org.http.send('POST', `${org.api}/oauth/introspect`, { form })).expect(401);
    (await org.http.send('POST', `${org.api}/oauth/introspect`, { form, basic: [machine.clientId, 'no'] })).expect(401);
    const stranger = await org.addClient();
    const answer = await org.http.send('POST', `${org.api}/oauth/introspect`, {
      form: { ...form, client_id: stranger.clientId },
    });
    assert.deepEqual(answer.expect(200).json(), { active: false });
  });

  it('userinfo without a token, and with one that has no openid', async () => {
    (await org.http.send('GET', `${org.api}/oauth/userinfo`)).expect(400);
    const app = await org.addClient({ scopes: ['openid', 'document.read'] });
    const { access_token: token } = await org.tokensOf(person, app, 'document.read', { parameters: { nonce: '' } });
    const answer = await org.http.send('GET', `${org.api}/oauth/userinfo`, { bearer: token });
    assert.equal(answer.expect(403).json().error, 'insufficient_scope');
  });
});

describe('What belongs to one org is nothing in another (attack 32)', () => {
  let other: OrgWorld;
  let otherSpa: TestClient;
  let otherMachine: TestClient;
  before(async () => {
    other = await createOrgWorld('refusals-b');
    otherSpa = await other.addClient();
    otherMachine = await other.addClient({ applicationType: 'm2m' });
  });

  it('access tokens', async () => {
    assert.equal(await gatewayStatus(tokens.access_token, other), 403);
    assert.equal(await userinfoStatus(tokens.access_token, other), 401);
    assert.deepEqual(await other.oauth.introspect(tokens.access_token, otherMachine), { active: false });
    assert.equal(await gatewayStatus(tokens.access_token), 200, 'and is good at home');
  });

  it('refresh tokens and codes', async () => {
    const refresh = {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token ?? '',
      client_id: otherSpa.clientId,
    };
    await other.oauth.refused(refresh, 400, 'invalid_grant');
    const { code, verifier } = await signIn(org.http, { apiPath: org.api, client: spa, person, scope: 'openid' });
    const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: APP_CALLBACK };
    await other.oauth.refused({ ...form, client_id: otherSpa.clientId }, 400, 'invalid_grant');
    await other.oauth.refused({ ...form, client_id: spa.clientId }, 401, 'invalid_client');
    await org.oauth.grant({ ...form, client_id: spa.clientId });
  });

  it('clients and API keys', async () => {
    await other.oauth.refused(machineGrant(), 401, 'invalid_client');
    const answer = await org.http.send('GET', `${other.api}/admin/users`, { apiKey: org.apiKey });
    answer.expect(403);
  });

  it('signing keys: the issuer of one with the key of the other', async () => {
    const jwks = (await other.http.send('GET', `${other.issuer}/.well-known/jwks.json`)).json<{ keys: JsonWebKey[] }>();
    const own = (await org.http.send('GET', `${org.issuer}/.well-known/jwks.json`)).json<{ keys: JsonWebKey[] }>();
    const thumbprints = (keys: readonly JsonWebKey[]) => keys.map(({ x, n }) => x ?? n);
    for (const key of thumbprints(jwks.keys)) assert.ok(!thumbprints(own.keys).includes(key), 'keys are per org');
  });
});
