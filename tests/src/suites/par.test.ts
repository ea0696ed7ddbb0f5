import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import * as openid from 'openid-client';
import { addressAt, createFormDriver, pageAt, type Stop } from '../support/form-driver.js';
import type { Answer } from '../support/http.js';
import { APP_CALLBACK, createOrgWorld, type OrgWorld, type TestClient, type TestUser } from '../support/org-world.js';
import { pkcePair } from '../support/pkce.js';
import { authorizationUrl, passHostedPages } from '../support/sign-in.js';
import { claimsOf, type OAuthProblem } from '../support/tokens.js';

let org: OrgWorld;
let person: TestUser;
let spa: TestClient;
let web: TestClient;

before(async () => {
  org = await createOrgWorld('par');
  person = await org.addUser();
  spa = await org.addClient();
  web = await org.addClient({ applicationType: 'web', grantTypes: ['authorization_code', 'refresh_token'] });
});

type Parameters = Readonly<Record<string, string>>;

const parameters = (client: TestClient, more: Parameters = {}) => ({
  client_id: client.clientId,
  response_type: 'code',
  redirect_uri: client.redirectUri,
  scope: 'openid profile',
  state: 'pushed state',
  code_challenge: 'a'.repeat(43),
  code_challenge_method: 'S256',
  ...more,
});

const push = (client: TestClient, more: Parameters = {}, world = org): Promise<Answer> =>
  world.http.send('POST', `${world.api}/oauth/par`, {
    form: { ...parameters(client, more), ...(client.clientSecret && { client_secret: client.clientSecret }) },
  });

interface Pushed {
  readonly request_uri: string;
  readonly expires_in: number;
}

const pushed = async (client: TestClient, more: Parameters = {}, world = org): Promise<Pushed> =>
  (await push(client, more, world)).expect(201).json<Pushed>();

/** Opens the authorization endpoint in a new browser and signs in. */
async function go(query: Parameters, world = org): Promise<Stop> {
  const browser = createFormDriver(world.http);
  return passHostedPages(browser, await browser.open(authorizationUrl(world.http, world.api, query)), person);
}

/** The page says no, and nobody is sent anywhere. */
function assertRefused(stop: Stop, what: string): void {
  const page = pageAt(stop);
  assert.equal(page.status, 400, `${what}: ${page.text}`);
}

const codeOf = (stop: Stop) => addressAt(stop).searchParams.get('code');

describe('Pushed authorization requests (RFC 9126)', () => {
  it('what was pushed leads to a code, with nothing but client and request_uri in the browser', async () => {
    const { verifier, challenge } = pkcePair();
    const { request_uri: uri } = await pushed(spa, { code_challenge: challenge });
    const callback = addressAt(await go({ client_id: spa.clientId, request_uri: uri }));
    assert.equal(callback.searchParams.get('state'), 'pushed state');
    assert.equal(callback.searchParams.get('iss'), org.issuer);
    const tokens = await org.oauth.grant({
      ...{ grant_type: 'authorization_code', client_id: spa.clientId, redirect_uri: APP_CALLBACK },
      ...{ code: callback.searchParams.get('code') ?? '', code_verifier: verifier },
    });
    assert.equal(tokens.scope, 'openid profile');
  });

  it('openid-client pushes and signs in', async () => {
    const config = await openid.discovery(
      new URL(org.issuer),
      web.clientId,
      {},
      openid.ClientSecretBasic(web.clientSecret),
      { execute: [openid.allowInsecureRequests], [openid.customFetch]: org.http.fetch as openid.CustomFetch },
    );
    const verifier = openid.randomPKCECodeVerifier();
    const state = openid.randomState();
    const url = await openid.buildAuthorizationUrlWithPAR(config, {
      ...{ redirect_uri: APP_CALLBACK, scope: 'openid email', state },
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const browser = createFormDriver(org.http);
    const callback = addressAt(await passHostedPages(browser, await browser.open(url.href), person));
    const tokens = await openid.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      idTokenExpected: true,
    });
    assert.equal(tokens.claims()?.sub, person.id);
  });

  it('the answer: 201, never cached, no longer than a minute, 256 bits that nobody guesses', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => push(spa)));
    const uris = answers.map((answer) => {
      const { request_uri: uri, expires_in: seconds } = answer.expect(201).json<Pushed>();
      assert.match(answer.headers.get('cache-control') ?? '', /no-store/);
      assert.ok(seconds > 0 && seconds <= 60, `${seconds}`);
      const [, value = ''] = /^urn:ietf:params:oauth:request_uri:([\w-]+)$/.exec(uri) ?? [];
      assert.ok(value.length >= 43, uri);
      return uri;
    });
    assert.equal(new Set(uris).size, 3);
  });

  it('discovery names the endpoint', async () => {
    const answer = await org.http.send('GET', `${org.issuer}/.well-known/openid-configuration`);
    const known = answer.expect(200).json();
    assert.equal(known.pushed_authorization_request_endpoint, `${org.issuer}/oauth/par`);
    assert.equal(known.require_pushed_authorization_requests, false);
    assert.equal(known.request_uri_parameter_supported, false);
  });
});

describe('A request_uri in other hands (attack 25)', () => {
  it('is used once: a second code does not come, in whatever browser', async () => {
    const { request_uri: uri } = await pushed(spa);
    const query = { client_id: spa.clientId, request_uri: uri };
    assert.ok(codeOf(await go(query)));
    assertRefused(await go(query), 'a second browser');
  });

  it('of browsers that have it open at the same time one gets a code', async () => {
    const { request_uri: uri } = await pushed(spa);
    const stops = await Promise.all(
      Array.from({ length: 8 }, () => go({ client_id: spa.clientId, request_uri: uri }).catch(() => undefined)),
    );
    const codes = stops.filter((stop) => stop?.kind === 'left' && stop.url.searchParams.has('code'));
    assert.equal(codes.length, 1);
  });

  it('guessed, cut, of another kind or from the web: an error page, and nothing is fetched', async () => {
    const { request_uri: uri } = await pushed(spa);
    const guesses = [
      `urn:ietf:params:oauth:request_uri:${randomBytes(32).toString('base64url')}`,
      uri.slice(0, -1),
      `${uri}A`,
      uri.toUpperCase(),
      'urn:ietf:params:oauth:request_uri:',
      'urn:ietf:params:oauth:request_uri:../../x',
      'https://evil.example/request.jwt',
      'http://127.0.0.1:1/request.jwt',
      'data:application/jwt,x',
    ];
    for (const guess of guesses) {
      assertRefused(await go({ client_id: spa.clientId, request_uri: guess }), guess);
      const told = addressAt(await go({ client_id: spa.clientId, request_uri: guess, redirect_uri: APP_CALLBACK }));
      assert.match(
        told.searchParams.get('error') ?? '',
        /^(?:invalid_request_uri|request_uri_not_supported|invalid_request)$/,
      );
    }
    assert.ok(codeOf(await go({ client_id: spa.clientId, request_uri: uri })));
  });

  it('belongs to its client', async () => {
    const { request_uri: uri } = await pushed(spa);
    const other = await org.addClient();
    assertRefused(await go({ client_id: other.clientId, request_uri: uri }), 'another client');
    assertRefused(await go({ request_uri: uri }), 'no client');
    assert.ok(codeOf(await go({ client_id: spa.clientId, request_uri: uri })));
  });

  it('belongs to its org', async () => {
    const world = await createOrgWorld('par-other');
    const theirs = await world.addClient();
    const { request_uri: uri } = await pushed(theirs, {}, world);
    assertRefused(await go({ client_id: spa.clientId, request_uri: uri }), 'another org');
    assertRefused(await go({ client_id: theirs.clientId, request_uri: uri }), 'another org, its client');
  });

  it('parameters beside it are not looked at', async () => {
    const { request_uri: uri } = await pushed(spa, { scope: 'openid', state: 'mine', nonce: 'n-1' });
    const callback = addressAt(
      await go({
        ...{ client_id: spa.clientId, request_uri: uri, scope: 'openid profile email offline_access' },
        ...{ state: 'swapped', nonce: 'swapped', redirect_uri: 'https://evil.example/cb', response_mode: 'fragment' },
        ...{ code_challenge: 'b'.repeat(43) },
      }),
    );
    assert.ok(callback.href.startsWith(APP_CALLBACK));
    assert.equal(callback.searchParams.get('state'), 'mine');
    const code = callback.searchParams.get('code') ?? '';
    const form = { grant_type: 'authorization_code', client_id: spa.clientId, redirect_uri: APP_CALLBACK, code };
    await org.oauth.refused({ ...form, code_verifier: 'b'.repeat(43) }, 400, 'invalid_grant');
  });

  it('together with a request object: refused', async () => {
    const { request_uri: uri } = await pushed(spa);
    assertRefused(await go({ client_id: spa.clientId, request_uri: uri, request: 'e30.e30.' }), 'both');
  });
});

describe('What is pushed is judged at once', () => {
  const wrong: readonly (readonly [string, Parameters, string])[] = [
    ['a redirect URI that is not registered', { redirect_uri: 'https://evil.example/cb' }, 'invalid_request'],
    ['a redirect URI with more behind it', { redirect_uri: `${APP_CALLBACK}/../evil` }, 'invalid_request'],
    ['a request_uri', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'invalid_request'],
    ['a scope that the client may not have', { scope: 'openid admin:write' }, 'invalid_scope'],
    ['a response type that there is not', { response_type: 'token' }, 'unsupported_response_type'],
    ['no PKCE', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    ['plain PKCE (attack 6)', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['an unknown response mode', { response_mode: 'web_message' }, 'unsupported_response_mode'],
    ['an unknown prompt', { prompt: 'whatever' }, 'invalid_request'],
    ['a request object that is none', { request: 'x' }, 'invalid_request_object'],
  ];
  for (const [what, more, error] of wrong) {
    it(`${what}: ${error}`, async () => {
      const answer = await push(spa, more);
      const problem = answer.expect(400).json<OAuthProblem>();
      assert.equal(problem.error, error, answer.text);
    });
  }

  it('a parameter twice: invalid_request (attack 51)', async () => {
    for (const name of ['client_id', 'redirect_uri', 'scope', 'state', 'code_challenge', 'nonce']) {
      const form = new URLSearchParams(parameters(spa, { nonce: 'n' }));
      form.append(name, form.get(name) ?? '');
      const answer = await org.http.send('POST', `${org.api}/oauth/par`, { form });
      assert.equal(answer.expect(400).json<OAuthProblem>().error, 'invalid_request', name);
    }
  });

  it('a confidential client that does not prove who it is: invalid_client', async () => {
    const bare = await org.http.send('POST', `${org.api}/oauth/par`, { form: parameters(web) });
    assert.equal(bare.expect(401).json<OAuthProblem>().error, 'invalid_client');
    const wrongSecret = await org.http.send('POST', `${org.api}/oauth/par`, {
      form: { ...parameters(web), client_secret: 'wrong' },
    });
    wrongSecret.expect(401);
    (await push(web)).expect(201);
  });

  it('another method than POST', async () => {
    const answer = await org.http.send('GET', `${org.api}/oauth/par?${new URLSearchParams(parameters(spa))}`, {
      undescribed: 'the method does not exist on purpose',
    });
    assert.ok([404, 405].includes(answer.status), answer.text);
  });

  it('the refresh token of what was pushed is the one that was asked for', async () => {
    const { verifier, challenge } = pkcePair();
    const { request_uri: uri } = await pushed(spa, { code_challenge: challenge, scope: 'openid offline_access' });
    const code = codeOf(await go({ client_id: spa.clientId, request_uri: uri })) ?? '';
    const tokens = await org.oauth.grant({
      ...{ grant_type: 'authorization_code', client_id: spa.clientId, redirect_uri: APP_CALLBACK },
      ...{ code, code_verifier: verifier },
    });
    assert.ok(tokens.refresh_token);
    assert.equal(claimsOf(tokens.access_token).sub, person.id);
  });
});

describe('Where every request must be pushed', () => {
  it('by a client that registered it', async () => {
    const strict = await org.addClient({ requirePushedAuthorizationRequests: true });
    const stop = await go(parameters(strict));
    if (stop.kind === 'left') assert.equal(stop.url.searchParams.get('error'), 'invalid_request');
    else assertRefused(stop, 'not pushed');
    const { request_uri: uri } = await pushed(strict);
    assert.ok(codeOf(await go({ client_id: strict.clientId, request_uri: uri })));
  });

  it('by the whole org, as discovery says', async () => {
    const world = await createOrgWorld('par-strict');
    await world.call('PATCH', '/admin/settings/security', { require_pushed_authorization_requests: true });
    const client = await world.addClient();
    const known = await world.http.send('GET', `${world.issuer}/.well-known/openid-configuration`);
    assert.equal(known.json().require_pushed_authorization_requests, true);
    const browser = createFormDriver(world.http);
    const stop = await browser.open(authorizationUrl(world.http, world.api, parameters(client)));
    if (stop.kind === 'left') assert.equal(stop.url.searchParams.get('error'), 'invalid_request');
    else assertRefused(stop, 'not pushed');
    const { request_uri: uri } = await pushed(client, {}, world);
    const page = pageAt(
      await browser.open(authorizationUrl(world.http, world.api, { client_id: client.clientId, request_uri: uri })),
    );
    assert.ok(page.document.querySelector('input[name=password]'));
  });
});
