import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Org } from '@lumo/tenancy';
import { openBrowser } from '../testing/browser.js';
import { type OidcStage, openOidcStage, PASSWORD, type StageClient } from '../testing/oidc-stage.js';
import { answerOf, authorizeUrl, CALLBACK, localIssuer, newTokens, refresh } from '../testing/protocol.js';

const ALICE = 'alice@acme.example';
const HOME = 'http://localhost:5173/';

describe('sign-out', () => {
  let stage: OidcStage;
  let acme: Org;
  let other: Org;
  let spa: StageClient;

  before(async () => {
    stage = await openOidcStage();
    acme = await stage.newOrg('acme');
    other = await stage.newOrg('other');
    await stage.newUser(acme, ALICE);
    spa = await stage.newClient(acme, {
      applicationType: 'spa',
      redirectUris: [CALLBACK],
      postLogoutRedirectUris: [HOME],
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['openid', 'offline_access', 'document.read'],
    });
  });
  after(() => stage.close());

  const logout = (parameters: Readonly<Record<string, string>>, org = acme) =>
    `${localIssuer(stage, org)}/oauth/logout?${new URLSearchParams(parameters)}`;
  const isSignedIn = async (browser: ReturnType<typeof openBrowser>) => {
    const { location } = await browser.go(authorizeUrl(stage, acme, spa, { scope: 'openid', prompt: 'none' }));
    return new URL(location ?? '').searchParams.has('code');
  };
  const userinfo = async (token: string) =>
    (await fetch(`${localIssuer(stage, acme)}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } }))
      .status;

  it('asks for confirmation where anyone could have sent the browser, and does what is answered', async () => {
    const { browser } = await newTokens(stage, acme, spa, ALICE, { scope: 'openid' });
    const page = await browser.follow(await browser.go(logout({})));
    assert.equal(page.status, 200);
    assert.match(page.text, new RegExp(ALICE));
    assert.match(page.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
    await browser.follow(await browser.submit(page, {}));
    assert.equal(await isSignedIn(browser), true, 'stays signed in without a yes');
    const again = await browser.follow(await browser.go(logout({})));
    const done = await browser.follow(await browser.submit(again, { logout: 'yes' }));
    assert.equal(done.status, 200);
    assert.equal(await isSignedIn(browser), false);
    assert.equal((await stage.event(acme, 'auth.logout')).actor.type, 'user');
  });

  it('refuses a forged confirmation (CSRF)', async () => {
    const { browser } = await newTokens(stage, acme, spa, ALICE, { scope: 'openid' });
    const page = await browser.follow(await browser.go(logout({})));
    assert.equal((await browser.submit(page, { logout: 'yes', xsrf: 'made-up' })).status, 400);
    assert.equal(await isSignedIn(browser), true);
  });

  it('takes an ID token of the person as confirmation and goes where the client is registered to go', async () => {
    const { browser, idToken } = await newTokens(stage, acme, spa, ALICE, { scope: 'openid' });
    const done = await browser.go(logout({ id_token_hint: idToken, post_logout_redirect_uri: HOME, state: 's' }));
    assert.deepEqual([done.status, done.location], [303, `${HOME}?state=s`]);
    assert.equal(browser.cookies.has('lumo.acme.session'), false);
    assert.equal(await isSignedIn(browser), false);
  });

  it('never goes anywhere else (open redirector)', async () => {
    const { browser, idToken } = await newTokens(stage, acme, spa, ALICE, { scope: 'openid' });
    for (const uri of ['https://evil.example/', `${HOME}?x=1`, 'http://localhost:5173', '//evil.example']) {
      const shown = await browser.go(logout({ id_token_hint: idToken, post_logout_redirect_uri: uri }));
      assert.deepEqual([shown.status, shown.location], [400, undefined], uri);
    }
    // Without a client nobody knows whether the address is registered.
    const anonymous = await browser.follow(await browser.go(logout({ post_logout_redirect_uri: HOME })));
    const done = await browser.follow(await browser.submit(anonymous, { logout: 'yes' }));
    assert.equal(done.location, undefined);
  });

  it('refuses a hint that is forged or of another org, and keeps the session', async () => {
    const { browser, idToken } = await newTokens(stage, acme, spa, ALICE, { scope: 'openid' });
    const [head = '', , signature = ''] = idToken.split('.');
    const forged = `${head}.${Buffer.from('{"sub":"x","aud":"x"}').toString('base64url')}.${signature}`;
    assert.equal((await browser.go(logout({ id_token_hint: forged }))).status, 400);
    assert.equal((await browser.go(logout({ id_token_hint: idToken }, other))).status, 400);
    assert.equal(await isSignedIn(browser), true);
  });

  it('by a hint of somebody else only asks', async () => {
    const mallory = 'mallory@acme.example';
    await stage.newUser(acme, mallory);
    const theirs = await newTokens(stage, acme, spa, mallory, { scope: 'openid' });
    const { browser } = await newTokens(stage, acme, spa, ALICE, { scope: 'openid' });
    const page = await browser.go(logout({ id_token_hint: theirs.idToken }));
    assert.equal(page.status, 200);
    assert.equal(await isSignedIn(browser), true);
  });

  it('ends the tokens of the session, but not those that were made to outlive it', async () => {
    const { browser, accessToken, idToken } = await newTokens(stage, acme, spa, ALICE, { scope: 'openid' });
    await browser.go(logout({ id_token_hint: idToken }));
    assert.equal(await userinfo(accessToken), 401);
    const offline = await newTokens(stage, acme, spa, ALICE, { scope: 'openid offline_access' });
    await offline.browser.go(logout({ id_token_hint: offline.idToken }));
    assert.equal(await userinfo(offline.accessToken), 200);
    assert.equal((await refresh(stage, acme, spa, offline.refreshToken)).status, 200);
  });

  it('of a browser that nobody is signed in with needs no page and leaves no row', async () => {
    const browser = openBrowser(stage.origin);
    const direct = await browser.go(logout({ client_id: spa.clientId, post_logout_redirect_uri: HOME }));
    assert.deepEqual([direct.status, direct.location], [303, HOME]);
    const page = await browser.follow(await browser.go(logout({})));
    assert.equal(page.status, 200);
    assert.match(page.text, /<h1>/);
  });

  it('forgets the session of a cookie that is used again', async () => {
    const { browser, idToken } = await newTokens(stage, acme, spa, ALICE, { scope: 'openid' });
    const cookie = browser.cookies.get('lumo.acme.session');
    await browser.go(logout({ id_token_hint: idToken }));
    const again = await openBrowser(stage.origin).go(
      authorizeUrl(stage, acme, spa, { prompt: 'none', scope: 'openid' }),
      {
        headers: { cookie: `lumo.acme.session=${cookie}` },
      },
    );
    assert.equal(new URL(again.location ?? '').searchParams.get('error'), 'login_required');
  });

  describe('JSON sign-in (contract 2.13)', () => {
    const login = async (body: unknown, headers: Readonly<Record<string, string>> = {}) => {
      const response = await fetch(`${localIssuer(stage, acme)}/oauth/login/json`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      return { ...(await answerOf(response)), cookies: response.headers.getSetCookie() };
    };

    it('makes a session and no token; the code flow goes on without a page', async () => {
      const { status, body, cookies } = await login({ email: ALICE, password: PASSWORD });
      assert.deepEqual([status, body], [200, { status: 'complete' }]);
      const [cookie = ''] = cookies[0]?.split(';') ?? [];
      assert.match(cookies[0] ?? '', /HttpOnly; SameSite=Lax/);
      const silent = await openBrowser(stage.origin).go(
        authorizeUrl(stage, acme, spa, { scope: 'openid', prompt: 'none' }),
        { headers: { cookie } },
      );
      assert.ok(new URL(silent.location ?? '').searchParams.has('code'), silent.location);
    });

    it('tells every refusal in `status`, as a word', async () => {
      for (const [body, status, word] of [
        [{ email: ALICE, password: 'wrong' }, 401, 'invalid_credentials'],
        [{ email: 'nobody@acme.example', password: 'wrong' }, 401, 'invalid_credentials'],
        [{ email: ALICE }, 400, 'invalid_request'],
        [{ email: ALICE, password: ['x'] }, 400, 'invalid_request'],
      ] as const) {
        const answer = await login(body);
        assert.deepEqual([answer.status, answer.body.status, answer.cookies], [status, word, []]);
      }
      const blocked = await stage.newUser(acme, 'blocked@acme.example');
      await stage.asAdmin(acme, (ctx) => stage.app.blockUser(ctx, blocked.id));
      const answer = await login({ email: 'blocked@acme.example', password: PASSWORD });
      assert.deepEqual([answer.status, answer.body.status], [403, 'blocked']);
    });
  });
});
