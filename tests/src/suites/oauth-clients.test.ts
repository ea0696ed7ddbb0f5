import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { addressAt, createFormDriver, pageAt } from '../support/form-driver.js';
import { APP_CALLBACK, createOrgWorld, type OrgWorld, type TestClient, type TestUser } from '../support/org-world.js';
import { authorizationUrl, passHostedPages } from '../support/sign-in.js';
import { ACCESS_TOKEN_TYPE, claimsOf, TOKEN_EXCHANGE } from '../support/tokens.js';

const LOGOUT_TARGET = 'http://127.0.0.1:18999/';

let org: OrgWorld;
let person: TestUser;
/** A public browser app, and a confidential server app. */
let spa: TestClient;
let web: TestClient;
let machine: TestClient;

before(async () => {
  org = await createOrgWorld('clients');
  person = await org.addUser();
  spa = await org.addClient({ postLogoutRedirectUris: [LOGOUT_TARGET] });
  web = await org.addClient({
    applicationType: 'web',
    grantTypes: ['authorization_code', 'refresh_token'],
    postLogoutRedirectUris: [LOGOUT_TARGET],
  });
  machine = await org.addClient({ applicationType: 'm2m', scopes: ['document.read', 'document.edit'] });
});

/** Verifies with nothing but `jose` and the published keys, as any resource server would. */
async function verify(token: string, expected: { readonly typ?: string; readonly audience: string }) {
  const keys = createRemoteJWKSet(new URL(`${org.issuer}/.well-known/jwks.json`));
  return jwtVerify(token, keys, { ...expected, issuer: org.issuer });
}

describe('discovery', () => {
  const forms = () => [
    `${org.issuer}/.well-known/openid-configuration`,
    `${org.issuer}/.well-known/oauth-authorization-server`,
    `${org.http.baseUrl}/.well-known/oauth-authorization-server${org.api}`,
    `${org.http.baseUrl}/.well-known/openid-configuration${org.api}`,
    `${org.http.baseUrl}/t/${org.slug}/api/v1/.well-known/openid-configuration`,
  ];

  it('is the same document under every well-known name, without a redirect', async () => {
    const answers = await Promise.all(forms().map((url) => org.http.send('GET', url)));
    const [first, ...others] = answers.map((answer) => answer.expect(200).text);
    for (const other of others) assert.equal(other, first);
  });

  it('names the issuer byte for byte, and only what works', async () => {
    const [url = ''] = forms();
    const metadata = (await org.http.send('GET', url)).expect(200).json<Record<string, string & string[]>>();
    assert.equal(metadata.issuer, org.issuer);
    assert.equal(metadata.issuer, `${org.http.baseUrl}/orgs/${org.slug}/api/v1`);
    assert.deepEqual(metadata.response_types_supported, ['code']);
    assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
    assert.equal(metadata.authorization_response_iss_parameter_supported, true);
    for (const grant of ['authorization_code', 'refresh_token', 'client_credentials', TOKEN_EXCHANGE]) {
      assert.ok(metadata.grant_types_supported?.includes(grant), grant);
    }
    for (const absent of ['implicit', 'password']) assert.ok(!metadata.grant_types_supported?.includes(absent), absent);
    for (const [name, value] of Object.entries(metadata)) {
      if (name.endsWith('_endpoint') || name === 'jwks_uri') assert.ok(value.startsWith(`${org.issuer}/`), name);
    }
  });

  it('of an org that does not exist is 404', async () => {
    const answer = await org.http.send('GET', '/orgs/no-such-org/api/v1/.well-known/openid-configuration');
    assert.equal(answer.expect(404).json().error, 'tenant_not_found');
  });

  it('the keys are public, cacheable, readable by browsers, and hold nothing private', async () => {
    const answer = await org.http.send('GET', `${org.issuer}/.well-known/jwks.json`);
    const { keys } = answer.expect(200).json<{ keys: readonly Record<string, string>[] }>();
    assert.match(answer.headers.get('cache-control') ?? '', /^public, max-age=\d+/);
    const fromBrowser = await org.http.send('GET', `${org.issuer}/.well-known/jwks.json`, {
      headers: { origin: 'https://anywhere.example' },
    });
    assert.equal(fromBrowser.headers.get('access-control-allow-origin'), '*');
    assert.ok(keys.length > 0);
    for (const key of keys) {
      assert.ok(key.kid && key.use, 'a key says its name and what it is for');
      // What clients encrypt to serves several algorithms (RFC 7517 section 4.4).
      assert.ok(key.use === 'enc' || key.alg, 'a key that signs says its algorithm');
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.ok(!(secret in key), secret);
    }
  });
});

describe('openid-client', () => {
  const discover = (algorithm: 'oidc' | 'oauth2', { clientId, clientSecret }: TestClient) =>
    openid.discovery(
      new URL(org.issuer),
      clientId,
      {},
      clientSecret ? openid.ClientSecretBasic(clientSecret) : openid.None(),
      {
        algorithm,
        execute: [openid.allowInsecureRequests],
        [openid.customFetch]: org.http.fetch as openid.CustomFetch,
      },
    );

  /** The code flow of a person in a browser without JavaScript. */
  async function codeFlow(config: openid.Configuration, parameters: Readonly<Record<string, string>>) {
    const verifier = openid.randomPKCECodeVerifier();
    const state = openid.randomState();
    const nonce = openid.randomNonce();
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: APP_CALLBACK,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...parameters,
    });
    const browser = createFormDriver(org.http);
    const callback = addressAt(await passHostedPages(browser, await browser.open(url.href), person));
    const tokens = await openid.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
    return { tokens, browser };
  }

  it('discovers the issuer by OpenID Connect and by RFC 8414', async () => {
    for (const algorithm of ['oidc', 'oauth2'] as const) {
      const config = await discover(algorithm, spa);
      assert.equal(config.serverMetadata().issuer, org.issuer);
    }
  });

  it('signs in, reads userinfo, refreshes with rotation', async () => {
    const config = await discover('oidc', spa);
    const { tokens } = await codeFlow(config, { scope: 'openid profile email offline_access' });
    const sub = tokens.claims()?.sub ?? '';
    assert.equal(sub, person.id);
    const userinfo = await openid.fetchUserInfo(config, tokens.access_token, sub);
    assert.deepEqual([userinfo.email, userinfo.tenant, userinfo.identity_type], [person.email, org.slug, 'user']);

    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    assert.ok(refreshed.refresh_token);
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token, 'rotated');
    assert.notEqual(refreshed.access_token, tokens.access_token);
    const narrowed = await openid.refreshTokenGrant(config, refreshed.refresh_token, { scope: 'openid' });
    assert.equal(narrowed.scope, 'openid');
  });

  it('its tokens verify with plain jose: RFC 9068 access token, OpenID Connect ID token', async () => {
    const config = await discover('oidc', spa);
    const { tokens } = await codeFlow(config, { scope: 'openid profile email' });
    const access = await verify(tokens.access_token, { typ: 'at+jwt', audience: spa.clientId });
    assert.equal(access.payload.sub, person.id);
    assert.equal(access.payload.client_id, spa.clientId);
    assert.equal(access.payload.scope, 'openid profile email');
    assert.ok(access.payload.jti && access.payload.iat && access.payload.exp && access.payload.auth_time);
    assert.match(access.protectedHeader.alg, /^(?:ES256|RS256|PS256|EdDSA)$/);
    assert.ok(access.protectedHeader.kid);
    const id = await verify(tokens.id_token ?? '', { audience: spa.clientId });
    assert.equal(id.payload.sub, person.id);
    assert.ok(id.payload.sid, 'the session, for logout');
    assert.equal(tokens.refresh_token, undefined, 'not asked for, not given');
  });

  it('an authorization request without scope gets the defaults of the client', async () => {
    const config = await discover('oidc', spa);
    const { tokens } = await codeFlow(config, {});
    assert.deepEqual((tokens.scope ?? '').split(' ').sort(), ['email', 'openid', 'profile']);
  });

  it('signs in to a confidential app, introspects, revokes', async () => {
    const config = await discover('oidc', web);
    const { tokens } = await codeFlow(config, { scope: 'openid email offline_access' });
    const before = await openid.tokenIntrospection(config, tokens.access_token);
    assert.equal(before.active, true);
    assert.deepEqual(
      [before.sub, before.client_id, before.iss, before.username],
      [person.id, web.clientId, org.issuer, person.email],
    );
    await openid.tokenRevocation(config, tokens.refresh_token ?? '', { token_type_hint: 'refresh_token' });
    assert.equal((await openid.tokenIntrospection(config, tokens.refresh_token ?? '')).active, false);
    const after = await openid.tokenIntrospection(config, tokens.access_token);
    assert.deepEqual(after, { active: false }, 'its access tokens end with it, and nothing is told about them');
  });

  it('client credentials: as many scopes as asked for, all of them where none is named', async () => {
    const config = await discover('oauth2', machine);
    const all = await openid.clientCredentialsGrant(config);
    assert.deepEqual((all.scope ?? claimsOf<{ scope: string }>(all.access_token).scope).split(' ').sort(), [
      'document.edit',
      'document.read',
    ]);
    const one = await openid.clientCredentialsGrant(config, { scope: 'document.read' });
    assert.equal(claimsOf(one.access_token).scope, 'document.read');
    assert.equal(claimsOf(one.access_token).sub, `client_${machine.clientId}`, 'never a name a person could have');
    assert.equal(one.refresh_token, undefined);
    await assert.rejects(openid.clientCredentialsGrant(config, { scope: 'admin' }), { error: 'invalid_scope' });
  });

  it('exchanges the token of a person and of an agent for a delegated one', async () => {
    const agent = await org.addAgent(['document.read', 'delegate:on_behalf']);
    const app = await org.addClient({ scopes: ['openid', 'document.read'] });
    const subject = await org.tokensOf(person, app, 'openid document.read');
    const config = await openid.discovery(
      new URL(org.issuer),
      agent.agentId,
      {},
      openid.ClientSecretPost(agent.clientSecret),
      { execute: [openid.allowInsecureRequests], [openid.customFetch]: org.http.fetch as openid.CustomFetch },
    );
    const own = await openid.clientCredentialsGrant(config);
    const delegated = await openid.genericGrantRequest(config, TOKEN_EXCHANGE, {
      subject_token: subject.access_token,
      subject_token_type: ACCESS_TOKEN_TYPE,
      actor_token: own.access_token,
      actor_token_type: ACCESS_TOKEN_TYPE,
    });
    assert.equal(delegated.issued_token_type, ACCESS_TOKEN_TYPE);
    const keys = createRemoteJWKSet(new URL(`${org.issuer}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(delegated.access_token, keys, { issuer: org.issuer, typ: 'at+jwt' });
    assert.deepEqual([payload.sub, payload.scope], [person.id, 'document.read']);
    assert.equal((payload.act as { sub: string }).sub, `agent_${agent.agentId}`);
  });

  it('signs out at the app, by id_token_hint, and the session is over', async () => {
    const config = await discover('oidc', spa);
    const { tokens, browser } = await codeFlow(config, { scope: 'openid' });
    const url = openid.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: LOGOUT_TARGET,
      state: 'after logout',
    });
    const back = addressAt(await browser.open(url.href));
    assert.equal(`${back.origin}${back.pathname}`, LOGOUT_TARGET);
    assert.equal(back.searchParams.get('state'), 'after logout');
    const silent = await browser.open(
      authorizationUrl(org.http, org.api, {
        ...{ response_type: 'code', client_id: spa.clientId, redirect_uri: APP_CALLBACK, scope: 'openid' },
        ...{ code_challenge: 'a'.repeat(43), code_challenge_method: 'S256', prompt: 'none' },
      }),
    );
    assert.equal(addressAt(silent).searchParams.get('error'), 'login_required');
  });

  it('asks before it signs out where nobody proves that the person wants it', async () => {
    const config = await discover('oidc', spa);
    const { browser } = await codeFlow(config, { scope: 'openid' });
    const page = pageAt(await browser.open(`${org.issuer}/oauth/logout`));
    const done = pageAt(await browser.submit(page, {}, ['logout', 'yes']));
    assert.match(done.text, /signed out/i);
  });
});

describe('oauth4webapi', () => {
  const options = () => ({
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: org.http.fetch as (
      url: string,
      init: oauth.CustomFetchOptions<string, unknown>,
    ) => Promise<Response>,
  });

  async function discover(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(org.issuer);
    const answer = await oauth.discoveryRequest(issuer, {
      ...options(),
      algorithm: 'oauth2',
    } as oauth.DiscoveryRequestOptions);
    return oauth.processDiscoveryResponse(issuer, answer);
  }

  it('goes the whole way of a confidential client', async () => {
    const as = await discover();
    const client: oauth.Client = { client_id: web.clientId };
    const auth = oauth.ClientSecretBasic(web.clientSecret);
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const browser = createFormDriver(org.http);
    const first = await browser.open(
      authorizationUrl(org.http, org.api, {
        ...{ response_type: 'code', client_id: web.clientId, redirect_uri: APP_CALLBACK, state, nonce },
        scope: 'openid email offline_access',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }),
    );
    const callback = addressAt(await passHostedPages(browser, first, person));
    const parameters = oauth.validateAuthResponse(as, client, callback, state);

    const requestOptions = options() as oauth.TokenEndpointRequestOptions;
    const answer = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      auth,
      parameters,
      APP_CALLBACK,
      verifier,
      requestOptions,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    await oauth.validateApplicationLevelSignature(as, answer, options() as oauth.ValidateSignatureOptions);

    const sub = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? '';
    const userinfo = await oauth.userInfoRequest(
      as,
      client,
      tokens.access_token,
      options() as oauth.UserInfoRequestOptions,
    );
    assert.equal((await oauth.processUserInfoResponse(as, client, sub, userinfo)).email, person.email);

    const refresh = await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token ?? '', requestOptions);
    const refreshed = await oauth.processRefreshTokenResponse(as, client, refresh);

    const introspection = async (token: string) =>
      oauth.processIntrospectionResponse(
        as,
        client,
        await oauth.introspectionRequest(as, client, auth, token, options() as oauth.IntrospectionRequestOptions),
      );
    assert.equal((await introspection(refreshed.access_token)).active, true);
    const revocation = await oauth.revocationRequest(
      as,
      client,
      auth,
      refreshed.access_token,
      options() as oauth.RevocationRequestOptions,
    );
    await oauth.processRevocationResponse(revocation);
    assert.equal((await introspection(refreshed.access_token)).active, false);
    assert.equal((await introspection(refreshed.refresh_token ?? '')).active, true, 'an access token ends alone');
  });

  it('validates the access token of a machine as a resource server does (RFC 9068)', async () => {
    const as = await discover();
    const client: oauth.Client = { client_id: machine.clientId };
    const answer = await oauth.clientCredentialsGrantRequest(
      as,
      client,
      oauth.ClientSecretPost(machine.clientSecret),
      { scope: 'document.read' },
      options() as oauth.ClientCredentialsGrantRequestOptions,
    );
    const tokens = await oauth.processClientCredentialsResponse(as, client, answer);
    const request = new Request('http://api.example/documents', {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    const claims = await oauth.validateJwtAccessToken(
      as,
      request,
      machine.clientId,
      options() as oauth.ValidateJWTAccessTokenOptions,
    );
    assert.equal(claims.client_id, machine.clientId);
    assert.equal(claims.scope, 'document.read');
  });
});

describe('refresh tokens (RFC 9700 section 4.14)', () => {
  const refresh = (token: string, clientId = spa.clientId) => ({
    grant_type: 'refresh_token',
    refresh_token: token,
    client_id: clientId,
  });

  it('one that was rotated may come back a few times at once, each time with a successor of its own', async () => {
    const { refresh_token: first = '' } = await org.tokensOf(person, spa);
    const answers = await Promise.all([1, 2, 3].map(() => org.oauth.grant(refresh(first))));
    const successors = new Set(answers.map((answer) => answer.refresh_token));
    assert.equal(successors.size, 3);
    for (const successor of successors) await org.oauth.grant(refresh(successor ?? ''));
  });

  it('one that comes back more often is a replay: everything of its family dies', async () => {
    const { refresh_token: first = '', access_token: firstAccess } = await org.tokensOf(person, spa);
    const latest = await org.oauth.grant(refresh(first));
    let refused = 0;
    for (let use = 2; use <= 12 && refused === 0; use++) {
      const answer = await org.oauth.token(refresh(first));
      if (answer.status !== 200) refused = use;
    }
    assert.ok(refused > 2, `a grace that is bounded by count: use ${refused} was refused`);
    await org.oauth.refused(refresh(latest.refresh_token ?? ''), 400, 'invalid_grant');
    for (const token of [firstAccess, latest.access_token]) {
      assert.equal((await org.oauth.introspect(token, machine)).active, false);
    }
  });

  it('belongs to the client it was given to', async () => {
    const { refresh_token: mine = '' } = await org.tokensOf(person, spa);
    const other = await org.addClient();
    await org.oauth.refused(refresh(mine, other.clientId), 400, 'invalid_grant');
    await org.oauth.grant(refresh(mine));
  });

  it('cannot ask for more than was granted', async () => {
    const { refresh_token: mine = '' } = await org.tokensOf(person, spa, 'openid offline_access');
    await org.oauth.refused({ ...refresh(mine), scope: 'openid email' }, 400, 'invalid_scope');
  });
});

describe('Resource indicators (RFC 8707)', () => {
  const grant = (resource: string) => ({
    ...{ grant_type: 'client_credentials', client_id: machine.clientId, client_secret: machine.clientSecret },
    resource,
  });

  it('a token for the API of the org is for it, and opens it', async () => {
    const { access_token: token } = await org.oauth.grant(grant(org.issuer));
    assert.equal(claimsOf(token).aud, org.issuer);
    const answer = await org.http.send('POST', `${org.api}/authz/check`, { bearer: token, json: { permission: 'x' } });
    answer.expect(200);
  });

  it('no other resource is known: invalid_target', async () => {
    for (const resource of ['https://api.example.com', `${org.issuer}/`, 'not a uri', `${org.issuer}#fragment`]) {
      await org.oauth.refused(grant(resource), 400, 'invalid_target');
    }
  });
});
