import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Org } from '@lumo/tenancy';
import * as jose from 'jose';
import { openBrowser } from '../testing/browser.js';
import { type OidcStage, openOidcStage, type StageClient } from '../testing/oidc-stage.js';
import {
  answerOf,
  CALLBACK,
  clientCredentials,
  introspect,
  localIssuer,
  newCode,
  newTokens,
  newVerifier,
  post,
  redeem,
  refresh,
} from '../testing/protocol.js';

const ALICE = 'alice@acme.example';
const SCOPE = 'openid profile email offline_access document.read';

describe('token endpoint', () => {
  let stage: OidcStage;
  let acme: Org;
  let spa: StageClient;
  let web: StageClient;
  let webWithoutPkce: StageClient;
  let m2m: StageClient;

  before(async () => {
    stage = await openOidcStage();
    acme = await stage.newOrg('acme');
    await stage.newUser(acme, ALICE, ['viewer']);
    const app = {
      redirectUris: [CALLBACK],
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: SCOPE.split(' '),
    };
    spa = await stage.newClient(acme, { ...app, applicationType: 'spa' });
    web = await stage.newClient(acme, { ...app, applicationType: 'web' });
    webWithoutPkce = await stage.newClient(acme, { ...app, applicationType: 'web', requiresPkce: false });
    m2m = await stage.newClient(acme, { applicationType: 'm2m', scopes: ['report.read', 'report.write'] });
  });
  after(() => stage.close());

  const refused = async (
    answer: Promise<{ status: number; body: Record<string, unknown> }>,
    error: string,
    status = 400,
  ) => {
    const { status: got, body } = await answer;
    assert.equal(body.error, error, JSON.stringify(body));
    assert.equal(got, status);
    assert.equal(body.code, error);
    assert.equal(body.status, status);
    assert.ok(typeof body.message === 'string' && body.message !== '');
    assert.equal(body.error_description, body.message);
  };

  describe('client credentials', () => {
    it('give a machine a token of its own (RFC 9068, contract 2.5)', async () => {
      const { status, body, headers } = await clientCredentials(stage, acme, m2m, { scope: 'report.read' });
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('pragma'), 'no-cache');
      assert.deepEqual([body.token_type, body.expires_in, body.scope], ['Bearer', 3600, 'report.read']);
      assert.equal(body.refresh_token, undefined);
      const { typ, alg } = jose.decodeProtectedHeader(body.access_token);
      assert.deepEqual([typ, alg], ['at+jwt', 'ES256']);
      const { iat, exp, jti, ...claims } = jose.decodeJwt(body.access_token);
      assert.equal(Number(exp) - Number(iat), 3600);
      assert.ok(jti);
      assert.deepEqual(claims, {
        iss: stage.issuer(acme),
        sub: `client_${m2m.clientId}`,
        aud: m2m.clientId,
        client_id: m2m.clientId,
        scope: 'report.read',
        tenant: 'acme',
      });
    });

    it('give all scopes of the client where none is named', async () =>
      assert.equal((await clientCredentials(stage, acme, m2m)).body.scope, 'report.read report.write'));

    it('name the scope that the client may not have', async () => {
      const { body } = await clientCredentials(stage, acme, m2m, { scope: 'report.read admin' });
      assert.deepEqual([body.error, body.scope], ['invalid_scope', 'admin']);
    });

    it('take Basic, post, and JSON', async () => {
      const basic = Buffer.from(`${m2m.clientId}:${m2m.secret}`).toString('base64');
      const byBasic = await post(
        stage,
        acme,
        '/oauth/token',
        { grant_type: 'client_credentials' },
        {
          authorization: `Basic ${basic}`,
        },
      );
      assert.equal(byBasic.status, 200, JSON.stringify(byBasic.body));
      const byJson = await answerOf(
        await fetch(`${localIssuer(stage, acme)}/oauth/token`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            grant_type: 'client_credentials',
            client_id: m2m.clientId,
            client_secret: m2m.secret,
            scope: 'report.read',
          }),
        }),
      );
      assert.equal(byJson.status, 200, JSON.stringify(byJson.body));
    });

    it('write no row', async () => {
      const count = () => stage.admin<{ n: string }>('select count(*) as n from authn.artifacts');
      const before = await count();
      await clientCredentials(stage, acme, m2m);
      assert.deepEqual(await count(), before);
    });

    it('keep both secrets valid while one is rotated', async () => {
      const client = await stage.newClient(acme, { applicationType: 'm2m', scopes: ['a'] });
      assert.equal((await clientCredentials(stage, acme, client)).status, 200);
      const rotated = await stage.asAdmin(acme, (ctx) => stage.app.rotateClientSecret(ctx, client.clientId, 3600));
      const { secret } = rotated;
      assert.equal((await clientCredentials(stage, acme, client)).status, 200);
      assert.equal((await clientCredentials(stage, acme, { ...client, secret: secret ?? '' })).status, 200);
    });

    it('are recorded, granted and refused', async () => {
      await clientCredentials(stage, acme, m2m);
      const issued = await stage.event(acme, 'token.issued');
      assert.deepEqual(issued.actor.type, 'client');
      await clientCredentials(stage, acme, { ...m2m, secret: 'wrong' });
      const refusal = await stage.event(acme, 'token.refused', ({ data }) => data.error === 'invalid_client');
      assert.equal(refusal.result, 'denied');
    });
  });

  describe('client authentication', () => {
    const grant = { grant_type: 'client_credentials' };
    it('refuses a wrong secret, an unknown client and none at all', async () => {
      await refused(clientCredentials(stage, acme, { ...m2m, secret: 'cs_wrong' }), 'invalid_client', 401);
      await refused(clientCredentials(stage, acme, { clientId: 'cli_nobody', secret: 'x' }), 'invalid_client', 401);
      await refused(clientCredentials(stage, acme, { clientId: m2m.clientId }), 'invalid_client', 401);
      await refused(post(stage, acme, '/oauth/token', grant), 'invalid_client', 401);
    });

    it('refuses two ways at once, and two names', async () => {
      const authorization = `Basic ${Buffer.from(`${m2m.clientId}:${m2m.secret}`).toString('base64')}`;
      const { clientId: client_id, secret: client_secret = '' } = m2m;
      await refused(
        post(stage, acme, '/oauth/token', { ...grant, client_id, client_secret }, { authorization }),
        'invalid_request',
      );
      await refused(
        post(stage, acme, '/oauth/token', { ...grant, client_id: web.clientId }, { authorization }),
        'invalid_request',
      );
    });

    it('answers a failed Basic with a challenge', async () => {
      const { status, headers } = await post(stage, acme, '/oauth/token', grant, {
        authorization: `Basic ${Buffer.from(`${m2m.clientId}:wrong`).toString('base64')}`,
      });
      assert.equal(status, 401);
      assert.match(headers.get('www-authenticate') ?? '', /^Basic /);
    });

    it('takes an empty client_secret of a public client for none (contract 9.6)', async () => {
      const code = await newCode(stage, acme, spa, ALICE, { scope: 'openid' });
      assert.equal((await redeem(stage, acme, spa, code, { client_secret: '' })).status, 200);
    });

    it('does not let a public client stand for one with a secret, or take a secret of one that has none', async () => {
      const code = await newCode(stage, acme, spa, ALICE, { scope: 'openid' });
      await refused(redeem(stage, acme, spa, code, { client_secret: 'made-up' }), 'invalid_client', 401);
      assert.equal((await redeem(stage, acme, spa, code)).status, 200);
    });

    it('never accepts the placeholder that stands where the engine wants a secret', async () => {
      for (const secret of ['undefined', 'null', '[secret]', 'unused']) {
        await refused(clientCredentials(stage, acme, { ...m2m, secret }), 'invalid_client', 401);
      }
    });
  });

  describe('requests', () => {
    it('refuse repeated parameters (RFC 6749 section 3.1)', async () => {
      const base: [string, string][] = [
        ['grant_type', 'client_credentials'],
        ['client_id', m2m.clientId],
        ['client_secret', m2m.secret ?? ''],
      ];
      for (const again of [
        ['grant_type', 'client_credentials'],
        ['client_id', m2m.clientId],
        ['scope', 'a'],
        ['client_secret', 'x'],
      ] as const) {
        const pairs = again[0] === 'scope' ? [...base, ['scope', 'b'] as const, again] : [...base, again];
        await refused(post(stage, acme, '/oauth/token', pairs), 'invalid_request');
      }
    });

    it('refuse the password grant and unknown ones', async () => {
      const body = { client_id: spa.clientId, username: ALICE, password: 'x' };
      await refused(post(stage, acme, '/oauth/token', { ...body, grant_type: 'password' }), 'unsupported_grant_type');
      await refused(post(stage, acme, '/oauth/token', { ...body, grant_type: 'implicit' }), 'unsupported_grant_type');
    });

    it('refuse a grant that the client is not registered for', async () =>
      refused(
        post(stage, acme, '/oauth/token', {
          grant_type: 'client_credentials',
          client_id: web.clientId,
          client_secret: web.secret ?? '',
        }),
        'unauthorized_client',
        401,
      ));

    it('refuse NUL, JSON with a member named twice, and what is no object, never with a 5xx', async () => {
      await refused(clientCredentials(stage, acme, m2m, { scope: 'a\0b' }), 'invalid_request');
      await refused(clientCredentials(stage, acme, { clientId: 'cli\0', secret: 'x' }), 'invalid_request');
      const raw = async (body: string, type = 'application/json') =>
        answerOf(
          await fetch(`${localIssuer(stage, acme)}/oauth/token`, {
            method: 'POST',
            headers: { 'content-type': type },
            body,
          }),
        );
      await refused(raw('{"grant_type":"client_credentials","client_id":"a","client_id":"b"}'), 'invalid_request');
      await refused(raw('["grant_type"]'), 'invalid_request');
      await refused(raw('{"grant_type":{"a":1}}'), 'invalid_request');
      await refused(raw('{"grant_type":'), 'invalid_request');
      await refused(raw('grant_type', 'text/plain'), 'unsupported_media_type');
      await refused(raw(''), 'invalid_client', 401);
    });

    it('answer for an org that is not there with 404', async () => {
      const { status, body } = await post(stage, { id: 'x', slug: 'nobody' }, '/oauth/token', { grant_type: 'x' });
      assert.deepEqual([status, body.error], [404, 'tenant_not_found']);
    });
  });

  describe('codes', () => {
    it('are redeemed once; a second time ends everything they gave (RFC 9700 section 4.5)', async () => {
      const code = await newCode(stage, acme, web, ALICE, { scope: SCOPE });
      const first = await redeem(stage, acme, web, code);
      assert.equal(first.status, 200, JSON.stringify(first.body));
      assert.equal((await introspect(stage, acme, web, first.body.access_token)).body.active, true);
      await refused(redeem(stage, acme, web, code), 'invalid_grant');
      assert.deepEqual((await introspect(stage, acme, web, first.body.access_token)).body, { active: false });
      await refused(refresh(stage, acme, web, first.body.refresh_token), 'invalid_grant');
      const { actor } = await stage.event(acme, 'oauth.security.code_reuse_detected');
      assert.equal(actor.id, web.clientId);
    });

    it('give tokens to one of twenty parallel requests, and then to none', async () => {
      const code = await newCode(stage, acme, web, ALICE, { scope: SCOPE });
      const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(stage, acme, web, code)));
      const won = answers.filter(({ status }) => status === 200);
      assert.ok(won.length <= 1, `${won.length} won`);
      assert.ok(answers.every(({ status }) => status === 200 || status === 400));
      for (const { body } of won) {
        assert.equal((await introspect(stage, acme, web, body.access_token)).body.active, false);
      }
    });

    it('are bound to client, redirect URI and verifier', async () => {
      const code = await newCode(stage, acme, web, ALICE, { scope: 'openid' });
      await refused(redeem(stage, acme, webWithoutPkce, code), 'invalid_grant');
      await refused(redeem(stage, acme, web, code, { redirect_uri: `${CALLBACK}/` }), 'invalid_grant');
      await refused(redeem(stage, acme, web, { ...code, verifier: newVerifier().verifier }), 'invalid_grant');
      await refused(redeem(stage, acme, web, { ...code, verifier: 'short' }), 'invalid_grant');
      await refused(redeem(stage, acme, web, { ...code, verifier: '' }), 'invalid_grant');
      assert.equal((await redeem(stage, acme, web, code)).status, 200);
    });

    it('without a challenge refuse a verifier (PKCE downgrade, RFC 9700 section 4.8)', async () => {
      const without = { code_challenge: '', code_challenge_method: '', scope: 'openid' };
      const code = await newCode(stage, acme, webWithoutPkce, ALICE, without);
      await refused(redeem(stage, acme, webWithoutPkce, code), 'invalid_grant');
      const second = await newCode(stage, acme, webWithoutPkce, ALICE, without);
      assert.equal((await redeem(stage, acme, webWithoutPkce, { ...second, verifier: '' })).status, 200);
    });

    it('that nobody issued are refused', async () =>
      refused(redeem(stage, acme, web, { code: 'made-up', verifier: newVerifier().verifier }), 'invalid_grant'));
  });

  describe('refresh tokens', () => {
    it('rotate, and shrink the scope where that is asked', async () => {
      const { refreshToken } = await newTokens(stage, acme, web, ALICE, { scope: SCOPE });
      const { status, body } = await refresh(stage, acme, web, refreshToken, { scope: 'openid document.read' });
      assert.equal(status, 200, JSON.stringify(body));
      assert.notEqual(body.refresh_token, refreshToken);
      assert.equal(body.scope, 'openid document.read');
      await refused(refresh(stage, acme, web, body.refresh_token, { scope: 'openid admin' }), 'invalid_scope');
    });

    it('come with offline_access only, also by access_type=offline', async () => {
      assert.equal((await newTokens(stage, acme, web, ALICE, { scope: 'openid' })).refreshToken, undefined);
      const offline = await newTokens(stage, acme, web, ALICE, { scope: 'openid', access_type: 'offline' });
      assert.ok(offline.refreshToken);
      assert.match(offline.scope, /offline_access/);
    });

    it('keep the session when four tabs refresh with one token at the same moment', async () => {
      const { refreshToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const answers = await Promise.all(Array.from({ length: 4 }, () => refresh(stage, acme, spa, refreshToken)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200],
      );
      for (const { body } of answers) assert.equal((await refresh(stage, acme, spa, body.refresh_token)).status, 200);
    });

    it('that come back after the grace end the family, with an event (RFC 9700 section 4.14)', async () => {
      const { refreshToken, accessToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const next = await refresh(stage, acme, spa, refreshToken);
      await stage.admin(`update authn.artifacts set consumed_at = consumed_at - interval '11 seconds'
        where consumed_at is not null and model = 'RefreshToken'`);
      await refused(refresh(stage, acme, spa, refreshToken), 'invalid_grant');
      await refused(refresh(stage, acme, spa, next.body.refresh_token), 'invalid_grant');
      assert.equal((await introspect(stage, acme, web, accessToken)).body.active, false);
      assert.equal((await stage.event(acme, 'oauth.security.refresh_reuse_detected')).result, 'denied');
    });

    it('that are replayed more often than tabs do end the family', async () => {
      const { refreshToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const answers = await Promise.all(Array.from({ length: 12 }, () => refresh(stage, acme, spa, refreshToken)));
      assert.ok(answers.some(({ status }) => status === 400));
      assert.ok(answers.every(({ status }) => status === 200 || status === 400));
      const [won] = answers.filter(({ status }) => status === 200);
      if (won) await refused(refresh(stage, acme, spa, won.body.refresh_token), 'invalid_grant');
    });

    it('belong to their client, and the attempt of another does not end them', async () => {
      const { refreshToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      await refused(refresh(stage, acme, web, refreshToken), 'invalid_grant');
      assert.equal((await refresh(stage, acme, spa, refreshToken)).status, 200);
    });

    it('of a public client do not outlive what they began with', async () => {
      const { refreshToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      await stage.admin(`update authn.artifacts set expires_at = now() + interval '100 seconds',
        payload = payload || jsonb_build_object('exp', extract(epoch from now())::int + 100) where model = 'RefreshToken'`);
      await refresh(stage, acme, spa, refreshToken);
      const rows = await stage.admin<{ over: boolean }>(
        `select expires_at > now() + interval '101 seconds' as over from authn.artifacts where model = 'RefreshToken'`,
      );
      assert.ok(rows.every(({ over }) => !over));
    });
  });

  describe('who may not act any more gets nothing', () => {
    it('a blocked user: code, refresh, introspection, userinfo', async () => {
      const email = 'bob@acme.example';
      const bob = await stage.newUser(acme, email);
      const { refreshToken, accessToken, browser } = await newTokens(stage, acme, web, email, { scope: SCOPE });
      const code = await newCode(stage, acme, web, email, { scope: SCOPE }, browser);
      await stage.asAdmin(acme, (ctx) => stage.app.blockUser(ctx, bob.id));
      await refused(redeem(stage, acme, web, code), 'invalid_grant');
      await refused(refresh(stage, acme, web, refreshToken), 'invalid_grant');
      assert.deepEqual((await introspect(stage, acme, web, accessToken)).body, { active: false });
      const userinfo = await fetch(`${localIssuer(stage, acme)}/oauth/userinfo`, {
        headers: { authorization: `Bearer ${accessToken}` },
      });
      assert.equal(userinfo.status, 401);
      // Unblocked: the old tokens stay dead, new ones live.
      await stage.asAdmin(acme, (ctx) => stage.app.unblockUser(ctx, bob.id));
      assert.equal((await introspect(stage, acme, web, accessToken)).body.active, false);
      const again = await newTokens(stage, acme, web, email, { scope: SCOPE }, openBrowser(stage.origin));
      assert.equal((await introspect(stage, acme, web, again.accessToken)).body.active, true);
    });

    it('a disabled client: every grant, introspection of its tokens', async () => {
      const client = await stage.newClient(acme, {
        applicationType: 'web',
        redirectUris: [CALLBACK],
        grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
        scopes: SCOPE.split(' '),
      });
      const { refreshToken, accessToken } = await newTokens(stage, acme, client, ALICE, { scope: SCOPE });
      const own = await clientCredentials(stage, acme, client);
      assert.equal(own.status, 200, JSON.stringify(own.body));
      await stage.asAdmin(acme, (ctx) => stage.app.disableClient(ctx, client.clientId));
      await refused(clientCredentials(stage, acme, client), 'invalid_client', 401);
      await refused(refresh(stage, acme, client, refreshToken), 'invalid_client', 401);
      for (const token of [accessToken, own.body.access_token]) {
        assert.deepEqual((await introspect(stage, acme, web, token)).body, { active: false });
      }
      await stage.asAdmin(acme, (ctx) => stage.app.enableClient(ctx, client.clientId));
      const fresh = await clientCredentials(stage, acme, client);
      assert.equal((await introspect(stage, acme, web, fresh.body.access_token)).body.active, true);
    });
  });
});
