import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Org } from '@lumo/tenancy';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import type { User } from '../core/user.js';
import { openBrowser } from '../testing/browser.js';
import { type OidcStage, openOidcStage, type StageClient } from '../testing/oidc-stage.js';
import { CALLBACK, passFlow } from '../testing/protocol.js';

const ALICE = 'alice@acme.example';

describe('clients that we did not write', () => {
  let stage: OidcStage;
  let acme: Org;
  let alice: User;
  let spa: StageClient;
  let web: StageClient;

  before(async () => {
    stage = await openOidcStage();
    acme = await stage.newOrg('acme');
    alice = await stage.newUser(acme, ALICE, ['viewer']);
    const app = {
      redirectUris: [CALLBACK],
      postLogoutRedirectUris: ['http://localhost:5173/'],
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['openid', 'profile', 'email', 'offline_access', 'document.read'],
    };
    spa = await stage.newClient(acme, { ...app, applicationType: 'spa' });
    web = await stage.newClient(acme, { ...app, applicationType: 'web' });
  });
  after(() => stage.close());

  it('openid-client: code flow, userinfo, refresh, introspection, revocation, sign-out', async () => {
    const insecure = { execute: [oidc.allowInsecureRequests] };
    const config = await oidc.discovery(new URL(stage.issuer(acme)), web.clientId, web.secret, undefined, insecure);
    const verifier = oidc.randomPKCECodeVerifier();
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid profile email offline_access document.read',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: 'st',
      nonce: 'no',
      max_age: '600',
    });
    const browser = openBrowser(stage.origin);
    const done = await passFlow(browser, url.href, ALICE);
    const tokens = await oidc.authorizationCodeGrant(config, new URL(done.location ?? ''), {
      pkceCodeVerifier: verifier,
      expectedState: 'st',
      expectedNonce: 'no',
      maxAge: 600,
      idTokenExpected: true,
    });
    assert.equal(tokens.claims()?.sub, alice.id);

    const jwks = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''));
    const expected = { issuer: stage.issuer(acme), audience: web.clientId };
    const verified = await jose.jwtVerify(tokens.access_token, jwks, { ...expected, typ: 'at+jwt' });
    assert.deepEqual(verified.payload.roles, ['viewer']);
    const info = await oidc.fetchUserInfo(config, tokens.access_token, alice.id);
    assert.equal(info.email, ALICE);

    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '');
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
    assert.equal((await oidc.tokenIntrospection(config, refreshed.access_token)).active, true);
    await oidc.tokenRevocation(config, refreshed.refresh_token ?? '');
    assert.equal((await oidc.tokenIntrospection(config, refreshed.access_token)).active, false);

    const out = await browser.follow(
      await browser.go(
        oidc.buildEndSessionUrl(config, {
          id_token_hint: tokens.id_token ?? '',
          post_logout_redirect_uri: 'http://localhost:5173/',
          state: 'bye',
        }).href,
      ),
    );
    assert.equal(out.location, 'http://localhost:5173/?state=bye');
  });

  it('oauth4webapi: both ways of discovery, code flow of a public client, validated as RFC 9068', async () => {
    const options = { [oauth.allowInsecureRequests]: true };
    const issuer = new URL(stage.issuer(acme));
    const documents = await Promise.all(
      (['oidc', 'oauth2'] as const).map(async (algorithm) =>
        oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...options, algorithm })),
      ),
    );
    const [as] = documents;
    assert.ok(as);
    assert.deepEqual(documents[1], as);
    const client: oauth.Client = { client_id: spa.clientId };
    const verifier = oauth.generateRandomCodeVerifier();
    const url = new URL(as.authorization_endpoint ?? '');
    for (const [name, value] of Object.entries({
      response_type: 'code',
      client_id: spa.clientId,
      redirect_uri: CALLBACK,
      scope: 'openid document.read',
      state: 'st',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })) {
      url.searchParams.set(name, value);
    }
    const done = await passFlow(openBrowser(stage.origin), url.href, ALICE);
    const callback = oauth.validateAuthResponse(as, client, new URL(done.location ?? ''), 'st');
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      oauth.None(),
      callback,
      CALLBACK,
      verifier,
      options,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response);
    const request = new Request('https://api.example/', {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    const claims = await oauth.validateJwtAccessToken(as, request, spa.clientId, options);
    assert.equal(claims.sub, alice.id);
  });
});
