import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { APP_CALLBACK, createOrgWorld, type OrgWorld, type TestClient } from '../support/org-world.js';
import { pkcePair } from '../support/pkce.js';
import { signIn } from '../support/sign-in.js';
import { ACCESS_TOKEN_TYPE, TOKEN_EXCHANGE } from '../support/tokens.js';
import { waitUntil } from '../support/wait-until.js';

let org: OrgWorld;
let spa: TestClient;

before(async () => {
  org = await createOrgWorld('attacks');
  spa = await org.addClient();
});

const question = (more: Readonly<Record<string, string>> = {}) => ({
  response_type: 'code',
  client_id: spa.clientId,
  redirect_uri: APP_CALLBACK,
  scope: 'openid',
  state: 's',
  code_challenge: pkcePair().challenge,
  code_challenge_method: 'S256',
  ...more,
});

describe('1: a redirect URI that is not registered', () => {
  const ask = (redirectUri: string) =>
    org.http.send('GET', `${org.api}/oauth/authorize?${new URLSearchParams(question({ redirect_uri: redirectUri }))}`, {
      headers: { accept: 'text/html' },
    });

  const wrong = [
    'http://127.0.0.1:99999/callback',
    'http://127.0.0.1:/callback',
    'http://127.0.0.1:18999/callback/',
    'http://127.0.0.1:18999/callback/../x',
    'http://127.0.0.1:18999/callback%2f..',
    'http://127.0.0.1:18999/callback#x',
    'http://127.0.0.1:18999@evil.example/callback',
    'http://127.0.0.1.evil.example/callback',
    'http://user@127.0.0.1:18999/callback',
    'http://localhost:18999/callback',
    'http://127.1:18999/callback',
    'http://2130706433:18999/callback',
    'HTTP://127.0.0.1:18999/callback',
    'https://127.0.0.1:18999/callback',
    'javascript:alert(1)',
    '//evil.example',
  ];
  for (const uri of wrong) {
    it(`${uri}: an error page, no redirect`, async () => {
      const answer = await ask(uri);
      assert.equal(answer.expect(400).headers.get('location'), null);
    });
  }

  it('beside them: another port of the loopback interface is accepted (RFC 8252 section 7.3)', async () => {
    const answer = await ask('http://127.0.0.1:65535/callback');
    assert.match(answer.headers.get('location') ?? '', /\/oauth\/login/);
  });
});

describe('5: one code, a hundred requests at once', () => {
  it('no more than one gets tokens, and what it got is dead: the others showed that the code leaked', async () => {
    const person = await org.addUser();
    const { code, verifier } = await signIn(org.http, { apiPath: org.api, client: spa, person, scope: 'openid' });
    const form = {
      ...{ grant_type: 'authorization_code', code, code_verifier: verifier },
      ...{ redirect_uri: APP_CALLBACK, client_id: spa.clientId },
    };
    const answers = await Promise.all(Array.from({ length: 100 }, () => org.oauth.token(form)));
    const granted = answers.filter(({ status }) => status === 200);
    assert.ok(granted.length <= 1, `${granted.length} got tokens`);
    for (const answer of answers) if (answer.status !== 200) assert.equal(answer.json().error, 'invalid_grant');
    const resource = await org.addClient({ applicationType: 'm2m' });
    for (const answer of granted) {
      const { access_token: token } = answer.json<{ access_token: string }>();
      assert.deepEqual(await org.oauth.introspect(token, resource), { active: false });
    }
  });
});

describe('31: a token exchange for a target that is not registered', () => {
  it('is refused, also beside a target that is accepted', async () => {
    const person = await org.addUser();
    const client = await org.addClient({ scopes: ['openid', 'document.read'] });
    const agent = await org.addAgent(['delegate:on_behalf', 'document.read']);
    const { access_token: subject } = await org.tokensOf(person, client, 'openid document.read');
    const form = {
      grant_type: TOKEN_EXCHANGE,
      ...{ subject_token: subject, subject_token_type: ACCESS_TOKEN_TYPE },
      ...{ actor_token: await org.agentToken(agent), actor_token_type: ACCESS_TOKEN_TYPE },
    };
    const resource = 'https://other.example/api';
    await org.oauth.refused({ ...form, audience: resource }, 400, 'invalid_target');
    await org.oauth.refused({ ...form, resource }, 400, 'invalid_target');
    await org.oauth.refused({ ...form, audience: agent.agentId, resource }, 400, 'invalid_target');
    await org.oauth.grant({ ...form, audience: agent.agentId });
  });
});

describe('33: a client that was switched off', () => {
  it('ends what agents do for the people who signed in to it; those of another client go on', async () => {
    const person = await org.addUser();
    const [agent, worker] = await Promise.all([
      org.addAgent(['delegate:on_behalf', 'document.read']),
      org.addAgent(['delegate:on_behalf', 'document.read']),
    ]);
    const actor = await org.agentToken(agent);
    const next = await org.agentToken(worker);
    const exchange = (subject: string, by: string) =>
      org.oauth.token({
        grant_type: TOKEN_EXCHANGE,
        ...{ subject_token: subject, subject_token_type: ACCESS_TOKEN_TYPE },
        ...{ actor_token: by, actor_token_type: ACCESS_TOKEN_TYPE },
      });
    const delegate = async (client: TestClient) => {
      const { access_token: subject } = await org.tokensOf(person, client, 'openid document.read');
      const first = (await exchange(subject, actor)).expect(200).json<{ access_token: string }>().access_token;
      const second = (await exchange(first, next)).expect(200).json<{ access_token: string }>().access_token;
      return { first, second };
    };
    const scopes = ['openid', 'document.read'];
    const [off, on] = [await org.addClient({ scopes }), await org.addClient({ scopes })];
    const dead = await delegate(off);
    const alive = await delegate(on);
    const status = async (bearer: string) =>
      (await org.http.send('POST', `${org.api}/authz/check`, { bearer, json: { permission: 'x' } })).status;
    for (const token of [dead.first, dead.second]) assert.equal(await status(token), 200);

    await org.call('POST', `/admin/clients/${off.clientId}/disable`);
    const resource = await org.addClient({ applicationType: 'm2m' });
    for (const token of [dead.first, dead.second]) {
      assert.deepEqual(await org.oauth.introspect(token, resource), { active: false });
      await waitUntil(async () => (await status(token)) === 401, { what: 'the gateway refuses it' });
    }
    (await exchange(dead.first, next)).expect(400);
    for (const token of [alive.first, alive.second]) assert.equal(await status(token), 200);
    (await exchange(alive.first, next)).expect(200);
  });
});

describe('42: a burst of guesses at a password', () => {
  const guess = async (email: string, password: string) =>
    (await org.http.send('POST', `${org.api}/oauth/login/json`, { json: { email, password } })).status;

  it('does not tell which of them was right', async () => {
    const { email, password } = await org.addUser();
    const wrong = Array.from({ length: 30 }, (_, i) => guess(email, `Wrong-password-${i}`));
    const answers = await Promise.all(wrong);
    assert.equal(answers.filter((status) => status === 401).length, 5, 'before the lock');
    assert.equal(answers.filter((status) => status === 429).length, 25, 'after the lock');
    assert.equal(await guess(email, password), 429, 'the right one is answered alike');
  });

  it('beside it: the right password alone signs in', async () => {
    const { email, password } = await org.addUser();
    assert.equal(await guess(email, password), 200);
  });
});

describe('48: rights beyond the own ones, through an agent', () => {
  it('who may only edit agents cannot make one that asks what others may do', async () => {
    const made = await org.call('POST', '/admin/api-keys', { name: 'agents', scopes: ['admin:agents'] }, 201);
    const { key } = made.json<{ data: { key: string } }>().data;
    const create = (capability: string) =>
      org.http.send('POST', `${org.api}/admin/agents`, {
        apiKey: key,
        json: { name: `Agent ${capability}`, capabilities: [capability] },
      });
    for (const capability of ['authz:check', 'authz.check', 'admin', 'admin:users', 'ADMIN.write', 'instance']) {
      (await create(capability)).expect(400);
    }
    (await create('document.read')).expect(201);
  });
});

describe('51: an authorization request as large as a body may be', () => {
  const post = (state: string) =>
    org.http.send('POST', `${org.api}/oauth/authorize`, {
      form: question({ state }),
      headers: { accept: 'text/html' },
    });

  it('is refused before it becomes a header', async () => {
    for (const state of ['x'.repeat(900_000), '('.repeat(3000)]) {
      const answer = await post(state);
      assert.equal(answer.expect(400).headers.get('location'), null);
    }
  });

  it('beside it: one of a usual size goes on', async () => {
    (await post('x'.repeat(2000))).expect(303);
  });
});
