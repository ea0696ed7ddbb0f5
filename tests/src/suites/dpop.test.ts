import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { base64url } from 'jose';
import type { Change } from '../support/client-key.js';
import { createProver, type Proven, type Prover, tokenHash } from '../support/dpop.js';
import type { Answer } from '../support/http.js';
import { createOrgWorld, type OrgWorld, type TestClient, type TestUser } from '../support/org-world.js';
import { signIn } from '../support/sign-in.js';
import { ACCESS_TOKEN_TYPE, claimsOf, type OAuthProblem, TOKEN_EXCHANGE, type TokenAnswer } from '../support/tokens.js';

let org: OrgWorld;
let person: TestUser;
/** Public; its tokens are bound whenever it proves a key. */
let spa: TestClient;
/** Confidential; its tokens are always bound. */
let machine: TestClient;
let app: Prover;
let thief: Prover;

before(async () => {
  org = await createOrgWorld('dpop');
  person = await org.addUser();
  spa = await org.addClient();
  machine = await org.addClient({ applicationType: 'm2m', scopes: ['document.read'], dpopBoundAccessTokens: true });
  [app, thief] = await Promise.all([createProver(), createProver()]);
});

const tokenUrl = (world = org) => `${world.issuer}/oauth/token`;
const checkUrl = (world = org) => `${world.issuer}/authz/check`;
const userinfoUrl = (world = org) => `${world.issuer}/oauth/userinfo`;

const machineForm = (client = machine) => ({
  grant_type: 'client_credentials',
  client_id: client.clientId,
  client_secret: client.clientSecret,
});

/** A grant with this proof. */
const grantWith = (proof: string, form: Readonly<Record<string, string>> = machineForm(), world = org) =>
  world.oauth.token(form, { headers: { dpop: proof } });

async function boundGrant(prover = app, form: Readonly<Record<string, string>> = machineForm()): Promise<TokenAnswer> {
  const proof = await prover.proof({ method: 'POST', url: tokenUrl() });
  return (await grantWith(proof, form)).expect(200).json<TokenAnswer>();
}

/** Asks a question that every token may ask. */
const check = (token: string, proof: string, world = org) =>
  world.http.send('POST', `${world.api}/authz/check`, { dpop: [token, proof], json: { permission: 'x' } });

/** Signs the person in and exchanges the code with a proof. */
async function boundPerson(prover = app, parameters: Readonly<Record<string, string>> = {}): Promise<TokenAnswer> {
  const { code, verifier } = await signIn(org.http, { apiPath: org.api, client: spa, person, parameters });
  return boundGrant(prover, codeForm(code, verifier));
}

const codeForm = (code: string, verifier: string) => ({
  grant_type: 'authorization_code',
  client_id: spa.clientId,
  redirect_uri: spa.redirectUri,
  code,
  code_verifier: verifier,
});

const refreshForm = (token: string | undefined, clientId = spa.clientId) => ({
  grant_type: 'refresh_token',
  client_id: clientId,
  refresh_token: token ?? '',
});

/** A refused API call, with the challenge of RFC 9449 section 7.1. */
function assertChallenge(answer: Answer, error: string | RegExp, what: string): void {
  assert.equal(answer.status, 401, `${what}: ${answer.text}`);
  const challenge = answer.headers.get('www-authenticate') ?? '';
  assert.match(challenge, /^DPoP /, what);
  const [, told = ''] = /error="([^"]*)"/.exec(challenge) ?? [];
  if (typeof error === 'string') assert.equal(told, error, `${what}: ${challenge}`);
  else assert.match(told, error, `${what}: ${challenge}`);
  assert.match(challenge, /algs="[^"]*ES256[^"]*"/, what);
}

describe('A token bound to a key (RFC 9449)', () => {
  it('says so: token_type, cnf.jkt, introspection', async () => {
    const grant = await boundGrant();
    assert.equal(grant.token_type, 'DPoP');
    assert.deepEqual(claimsOf(grant.access_token).cnf, { jkt: app.thumbprint });
    const known = await org.oauth.introspect(grant.access_token, machine);
    assert.deepEqual([known.active, known.token_type, known.cnf], [true, 'DPoP', { jkt: app.thumbprint }]);
  });

  it('opens the APIs and userinfo with a proof for each request', async () => {
    const { access_token: token } = await boundPerson();
    const asked = await check(token, await app.proof({ method: 'POST', url: checkUrl(), token }));
    asked.expect(200);
    for (const method of ['GET', 'POST']) {
      const proof = await app.proof({ method, url: userinfoUrl(), token });
      const answer = await org.http.send(method, userinfoUrl(), { dpop: [token, proof] });
      assert.equal(answer.expect(200).json().sub, person.id);
    }
  });

  it('is refused as a bearer token everywhere (attack 9)', async () => {
    const { access_token: token } = await boundPerson();
    assertChallenge(
      await org.http.send('POST', `${org.api}/authz/check`, { bearer: token, json: { permission: 'x' } }),
      'invalid_token',
      'the API',
    );
    for (const method of ['GET', 'POST']) {
      assertChallenge(await org.http.send(method, userinfoUrl(), { bearer: token }), 'invalid_token', 'userinfo');
    }
    assertChallenge(await org.http.send('GET', `${org.api}/admin/users`, { bearer: token }), 'invalid_token', 'admin');
    const inForm = await org.http.send('POST', userinfoUrl(), { form: { access_token: token } });
    assert.equal(inForm.status, 401, inForm.text);
  });

  it('is refused where a bearer token is sent together with a proof', async () => {
    const { access_token: token } = await boundPerson();
    const proof = await app.proof({ method: 'POST', url: checkUrl(), token });
    const answer = await org.http.send('POST', `${org.api}/authz/check`, {
      bearer: token,
      headers: { dpop: proof },
      json: { permission: 'x' },
    });
    assertChallenge(answer, 'invalid_token', 'Bearer with a proof');
  });

  it('a token that is not bound gains nothing from the scheme', async () => {
    const { access_token: token } = await org.tokensOf(person, spa);
    const proof = await app.proof({ method: 'POST', url: checkUrl(), token });
    assertChallenge(await check(token, proof), 'invalid_token', 'an unbound token');
    const bearer = await org.http.send('POST', `${org.api}/authz/check`, { bearer: token, json: { permission: 'x' } });
    bearer.expect(200);
  });

  it('in the hands of a thief with a key of his own is worth nothing', async () => {
    const { access_token: token } = await boundPerson();
    const asked = await check(token, await thief.proof({ method: 'POST', url: checkUrl(), token }));
    assertChallenge(asked, 'invalid_token', 'the API');
    const proof = await thief.proof({ method: 'GET', url: userinfoUrl(), token });
    assertChallenge(await org.http.send('GET', userinfoUrl(), { dpop: [token, proof] }), 'invalid_token', 'userinfo');
  });

  it('cannot be given up by who holds it without the key', async () => {
    const { access_token: token } = await boundPerson();
    const answer = await org.http.send('POST', `${org.api}/oauth/revoke`, { bearer: token, form: { token } });
    assert.notEqual(answer.status, 200, answer.text);
    assert.equal((await org.oauth.introspect(token, machine)).active, true);
  });

  it('is exchanged only by who proves the key, and what comes out is bound to it', async () => {
    const agent = await org.addAgent(['delegate:on_behalf']);
    const actor = await org.agentToken(agent);
    const { access_token: token } = await boundPerson();
    const form = {
      grant_type: TOKEN_EXCHANGE,
      subject_token: token,
      subject_token_type: ACCESS_TOKEN_TYPE,
      actor_token: actor,
      actor_token_type: ACCESS_TOKEN_TYPE,
    };
    await org.oauth.refused(form, 400, 'invalid_grant');
    const stolen = await grantWith(await thief.proof({ method: 'POST', url: tokenUrl() }), form);
    assert.equal(stolen.status, 400, stolen.text);
    const exchanged = await boundGrant(app, form);
    assert.deepEqual(claimsOf(exchanged.access_token).cnf, { jkt: app.thumbprint });
    assert.equal(exchanged.token_type, 'DPoP');
  });
});

type Break = (good: Proven, prover: Prover) => Promise<string>;
const broken =
  (change: Change): Break =>
  (good, prover) =>
    prover.proof(good, change);
const now = () => Math.floor(Date.now() / 1000);

/** RFC 9449 sections 4.2, 4.3 and 11.1; RFC 8725. */
const WRONG: readonly (readonly [string, Break])[] = [
  ['no JWT at all', async () => 'proof'],
  ['another method in htm', broken({ claims: { htm: 'PUT' } })],
  ['the method in lower case', async (good, prover) => prover.proof({ ...good, method: good.method.toLowerCase() })],
  ['no htm', broken({ claims: { htm: undefined } })],
  ['another path in htu', async (good, prover) => prover.proof({ ...good, url: `${good.url}/more` })],
  ['another host in htu', async (good, p) => p.proof({ ...good, url: good.url.replace('localhost', 'evil.example') })],
  ['another scheme in htu', async (good, p) => p.proof({ ...good, url: good.url.replace('http:', 'https:') })],
  ['a path alone in htu', async (good, prover) => prover.proof({ ...good, url: new URL(good.url).pathname })],
  ['no htu', broken({ claims: { htu: undefined } })],
  ['an iat of two minutes ago', (good, prover) => prover.proof(good, { claims: { iat: now() - 120 } })],
  ['an iat in two minutes', (good, prover) => prover.proof(good, { claims: { iat: now() + 120 } })],
  ['no iat', broken({ claims: { iat: undefined } })],
  ['an iat that is a text', (good, prover) => prover.proof(good, { claims: { iat: String(now()) } })],
  ['no jti', broken({ claims: { jti: undefined } })],
  ['a jti that can be guessed', broken({ claims: { jti: '1' } })],
  ['a jti without end', broken({ claims: { jti: 'j'.repeat(2000) } })],
  ['typ JWT', broken({ header: { typ: 'JWT' } })],
  ['no typ', broken({ header: { typ: undefined } })],
  ['no key', broken({ header: { jwk: undefined } })],
  ['the key of somebody else', (good, prover) => prover.proof(good, { header: { jwk: thief.key.publicJwk } })],
  ['the private key', (good, p) => p.proof(good, { header: { jwk: p.key.privateKey.export({ format: 'jwk' }) } })],
  ['alg none', async (good, prover) => unsigned(await prover.proof(good), 'none')],
  ['alg None', async (good, prover) => unsigned(await prover.proof(good), 'None')],
  ['alg HS256 with the public key as the secret', async (good, prover) => symmetric(await prover.proof(good), prover)],
  ['a symmetric key in the header', broken({ header: { jwk: { kty: 'oct', k: 'AAAA' } } })],
  ['a changed claim', async (good, prover) => tampered(await prover.proof(good))],
  ['no signature', async (good, prover) => `${(await prover.proof(good)).split('.').slice(0, 2).join('.')}.`],
];

function unsigned(proof: string, alg: string): string {
  const [header = '', claims = ''] = proof.split('.');
  const changed = { ...(JSON.parse(Buffer.from(header, 'base64url').toString()) as object), alg };
  return `${base64url.encode(JSON.stringify(changed))}.${claims}.`;
}

function symmetric(proof: string, prover: Prover): string {
  const signed = unsigned(proof, 'HS256').slice(0, -1);
  const mac = createHmac('sha256', JSON.stringify(prover.key.publicJwk)).update(signed).digest('base64url');
  return `${signed}.${mac}`;
}

function tampered(proof: string): string {
  const [header = '', claims = '', signature = ''] = proof.split('.');
  const changed = { ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object), jti: 'x'.repeat(22) };
  return `${header}.${base64url.encode(JSON.stringify(changed))}.${signature}`;
}

describe('A proof that is wrong (attack 10)', () => {
  let token: string;
  before(async () => {
    ({ access_token: token } = await boundPerson());
  });

  for (const [what, make] of WRONG) {
    it(`${what}: refused by the token endpoint, userinfo and the APIs`, async () => {
      const atToken = await grantWith(await make({ method: 'POST', url: tokenUrl() }, app));
      const { error } = atToken.json<OAuthProblem>();
      assert.equal(atToken.status, 400, atToken.text);
      assert.ok(['invalid_dpop_proof', 'use_dpop_nonce'].includes(error), atToken.text);

      const good = { method: 'GET', url: userinfoUrl(), token };
      const atUserinfo = await org.http.send('GET', userinfoUrl(), { dpop: [token, await make(good, app)] });
      assert.equal(atUserinfo.status, 401, atUserinfo.text);

      const asked = await check(token, await make({ method: 'POST', url: checkUrl(), token }, app));
      // A clock that is wrong may be helped with a nonce (RFC 9449 section 8).
      assertChallenge(asked, /^(?:invalid_dpop_proof|use_dpop_nonce)$/, what);
    });
  }

  for (const [what, change] of [
    ['no ath', () => ({ claims: { ath: undefined } })],
    ['the ath of another token', () => ({ claims: { ath: tokenHash('another token') } })],
    ['the token itself as ath', () => ({ claims: { ath: token } })],
  ] as const) {
    it(`${what}: refused by userinfo and the APIs`, async () => {
      const asked = await check(token, await app.proof({ method: 'POST', url: checkUrl(), token }, change()));
      assertChallenge(asked, 'invalid_dpop_proof', what);
      const proof = await app.proof({ method: 'GET', url: userinfoUrl(), token }, change());
      const answer = await org.http.send('GET', userinfoUrl(), { dpop: [token, proof] });
      assertChallenge(answer, 'invalid_dpop_proof', what);
    });
  }

  it('beside them: the genuine one is accepted everywhere, with a query, a fragment and another case', async () => {
    await boundGrant();
    const proof = await app.proof({ method: 'GET', url: userinfoUrl(), token });
    (await org.http.send('GET', userinfoUrl(), { dpop: [token, proof] })).expect(200);
    const spelled = await app.proof({ method: 'POST', url: `${checkUrl()}?a=b#c`.replace('http:', 'HTTP:'), token });
    (await check(token, spelled)).expect(200);
  });

  it('two proofs, or two tokens, are refused', async () => {
    const proofs = await Promise.all([1, 2].map(() => app.proof({ method: 'POST', url: tokenUrl() })));
    const twice = await grantWith(proofs.join(', '));
    assert.equal(twice.status, 400, twice.text);
    const proof = await app.proof({ method: 'GET', url: `${userinfoUrl()}?access_token=${token}`, token });
    const both = await org.http.send('GET', `${userinfoUrl()}?access_token=${token}`, { dpop: [token, proof] });
    assert.ok([400, 401].includes(both.status), both.text);
  });

  it('no proof where one is demanded', async () => {
    const problem = await org.oauth.refused(machineForm(), 400, 'invalid_dpop_proof');
    assert.match(problem.error_description ?? '', /DPoP/);
    const bare = await org.http.send('GET', userinfoUrl(), { headers: { authorization: `DPoP ${token}` } });
    assertChallenge(bare, 'invalid_dpop_proof', 'userinfo');
  });

  for (const alg of ['ES256', 'PS256', 'EdDSA', 'RS256'] as const) {
    it(`a key for ${alg}: accepted`, async () => {
      const prover = await createProver(alg);
      const grant = await boundGrant(prover);
      const proof = await prover.proof({ method: 'POST', url: checkUrl(), token: grant.access_token });
      assert.notEqual((await check(grant.access_token, proof)).status, 401);
    });
  }
});

describe('A proof counts once (attack 10)', () => {
  it('at the token endpoint', async () => {
    const proof = await app.proof({ method: 'POST', url: tokenUrl() });
    (await grantWith(proof)).expect(200);
    const again = await grantWith(proof);
    assert.equal(again.expect(400).json<OAuthProblem>().error, 'invalid_dpop_proof');
  });

  it('at userinfo and the APIs', async () => {
    const { access_token: token } = await boundPerson();
    const proof = await app.proof({ method: 'POST', url: checkUrl(), token });
    (await check(token, proof)).expect(200);
    assertChallenge(await check(token, proof), 'invalid_dpop_proof', 'the API');
    const atUserinfo = await app.proof({ method: 'GET', url: userinfoUrl(), token });
    (await org.http.send('GET', userinfoUrl(), { dpop: [token, atUserinfo] })).expect(200);
    assertChallenge(
      await org.http.send('GET', userinfoUrl(), { dpop: [token, atUserinfo] }),
      'invalid_dpop_proof',
      'userinfo',
    );
  });

  it('of many at once exactly one is served', async () => {
    const proof = await app.proof({ method: 'POST', url: tokenUrl() });
    const grants = await Promise.all(Array.from({ length: 40 }, () => grantWith(proof)));
    assert.equal(grants.filter(({ status }) => status === 200).length, 1);
    const { access_token: token } = await boundPerson();
    const asking = await app.proof({ method: 'POST', url: checkUrl(), token });
    const asked = await Promise.all(Array.from({ length: 40 }, () => check(token, asking)));
    assert.equal(asked.filter(({ status }) => status === 200).length, 1);
  });
});

describe('Nonces (RFC 9449 sections 8 and 9)', () => {
  let strict: OrgWorld;
  let client: TestClient;
  before(async () => {
    strict = await createOrgWorld('dpop-nonce');
    await strict.call('PATCH', '/admin/settings/security', { dpop_require_nonce: true });
    client = await strict.addClient({ applicationType: 'm2m', scopes: ['document.read'], dpopBoundAccessTokens: true });
  });

  it('where the org demands them, a proof without one is answered with one, and with it works', async () => {
    const url = tokenUrl(strict);
    const first = await grantWith(await app.proof({ method: 'POST', url }), machineForm(client), strict);
    assert.equal(first.expect(400).json<OAuthProblem>().error, 'use_dpop_nonce');
    const nonce = first.headers.get('dpop-nonce') ?? '';
    assert.match(nonce, /^[\x21-\x7e]{8,}$/);
    const proof = await app.proof({ method: 'POST', url, nonce });
    const second = await grantWith(proof, machineForm(client), strict);
    const { access_token: token } = second.expect(200).json<TokenAnswer>();

    const without = await check(token, await app.proof({ method: 'POST', url: checkUrl(strict), token }), strict);
    assertChallenge(without, 'use_dpop_nonce', 'the API');
    const forApi = without.headers.get('dpop-nonce') ?? '';
    assert.ok(forApi);
    const asked = await check(
      token,
      await app.proof({ method: 'POST', url: checkUrl(strict), token, nonce: forApi }),
      strict,
    );
    asked.expect(200);

    const atUserinfo = await app.proof({ method: 'GET', url: userinfoUrl(strict), token });
    assertChallenge(
      await strict.http.send('GET', userinfoUrl(strict), { dpop: [token, atUserinfo] }),
      'use_dpop_nonce',
      'userinfo',
    );
  });

  for (const [what, nonce] of [
    ['an invented one', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['an empty one', ''],
  ] as const) {
    it(`${what} is refused`, async () => {
      const proof = await app.proof({ method: 'POST', url: tokenUrl(strict) }, { claims: { nonce } });
      const answer = await grantWith(proof, machineForm(client), strict);
      assert.ok(['use_dpop_nonce', 'invalid_dpop_proof'].includes(answer.expect(400).json<OAuthProblem>().error));
    });
  }

  it('one of another org is refused', async () => {
    const other = await createOrgWorld('dpop-other');
    await other.call('PATCH', '/admin/settings/security', { dpop_require_nonce: true });
    const theirs = await other.addClient({ applicationType: 'm2m', scopes: ['x.y'], dpopBoundAccessTokens: true });
    const proof = await app.proof({ method: 'POST', url: tokenUrl(other) });
    const nonce = (await grantWith(proof, machineForm(theirs), other)).headers.get('dpop-nonce') ?? '';
    const mine = await app.proof({ method: 'POST', url: tokenUrl(strict), nonce });
    const answer = await grantWith(mine, machineForm(client), strict);
    assert.equal(answer.expect(400).json<OAuthProblem>().error, 'use_dpop_nonce');
  });

  it('one does not make a proof count twice', async () => {
    const first = await grantWith(
      await app.proof({ method: 'POST', url: tokenUrl(strict) }),
      machineForm(client),
      strict,
    );
    const nonce = first.headers.get('dpop-nonce') ?? '';
    const proof = await app.proof({ method: 'POST', url: tokenUrl(strict), nonce });
    (await grantWith(proof, machineForm(client), strict)).expect(200);
    const again = await grantWith(proof, machineForm(client), strict);
    assert.equal(again.expect(400).json<OAuthProblem>().error, 'invalid_dpop_proof');
  });
});

describe('A family of refresh tokens keeps its key (attacks 10 and 11)', () => {
  it('of a public client', async () => {
    const { refresh_token: token } = await boundPerson();
    await org.oauth.refused(refreshForm(token), 400, 'invalid_grant');
    const stolen = await grantWith(await thief.proof({ method: 'POST', url: tokenUrl() }), refreshForm(token));
    assert.equal(stolen.expect(400).json<OAuthProblem>().error, 'invalid_grant');
    const next = await boundGrant(app, refreshForm(token));
    assert.deepEqual(claimsOf(next.access_token).cnf, { jkt: app.thumbprint });
    const afterwards = await grantWith(
      await thief.proof({ method: 'POST', url: tokenUrl() }),
      refreshForm(next.refresh_token),
    );
    afterwards.expect(400);
    await boundGrant(app, refreshForm(next.refresh_token));
  });

  it('of a confidential client too', async () => {
    const web = await org.addClient({ applicationType: 'web', grantTypes: ['authorization_code', 'refresh_token'] });
    const { code, verifier } = await signIn(org.http, { apiPath: org.api, client: web, person });
    const secret = { client_id: web.clientId, client_secret: web.clientSecret };
    const tokens = await boundGrant(app, { ...codeForm(code, verifier), ...secret });
    const form = { ...refreshForm(tokens.refresh_token, web.clientId), ...secret };
    const stolen = await grantWith(await thief.proof({ method: 'POST', url: tokenUrl() }), form);
    assert.equal(stolen.expect(400).json<OAuthProblem>().error, 'invalid_grant');
    await boundGrant(app, form);
  });
});

describe('A code bound to a key (dpop_jkt, RFC 9449 section 10)', () => {
  const withJkt = async () => {
    const parameters = { dpop_jkt: app.thumbprint };
    return signIn(org.http, { apiPath: org.api, client: spa, person, parameters });
  };

  it('is exchanged by who holds the key', async () => {
    const { code, verifier } = await withJkt();
    const tokens = await boundGrant(app, codeForm(code, verifier));
    assert.deepEqual(claimsOf(tokens.access_token).cnf, { jkt: app.thumbprint });
  });

  it('is refused to who brings another key, or none (attack 10)', async () => {
    const stolen = await withJkt();
    const proof = await thief.proof({ method: 'POST', url: tokenUrl() });
    const answer = await grantWith(proof, codeForm(stolen.code, stolen.verifier));
    assert.equal(answer.expect(400).json<OAuthProblem>().error, 'invalid_grant');
    const bare = await withJkt();
    const refused = await org.oauth.token(codeForm(bare.code, bare.verifier));
    assert.equal(refused.status, 400, refused.text);
  });

  it('is bound by the proof of a pushed request, which must be the key that the request names', async () => {
    const push = async (prover: Prover, more: Readonly<Record<string, string>>) => {
      const proof = await prover.proof({ method: 'POST', url: `${org.issuer}/oauth/par` });
      return org.http.send('POST', `${org.api}/oauth/par`, {
        headers: { dpop: proof },
        form: {
          ...{ client_id: spa.clientId, response_type: 'code', redirect_uri: spa.redirectUri, scope: 'openid' },
          ...{ code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' },
          ...more,
        },
      });
    };
    (await push(app, {})).expect(201);
    (await push(app, { dpop_jkt: app.thumbprint })).expect(201);
    const other = await push(app, { dpop_jkt: thief.thumbprint });
    assert.equal(other.status, 400, other.text);
  });
});
