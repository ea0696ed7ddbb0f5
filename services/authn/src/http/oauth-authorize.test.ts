import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Org } from '@lumo/tenancy';
import { openBrowser } from '../testing/browser.js';
import { type OidcStage, openOidcStage, type StageClient } from '../testing/oidc-stage.js';
import {
  authorizeUrl,
  CALLBACK,
  codeOf,
  localIssuer,
  newTokens,
  newVerifier,
  passFlow,
  redeem,
  signIn,
} from '../testing/protocol.js';

const ALICE = 'alice@acme.example';
const SCOPE = 'openid profile document.read';

describe('authorization endpoint and its pages', () => {
  let stage: OidcStage;
  let acme: Org;
  let other: Org;
  let spa: StageClient;
  let native: StageClient;

  before(async () => {
    stage = await openOidcStage();
    acme = await stage.newOrg('acme');
    other = await stage.newOrg('other');
    for (const org of [acme, other]) {
      await stage.newUser(org, ALICE);
      await stage.newUser(org, 'carol@acme.example');
    }
    const app = {
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['openid', 'profile', 'email', 'offline_access', 'document.read'],
    };
    spa = await stage.newClient(acme, {
      ...app,
      name: '<b>Notes</b>',
      applicationType: 'spa',
      redirectUris: [CALLBACK, 'https://app.example/cb'],
    });
    native = await stage.newClient(acme, {
      ...app,
      applicationType: 'native',
      redirectUris: ['http://127.0.0.1/cb', 'com.example.app:/cb'],
    });
  });
  after(() => stage.close());

  const start = (parameters: Readonly<Record<string, string>> = {}) => {
    const browser = openBrowser(stage.origin);
    return browser
      .go(authorizeUrl(stage, acme, spa, { scope: SCOPE, ...parameters }))
      .then((shown) => ({ browser, shown }));
  };
  const parametersOf = (location: string | undefined) => Object.fromEntries(new URL(location ?? '').searchParams);

  describe('requests that must not be redirected', () => {
    const uris = [
      `${CALLBACK}/`,
      `${CALLBACK}?x=1`,
      `${CALLBACK}#f`,
      'http://localhost:5173/callback/../callback',
      'http://localhost:5173/%63allback',
      'http://user@localhost:5173/callback',
      'http://LOCALHOST:5173/callback',
      'http://127.0.0.1:5173/callback',
      'https://localhost:5173/callback',
      'http://localhost:5173.evil.example/callback',
      'https://app.example.evil.example/cb',
      'https://app.example:444/cb',
      'https://аpp.example/cb',
      'javascript:alert(1)//',
      '//app.example/cb',
      '',
    ];
    for (const uri of uris) {
      it(`an error page for redirect_uri ${uri || '(none)'} (RFC 9700 section 4.1)`, async () => {
        const { shown } = await start({ redirect_uri: uri });
        assert.equal(shown.status, 400);
        assert.equal(shown.location, undefined);
        assert.match(shown.headers.get('content-type') ?? '', /text\/html/);
        assert.match(shown.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
        assert.equal(shown.headers.get('referrer-policy'), 'no-referrer');
        assert.equal(shown.headers.get('cache-control'), 'no-store');
      });
    }

    it('an error page for an unknown client, also of another org', async () => {
      const foreign = await stage.newClient(other, {
        applicationType: 'spa',
        redirectUris: [CALLBACK],
        grantTypes: ['authorization_code'],
      });
      for (const client_id of ['cli_nobody', foreign.clientId, '']) {
        const { shown } = await start({ client_id });
        assert.equal(shown.status, 400, client_id);
        assert.equal(shown.location, undefined);
      }
    });

    it('an error page for parameters sent twice in what decides where to go', async () => {
      const browser = openBrowser(stage.origin);
      for (const again of [`redirect_uri=${encodeURIComponent('https://evil.example')}`, 'client_id=x']) {
        const shown = await browser.go(`${authorizeUrl(stage, acme, spa, { scope: SCOPE })}&${again}`);
        assert.equal(shown.status, 400);
        assert.equal(shown.location, undefined);
      }
    });

    it('lets only the port of a loopback URI vary (RFC 8252 section 7.3)', async () => {
      const browser = openBrowser(stage.origin);
      const to = async (redirect_uri: string) =>
        (await browser.go(authorizeUrl(stage, acme, native, { redirect_uri, scope: SCOPE }))).status;
      assert.equal(await to('http://127.0.0.1:51234/cb'), 303);
      assert.equal(await to('http://localhost:51234/cb'), 400);
      assert.equal(await to('http://127.0.0.1:51234/other'), 400);
      assert.equal(await to('com.example.app:/cb'), 303);
    });
  });

  describe('refusals that go back to the app', () => {
    const cases: Readonly<Record<string, readonly [Readonly<Record<string, string>>, string]>> = {
      'no challenge': [{ code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
      'plain challenge': [{ code_challenge_method: 'plain' }, 'invalid_request'],
      'no challenge method': [{ code_challenge_method: '' }, 'invalid_request'],
      'short challenge': [{ code_challenge: 'short' }, 'invalid_request'],
      'implicit flow': [{ response_type: 'token' }, 'unsupported_response_type'],
      'hybrid flow': [{ response_type: 'code id_token' }, 'unsupported_response_type'],
      'foreign scope': [{ scope: 'openid admin' }, 'invalid_scope'],
      'personal scope that the client may not have': [{ scope: 'openid phone' }, 'invalid_scope'],
      'unknown resource': [{ resource: 'https://api.example' }, 'invalid_target'],
      'prompt=none without a session': [{ prompt: 'none' }, 'login_required'],
      'prompt=none with another': [{ prompt: 'none login' }, 'invalid_request'],
      'unknown prompt': [{ prompt: 'dance' }, 'invalid_request'],
      'bad max_age': [{ max_age: '-1' }, 'invalid_request'],
      'unsigned request object': [{ request: 'eyJhbGciOiJub25lIn0.e30.' }, 'invalid_request_object'],
      'request object that is none': [{ request: 'x' }, 'invalid_request_object'],
      'pushed request that nobody pushed': [
        { request_uri: 'urn:ietf:params:oauth:request_uri:made-up' },
        'invalid_request_uri',
      ],
      'request and request_uri': [
        { request: 'x', request_uri: 'urn:ietf:params:oauth:request_uri:x' },
        'invalid_request',
      ],
      request_uri: [{ request_uri: 'https://evil.example/r' }, 'request_uri_not_supported'],
    };
    for (const [name, [parameters, error]] of Object.entries(cases)) {
      it(`${name}: ${error}, with state and iss (RFC 9207)`, async () => {
        const { shown } = await start(parameters);
        assert.equal(shown.status, 303, shown.text);
        // What asks for tokens in the front channel gets its refusal in the fragment too.
        const location = shown.location?.replace('#', '?');
        assert.ok(location?.startsWith(`${CALLBACK}?`), location);
        const { error: got, state, iss } = parametersOf(location);
        assert.deepEqual([got, state, iss], [error, 'the-state', stage.issuer(acme)]);
      });
    }
  });

  describe('sign-in', () => {
    it('asks, tells what is wrong without saying which, and goes on', async () => {
      const { browser, shown } = await start({ login_hint: 'hint@acme.example' });
      const page = await browser.follow(shown);
      assert.equal(page.status, 200);
      assert.match(page.text, /value="hint@acme\.example"/);
      assert.ok(!page.text.includes('<b>Notes</b>'), 'the name of a client is text');
      const wrong = await signIn(browser, page, ALICE, 'not the password');
      const unknown = await signIn(browser, page, 'nobody@acme.example', 'not the password');
      assert.deepEqual([wrong.status, unknown.status], [400, 400]);
      const bare = ({ text }: { text: string }, email: string) => text.replaceAll(email, '');
      assert.equal(bare(wrong, ALICE), bare(unknown, 'nobody@acme.example'));
      const next = await signIn(browser, wrong, ALICE);
      assert.equal(next.status, 303);
      assert.match(next.location ?? '', /\/oauth\/authorize\//);
      const { actor, data } = await stage.event(acme, 'auth.login.failure');
      assert.ok(actor && data.reason);
    });

    it('makes a new session id, HttpOnly and SameSite, and counts the sign-in once', async () => {
      const { browser, shown } = await start();
      const fixed = `lumo.acme.session=${'A'.repeat(43)}`;
      const page = await browser.follow(shown);
      const done = await signIn(browser, page, 'carol@acme.example');
      const resumed = await browser.go(done.location ?? '', {
        headers: { cookie: `${fixed}; ${[...browser.cookies].map((c) => c.join('=')).join('; ')}` },
      });
      const set = resumed.headers.getSetCookie().find((line) => line.startsWith('lumo.acme.session='));
      assert.ok(set && !set.startsWith(fixed), set);
      assert.match(set, /httponly/i);
      assert.match(set, /samesite=lax/i);
      const consent = await browser.follow(resumed);
      await browser.follow(await browser.submit(consent, { decision: 'allow' }));
      const rows = await stage.admin(
        `select event from authn.outbox where org_id = $1 and name = 'auth.login.success'
          and event -> 'actor' ->> 'name' = 'carol@acme.example'`,
        [acme.id],
      );
      const counted = await stage.admin<{ login_count: number }>(
        `select login_count from authn.users where org_id = $1 and email_key = 'carol@acme.example'`,
        [acme.id],
      );
      assert.equal(rows.length, 1);
      assert.equal(counted[0]?.login_count, 1);
    });

    it('renews the id of the session at the next sign-in and ends the old one', async () => {
      const { browser } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const before = browser.cookies.get('lumo.acme.session');
      await passFlow(browser, authorizeUrl(stage, acme, spa, { scope: SCOPE, prompt: 'login' }), ALICE);
      const after = browser.cookies.get('lumo.acme.session');
      assert.notEqual(after, before);
      const stale = await openBrowser(stage.origin).go(
        authorizeUrl(stage, acme, spa, { scope: SCOPE, prompt: 'none' }),
        {
          headers: { cookie: `lumo.acme.session=${before}` },
        },
      );
      assert.equal(parametersOf(stale.location).error, 'login_required');
    });

    it('refuses a form of another browser, of another flow and without its token (login CSRF)', async () => {
      const mine = await start();
      const page = await mine.browser.follow(mine.shown);
      const stranger = openBrowser(stage.origin);
      assert.equal((await signIn(stranger, page, ALICE)).status, 400);
      const theirs = await start();
      const theirPage = await theirs.browser.follow(theirs.shown);
      const csrf = /name="csrf" value="([^"]+)"/.exec(theirPage.text)?.[1] ?? '';
      assert.equal((await mine.browser.submit(page, { email: ALICE, password: 'x', csrf })).status, 400);
      assert.equal((await mine.browser.submit(page, { email: ALICE, password: 'x', csrf: '' })).status, 400);
      // The link of a flow shows nothing to a browser that did not start it.
      assert.equal((await stranger.go(page.url)).status, 400);
      assert.equal((await signIn(mine.browser, page, ALICE)).status, 303);
    });

    it('lets two windows sign in side by side', async () => {
      const browser = openBrowser(stage.origin);
      const [one, two] = [
        await browser.follow(await browser.go(authorizeUrl(stage, acme, spa, { scope: SCOPE, state: 'one' }))),
        await browser.follow(await browser.go(authorizeUrl(stage, acme, spa, { scope: SCOPE, state: 'two' }))),
      ];
      const finish = async (page: typeof one) => {
        let shown = await browser.follow(await signIn(browser, page, ALICE));
        if (/value="allow"/.test(shown.text))
          shown = await browser.follow(await browser.submit(shown, { decision: 'allow' }));
        return parametersOf(shown.location).state;
      };
      assert.equal(await finish(one), 'one');
      assert.equal(await finish(two), 'two');
    });

    it('can be cancelled', async () => {
      const { browser, shown } = await start();
      const page = await browser.follow(shown);
      const back = await browser.follow(await browser.submit(page, { decision: 'cancel' }));
      assert.equal(parametersOf(back.location).error, 'access_denied');
    });

    it('answers a finished or invented flow with the same page', async () => {
      const { browser, shown } = await start();
      const page = await browser.follow(shown);
      await signIn(browser, page, ALICE);
      assert.equal((await browser.go(page.url)).status, 400);
      assert.equal((await browser.go(`${localIssuer(stage, acme)}/oauth/login?flow=a.b`)).status, 400);
      assert.equal((await browser.go(`${localIssuer(stage, acme)}/oauth/login`)).status, 400);
    });

    it('ends the session of another person who was signed in with the browser', async () => {
      const { browser, accessToken } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const url = authorizeUrl(stage, acme, spa, { scope: SCOPE, prompt: 'login' });
      await passFlow(browser, url, 'carol@acme.example');
      const userinfo = (token: string) =>
        fetch(`${localIssuer(stage, acme)}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } });
      assert.equal((await userinfo(accessToken)).status, 401);
      const next = await newTokens(stage, acme, spa, 'nobody', { scope: SCOPE }, browser);
      assert.equal(((await (await userinfo(next.accessToken)).json()) as { sub: string }).sub.length, 36);
    });
  });

  describe('consent', () => {
    it('is asked once, remembered in other browsers, and asked again for more', async () => {
      const email = 'dora@acme.example';
      await stage.newUser(acme, email);
      const flow = async (parameters: Readonly<Record<string, string>>) => {
        const browser = openBrowser(stage.origin);
        const page = await browser.follow(await browser.go(authorizeUrl(stage, acme, spa, parameters)));
        return { browser, next: await browser.follow(await signIn(browser, page, email)) };
      };
      const first = await flow({ scope: 'openid document.read' });
      assert.match(first.next.text, /value="allow"/);
      assert.match(first.next.text, /document\.read/);
      await first.browser.follow(await first.browser.submit(first.next, { decision: 'allow' }));
      assert.deepEqual((await stage.event(acme, 'consent.granted')).data.scopes, ['openid', 'document.read']);
      const second = await flow({ scope: 'openid document.read' });
      assert.ok(codeOf(second.next));
      const more = await flow({ scope: 'openid document.read email' });
      assert.match(more.next.text, /value="allow"/);
      const asked = await flow({ scope: 'openid', prompt: 'consent' });
      assert.match(asked.next.text, /value="allow"/);
      const denied = await asked.browser.follow(await asked.browser.submit(asked.next, { decision: 'deny' }));
      assert.equal(parametersOf(denied.location).error, 'access_denied');
      const silent = await asked.browser.go(authorizeUrl(stage, acme, spa, { scope: 'openid email', prompt: 'none' }));
      assert.equal(parametersOf(silent.location).error, 'consent_required');
    });

    it('is not asked for an application of the org itself', async () => {
      const own = await stage.newClient(acme, {
        applicationType: 'spa',
        redirectUris: [CALLBACK],
        grantTypes: ['authorization_code'],
        scopes: ['openid', 'document.read'],
        isFirstParty: true,
      });
      const browser = openBrowser(stage.origin);
      const page = await browser.follow(
        await browser.go(authorizeUrl(stage, acme, own, { scope: 'openid document.read' })),
      );
      assert.ok(codeOf(await browser.follow(await signIn(browser, page, ALICE))));
    });

    it('page sends to another account where that is wanted', async () => {
      const { browser, shown } = await start({ scope: 'openid email' });
      const consent = await browser.follow(await signIn(browser, await browser.follow(shown), 'carol@acme.example'));
      const again = await browser.follow(await browser.submit(consent, { decision: 'switch_account' }));
      assert.match(again.text, /name="password"/);
    });

    it('cannot be given for somebody who signed out meanwhile', async () => {
      const { browser, shown } = await start({ scope: 'openid email' });
      const consent = await browser.follow(await signIn(browser, await browser.follow(shown), 'carol@acme.example'));
      await stage.admin('delete from authn.sessions');
      assert.equal((await browser.submit(consent, { decision: 'allow' })).status, 400);
    });
  });

  describe('session', () => {
    it('serves the next app without a page, and prompt=login, max_age and other orgs ask again', async () => {
      const { browser } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
      const silent = await browser.go(authorizeUrl(stage, acme, spa, { scope: SCOPE, prompt: 'none' }));
      assert.ok(codeOf(silent));
      assert.match(
        (await browser.follow(await browser.go(authorizeUrl(stage, acme, spa, { scope: SCOPE, prompt: 'login' }))))
          .text,
        /name="password"/,
      );
      assert.match(
        (await browser.follow(await browser.go(authorizeUrl(stage, acme, spa, { scope: SCOPE, max_age: '0' })))).text,
        /name="password"/,
      );
      const theirs = await stage.newClient(other, {
        applicationType: 'spa',
        redirectUris: [CALLBACK],
        grantTypes: ['authorization_code'],
        scopes: ['openid'],
      });
      const elsewhere = await browser.go(authorizeUrl(stage, other, theirs, { scope: 'openid', prompt: 'none' }));
      assert.equal(parametersOf(elsewhere.location).error, 'login_required');
    });

    it('is over when it was idle, and when its person was blocked', async () => {
      const email = 'eve@acme.example';
      const eve = await stage.newUser(acme, email);
      const { browser } = await newTokens(stage, acme, spa, email, { scope: SCOPE });
      const silent = async () =>
        parametersOf((await browser.go(authorizeUrl(stage, acme, spa, { scope: SCOPE, prompt: 'none' }))).location)
          .error;
      assert.equal(await silent(), undefined);
      await stage.asAdmin(acme, (ctx) => stage.app.blockUser(ctx, eve.id));
      assert.equal(await silent(), 'login_required');
    });
  });

  it('does without scope: the client gets its defaults (MCP clients)', async () => {
    const { scope, refreshToken } = await newTokens(stage, acme, spa, ALICE, { scope: '' });
    assert.deepEqual(scope.split(' ').sort(), ['document.read', 'email', 'openid', 'profile']);
    assert.equal(refreshToken, undefined);
  });

  it('issues for the API of the org where that is the resource', async () => {
    const browser = openBrowser(stage.origin);
    const { verifier, challenge } = newVerifier();
    const resource = stage.issuer(acme);
    const shown = await passFlow(
      browser,
      authorizeUrl(stage, acme, spa, { scope: SCOPE, resource, code_challenge: challenge }),
      ALICE,
    );
    const { body } = await redeem(stage, acme, spa, { code: codeOf(shown), verifier });
    const [, payload = ''] = body.access_token.split('.');
    assert.equal(JSON.parse(Buffer.from(payload, 'base64url').toString()).aud, resource);
  });

  it('takes a POST as the same request by GET', async () => {
    const { search, origin, pathname } = new URL(authorizeUrl(stage, acme, spa, { scope: SCOPE }));
    const response = await fetch(`${origin}${pathname}`, {
      method: 'POST',
      body: new URLSearchParams(search),
      redirect: 'manual',
    });
    assert.equal(response.status, 303);
    assert.ok(response.headers.get('location')?.startsWith('/orgs/acme/api/v1/oauth/authorize?'));
  });

  it('answers in the fragment or with a form where that is asked', async () => {
    const { browser } = await newTokens(stage, acme, spa, ALICE, { scope: SCOPE });
    const fragment = await browser.go(authorizeUrl(stage, acme, spa, { scope: SCOPE, response_mode: 'fragment' }));
    assert.match(new URL(fragment.location ?? '').hash, /code=/);
    const form = await browser.go(authorizeUrl(stage, acme, spa, { scope: SCOPE, response_mode: 'form_post' }));
    assert.equal(form.status, 200);
    assert.match(form.text, /name="code"/);
    const policy = form.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'sha256-/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(form.headers.get('referrer-policy'), 'no-referrer');
  });

  it('has its stylesheet, and no other file', async () => {
    const { browser, shown } = await start();
    const page = await browser.follow(shown);
    const href = /<link rel="stylesheet" href="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const sheet = await browser.go(href);
    assert.equal(sheet.status, 200);
    assert.match(sheet.headers.get('content-type') ?? '', /text\/css/);
    assert.equal((await browser.go(`${localIssuer(stage, acme)}/oauth/assets/..%2fpackage.json`)).status, 404);
  });
});
