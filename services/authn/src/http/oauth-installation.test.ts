import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Org } from '@lumo/tenancy';
import * as jose from 'jose';
import { openBrowser } from '../testing/browser.js';
import { type OidcStage, openOidcStage, type StageClient } from '../testing/oidc-stage.js';
import { answerOf, authorizeUrl, CALLBACK, clientCredentials, introspect } from '../testing/protocol.js';

describe('an installation behind a TLS proxy', () => {
  const BASE = 'https://id.example';
  let stage: OidcStage;
  let acme: Org;
  let other: Org;
  let spa: StageClient;
  let m2m: StageClient;

  before(async () => {
    stage = await openOidcStage({ baseUrl: BASE });
    acme = await stage.newOrg('acme');
    other = await stage.newOrg('other');
    spa = await stage.newClient(acme, {
      applicationType: 'spa',
      redirectUris: [CALLBACK],
      grantTypes: ['authorization_code'],
    });
    m2m = await stage.newClient(acme, { applicationType: 'm2m', scopes: ['a'] });
  });
  after(() => stage.close());

  const get = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
    answerOf(await fetch(`${stage.origin}${path}`, { headers }));

  describe('metadata', () => {
    const paths = [
      '/orgs/acme/api/v1/.well-known/openid-configuration',
      '/orgs/acme/api/v1/.well-known/oauth-authorization-server',
      '/orgs/acme/.well-known/openid-configuration',
      '/t/acme/api/v1/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/orgs/acme/api/v1',
      '/.well-known/openid-configuration/orgs/acme/api/v1',
    ];
    const forged = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example',
    };

    it('is the same at every well-known address, whatever the headers say (ZITADEL GHSA-2wmj)', async () => {
      const documents = [];
      for (const path of paths) documents.push((await get(path)).body, (await get(path, forged)).body);
      for (const document of documents) assert.deepEqual(document, documents[0]);
      assert.equal(documents[0].issuer, `${BASE}/orgs/acme/api/v1`);
      for (const [name, value] of Object.entries(documents[0])) {
        if (/_(endpoint|uri)$/.test(name))
          assert.ok(String(value).startsWith(`${BASE}/orgs/acme/api/v1/`), `${name} ${value}`);
      }
    });

    it('says what is true', async () => {
      const { body, headers } = await get(paths[0] ?? '');
      assert.match(headers.get('cache-control') ?? '', /public/);
      assert.deepEqual(body.code_challenge_methods_supported, ['S256']);
      assert.deepEqual(body.response_types_supported, ['code']);
      assert.deepEqual(body.subject_types_supported, ['public', 'pairwise']);
      assert.equal(body.authorization_response_iss_parameter_supported, true);
      assert.deepEqual(body.id_token_signing_alg_values_supported, ['ES256', 'RS256', 'PS256', 'EdDSA']);
      assert.deepEqual(body.claims_parameter_supported, false);
      assert.equal(body.require_pushed_authorization_requests, false);
      assert.equal(body.request_uri_parameter_supported, false);
      assert.deepEqual(body.grant_types_supported, [
        'authorization_code',
        'refresh_token',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:device_code',
        'urn:openid:params:grant-type:ciba',
        'urn:ietf:params:oauth:grant-type:token-exchange',
      ]);
      for (const absent of ['registration_endpoint', 'authorization_details_types_supported']) {
        assert.equal(body[absent], undefined, absent);
      }
      for (const [name, url] of Object.entries(body)) {
        if (!name.endsWith('_endpoint')) continue;
        const path = String(url).slice(BASE.length);
        const answers = await Promise.all(
          ['GET', 'POST'].map(
            async (method) => (await fetch(`${stage.origin}${path}`, { method, redirect: 'manual' })).status,
          ),
        );
        assert.ok(
          answers.some((status) => status !== 404),
          name,
        );
        assert.ok(
          answers.every((status) => status < 500),
          name,
        );
      }
    });

    it('of an org that is not there is 404', async () => {
      const { status, body } = await get('/orgs/nobody/api/v1/.well-known/openid-configuration');
      assert.deepEqual([status, body.error], [404, 'tenant_not_found']);
    });
  });

  it('publishes its keys, public members only, to be kept for an hour', async () => {
    const { status, headers, body } = await get('/orgs/acme/api/v1/.well-known/jwks.json');
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'public, max-age=3600');
    assert.equal(headers.get('access-control-allow-origin'), '*');
    for (const key of body.keys) {
      const alg = key.use === 'sig' ? ['alg'] : [];
      assert.deepEqual(Object.keys(key).sort(), [...alg, 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
  });

  it('sets cookies that only https carries and no neighbouring host can plant', async () => {
    const response = await fetch(authorizeUrl(stage, acme, spa, { scope: 'openid' }), { redirect: 'manual' });
    assert.ok(response.headers.get('location')?.startsWith('/orgs/acme/api/v1/oauth/login?'));
    const cookies = response.headers.getSetCookie();
    assert.ok(cookies.length >= 2);
    for (const cookie of cookies) {
      assert.match(cookie, /; ?secure/i, cookie);
      assert.match(cookie, /; ?httponly/i, cookie);
      assert.match(cookie, /; ?samesite=lax/i, cookie);
      assert.match(cookie, /^__(Host-lumo\.acme\.browser=.*; ?path=\/;|Secure-lumo\.acme\.(resume|signin)=)/i);
      assert.doesNotMatch(cookie, /domain=/i);
    }
  });

  it('sends the browser to the configured address', async () => {
    const browser = openBrowser(stage.origin);
    const shown = await browser.go(authorizeUrl(stage, acme, spa, { prompt: 'none', scope: 'openid' }));
    assert.equal(new URL(shown.location ?? '').searchParams.get('iss'), `${BASE}/orgs/acme/api/v1`);
  });

  describe('signing keys', () => {
    it('rotate without a gap: old tokens verify, new ones carry the new key', async () => {
      const before = (await clientCredentials(stage, acme, m2m)).body.access_token as string;
      const keys = () =>
        get('/orgs/acme/api/v1/.well-known/jwks.json').then(({ body }) =>
          (body.keys as jose.JWK[]).filter(({ use }) => use === 'sig'),
        );
      const [old] = await keys();
      // A year passes for the key: the job publishes a successor, and a day later lets it sign.
      const age = (sql: string) => stage.admin(`update authn.signing_keys set ${sql} where org_id = $1`, [acme.id]);
      await age("activated_at = activated_at - interval '365 days', created_at = created_at - interval '365 days'");
      await stage.asAdmin(acme, () => stage.app.oidc.rotateKeys(acme.id));
      assert.equal((await keys()).length, 2);
      assert.equal(
        jose.decodeProtectedHeader((await clientCredentials(stage, acme, m2m)).body.access_token).kid,
        old?.kid,
      );
      await age("created_at = created_at - interval '2 days'");
      await stage.asAdmin(acme, () => stage.app.oidc.rotateKeys(acme.id));
      const after = (await clientCredentials(stage, acme, m2m)).body.access_token as string;
      const { kid } = jose.decodeProtectedHeader(after);
      assert.notEqual(kid, old?.kid);
      const jwks = jose.createLocalJWKSet({ keys: await keys() });
      for (const token of [before, after]) await jose.jwtVerify(token, jwks);
      for (const token of [before, after]) assert.equal((await introspect(stage, acme, m2m, token)).body.active, true);
    });

    it('belong to one org each', async () => {
      const [a, b] = await Promise.all(
        ['acme', 'other'].map(
          async (slug) => (await get(`/orgs/${slug}/api/v1/.well-known/jwks.json`)).body.keys as jose.JWK[],
        ),
      );
      assert.ok(b && a && b.every(({ kid }) => a.every((key) => key.kid !== kid)));
    });
  });

  it('uses a setting or a name of the org as soon as it was changed', async () => {
    const client = await stage.newClient(other, { applicationType: 'm2m', scopes: ['a'] });
    assert.equal((await clientCredentials(stage, other, client)).body.expires_in, 3600);
    await stage.asAdmin(other, (ctx) => stage.app.changeOrgProfile(ctx, { auth: { accessTokenLifetimeSeconds: 120 } }));
    assert.equal((await clientCredentials(stage, other, client)).body.expires_in, 120);
    await stage.asAdmin(other, (ctx) =>
      stage.app.updateClient(ctx, client.clientId, { accessTokenLifetimeSeconds: 300 }),
    );
    assert.equal((await clientCredentials(stage, other, client)).body.expires_in, 300);
  });
});
