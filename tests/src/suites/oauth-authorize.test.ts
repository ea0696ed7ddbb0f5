import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { auditLog } from '../support/audit-log.js';
import { addressAt, createFormDriver, pageAt } from '../support/form-driver.js';
import { APP_CALLBACK, createOrgWorld, type OrgWorld, type TestClient, type TestUser } from '../support/org-world.js';
import { pkcePair } from '../support/pkce.js';
import { authorizationUrl, passHostedPages, signIn } from '../support/sign-in.js';

const WEB_CALLBACK = 'https://app.example.com/callback';

let org: OrgWorld;
let person: TestUser;
let spa: TestClient;
let web: TestClient;

before(async () => {
  org = await createOrgWorld('authorize');
  person = await org.addUser();
  // A browser app: the origins of its redirect URIs are those it may call from.
  spa = await org.addClient({ redirectUris: [APP_CALLBACK, WEB_CALLBACK] });
  web = await org.addClient({ applicationType: 'web', redirectUris: [APP_CALLBACK] });
});

/** An authorization request that is in order but for what a test changes; an empty value removes a parameter. */
function request(change: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return {
    response_type: 'code',
    client_id: spa.clientId,
    redirect_uri: APP_CALLBACK,
    scope: 'openid',
    state: 'kept',
    code_challenge: pkcePair().challenge,
    code_challenge_method: 'S256',
    ...change,
  };
}

const open = (parameters: Readonly<Record<string, string>>) =>
  createFormDriver(org.http).open(authorizationUrl(org.http, org.api, parameters));

/** The request goes back to the app with this error. */
async function refusedToApp(change: Readonly<Record<string, string>>, error: string): Promise<void> {
  const back = addressAt(await open(request(change)));
  assert.equal(`${back.origin}${back.pathname}`, APP_CALLBACK);
  // Where the request asks for tokens in the front channel, the refusal comes in the fragment.
  const sent = back.hash ? new URLSearchParams(back.hash.slice(1)) : back.searchParams;
  assert.deepEqual([sent.get('error'), sent.get('state'), sent.get('iss')], [error, 'kept', org.issuer]);
  assert.equal(sent.get('code'), null);
}

/** The request ends on a page of ours and never reaches a redirect. */
async function refusedOnPage(parameters: Readonly<Record<string, string>> | string): Promise<void> {
  const driver = createFormDriver(org.http);
  const url = typeof parameters === 'string' ? parameters : authorizationUrl(org.http, org.api, parameters);
  const page = pageAt(await driver.open(url));
  assert.equal(page.status, 400, page.text);
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
  assert.equal(driver.trail.length, 1, 'no redirect at all');
  assert.equal(page.document.querySelectorAll('form, a[href^="http"]').length, 0, 'nothing leads away from the page');
}

describe('PKCE (RFC 7636, contract 2.2)', () => {
  const good = 'a'.repeat(43);

  it('a request with an S256 challenge reaches the sign-in page', async () => {
    assert.match(pageAt(await open(request())).text, /sign in/i);
  });

  const refused: readonly (readonly [string, Record<string, string>])[] = [
    ['no challenge', { code_challenge: '', code_challenge_method: '' }],
    ['a method without a challenge', { code_challenge: '' }],
    ['a challenge without a method, which means plain', { code_challenge_method: '' }],
    ['the method plain', { code_challenge_method: 'plain' }],
    ['an unknown method', { code_challenge_method: 'S512' }],
    ['a method in other letters', { code_challenge_method: 's256' }],
    ['a challenge of 42 characters', { code_challenge: 'a'.repeat(42) }],
    ['a challenge of 129 characters', { code_challenge: 'a'.repeat(129) }],
    ['a challenge with a reserved character', { code_challenge: `${'a'.repeat(42)}+` }],
  ];
  for (const [what, change] of refused) {
    it(`a public client with ${what}: invalid_request`, () => refusedToApp(change, 'invalid_request'));
    it(`a confidential client with ${what}: invalid_request`, () =>
      refusedToApp({ client_id: web.clientId, ...change }, 'invalid_request'));
  }

  const code = async () => {
    const signedIn = await signIn(org.http, { apiPath: org.api, client: spa, person, scope: 'openid' });
    return {
      verifier: signedIn.verifier,
      form: {
        grant_type: 'authorization_code',
        code: signedIn.code,
        redirect_uri: APP_CALLBACK,
        client_id: spa.clientId,
      },
    };
  };

  it('the right verifier gets the tokens', async () => {
    const { form, verifier } = await code();
    await org.oauth.grant({ ...form, code_verifier: verifier });
  });

  const verifiers: readonly (readonly [string, Record<string, string>])[] = [
    ['is missing', {}],
    ['is empty', { code_verifier: '' }],
    ['is too short', { code_verifier: 'a'.repeat(42) }],
    ['is too long', { code_verifier: 'a'.repeat(129) }],
    ['is another one', { code_verifier: good }],
    ['has a reserved character', { code_verifier: `${'a'.repeat(42)}/` }],
  ];
  for (const [what, parameter] of verifiers) {
    it(`a verifier that ${what}: invalid_grant`, async () => {
      const { form } = await code();
      await org.oauth.refused({ ...form, ...parameter }, 400, 'invalid_grant');
    });
  }

  it('the challenge itself is no verifier', async () => {
    const pair = pkcePair();
    const driver = createFormDriver(org.http);
    const first = await driver.open(authorizationUrl(org.http, org.api, request({ code_challenge: pair.challenge })));
    const callback = addressAt(await passHostedPages(driver, first, person));
    const form = {
      ...{ grant_type: 'authorization_code', redirect_uri: APP_CALLBACK, client_id: spa.clientId },
      code: callback.searchParams.get('code') ?? '',
    };
    await org.oauth.refused({ ...form, code_verifier: pair.challenge }, 400, 'invalid_grant');
  });
});

describe('Redirect URIs (attack 1 and 2; RFC 9700 section 4.1)', () => {
  const genuine = [APP_CALLBACK, WEB_CALLBACK, 'http://127.0.0.1:49152/callback', 'http://127.0.0.1/callback'];
  for (const uri of genuine) {
    it(`accepts ${uri}`, async () => {
      assert.equal(pageAt(await open(request({ redirect_uri: uri }))).status, 200);
    });
  }

  const attacks = [
    'https://evil.example/callback',
    'https://app.example.com.evil.example/callback',
    'https://app.example.comevil.example/callback',
    'https://evil.example/https://app.example.com/callback',
    'https://app.example.com@evil.example/callback',
    'https://evil.example@app.example.com/callback',
    'https://app.example.com:443/callback',
    'https://app.example.com:8443/callback',
    'http://app.example.com/callback',
    'https://app.example.com/callback/',
    'https://app.example.com/callback/../evil',
    'https://app.example.com/x/../callback',
    'https://app.example.com/callback%2f..%2fevil',
    'https://app.example.com/%63allback',
    'https://app.example.com/Callback',
    'https://app.example.com/callback?next=https://evil.example',
    'https://app.example.com/callback#fragment',
    'https://app.example.com/callback;x',
    'https://app.example.com/callback%00',
    'https://app.example.com//callback',
    'https://APP.example.com/callback',
    'https://аpp.example.com/callback',
    'https://app.example.com./callback',
    'https://app.example.com\\@evil.example/callback',
    '//app.example.com/callback',
    '/callback',
    ' https://app.example.com/callback',
    'https://app.example.com/callback\n',
    'https://*.example.com/callback',
    'http://localhost:18999/callback',
    'http://127.0.0.2:18999/callback',
    'http://127.0.0.1:18999/other',
    'http://127.0.0.1.evil.example:18999/callback',
    'http://127.0.0.1:18999@evil.example/callback',
    'http://127.1:18999/callback',
    'http://0x7f000001:18999/callback',
    'https://127.0.0.1:18999/callback',
    'javascript:alert(1)//https://app.example.com/callback',
    'data:text/html,https://app.example.com/callback',
  ];
  for (const uri of attacks) {
    it(`an error page for ${JSON.stringify(uri)}`, () => refusedOnPage(request({ redirect_uri: uri })));
  }

  it('an error page where an unknown client asks', () => refusedOnPage(request({ client_id: 'cli_nobody' })));
  it('an error page where no client asks', () => refusedOnPage(request({ client_id: '' })));
  it('an error page where the client is disabled, and a sign-in page once it is enabled again', async () => {
    const client = await org.addClient();
    await org.call('POST', `/admin/clients/${client.clientId}/disable`);
    await refusedOnPage(request({ client_id: client.clientId }));
    await org.call('POST', `/admin/clients/${client.clientId}/enable`);
    assert.equal(pageAt(await open(request({ client_id: client.clientId }))).status, 200);
  });

  it('after sign-out only to registered addresses', async () => {
    const { browser } = await signIn(org.http, { apiPath: org.api, client: spa, person, scope: 'openid' });
    const url = `${org.issuer}/oauth/logout?client_id=${spa.clientId}&post_logout_redirect_uri=${encodeURIComponent('https://evil.example/')}`;
    const page = pageAt(await browser.open(url));
    assert.equal(page.status, 400, page.text);
  });

  it('words of the request are never markup', async () => {
    const script = '"><script>alert(1)</script>';
    const changes: readonly Record<string, string>[] = [
      { client_id: script },
      { redirect_uri: script },
      { state: script, client_id: 'x' },
    ];
    for (const change of changes) {
      const page = pageAt(await open(request(change)));
      assert.equal(page.document.querySelectorAll('script:not([src])').length, 0);
    }
  });
});

describe('Authorization requests that cannot go on', () => {
  const refused: readonly (readonly [string, Record<string, string>, string])[] = [
    ['response_type token', { response_type: 'token' }, 'unsupported_response_type'],
    ['response_type code id_token', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['no response_type', { response_type: '' }, 'invalid_request'],
    ['a scope the client does not have', { scope: 'openid admin:everything' }, 'invalid_scope'],
    ['prompt=none without a session', { prompt: 'none' }, 'login_required'],
    ['a request object that nobody signed', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'invalid_request_object'],
    ['a request_uri', { request_uri: 'https://evil.example/r' }, 'request_uri_not_supported'],
  ];
  for (const [what, change, error] of refused) it(`${what}: ${error}`, () => refusedToApp(change, error));

  it('a parameter that stands twice is refused, whichever it is (attack 51)', async () => {
    for (const name of ['client_id', 'redirect_uri', 'scope', 'state', 'code_challenge', 'response_type']) {
      const url = new URL(authorizationUrl(org.http, org.api, request()));
      url.searchParams.append(name, 'again');
      const stop = await createFormDriver(org.http).open(url.href);
      if (stop.kind === 'left') assert.equal(stop.url.searchParams.get('error'), 'invalid_request', name);
      else assert.equal(stop.page.status, 400, name);
    }
  });
});

describe('The sign-in form', () => {
  const started = async () => {
    const driver = createFormDriver(org.http);
    return { driver, page: pageAt(await driver.open(authorizationUrl(org.http, org.api, request()))) };
  };

  it('answers the post of the credentials with 303, so that no other server gets them (attack 12)', async () => {
    const { driver, page } = await started();
    await driver.submit(page, { email: person.email, password: person.password });
    const post = driver.trail.find(({ method }) => method === 'POST');
    assert.ok(post && (post.status === 303 || post.status === 200), `${post?.status}`);
  });

  it('says the same for a wrong password and for somebody unknown (attack 41)', async () => {
    const texts: string[] = [];
    for (const email of [(await org.addUser()).email, `nobody@${org.slug}.test`]) {
      const { driver, page } = await started();
      const again = pageAt(await driver.submit(page, { email, password: 'wrong password 1' }));
      texts.push(`${again.status} ${again.text.replaceAll(email, '<email>')}`);
      assert.equal(again.document.querySelector('input[name=password]')?.getAttribute('value') ?? '', '');
    }
    assert.equal(texts[0], texts[1]);
  });

  it('a post without the form token, or with that of another browser, signs nobody in (attack 8)', async () => {
    const { driver, page } = await started();
    const credentials = { email: person.email, password: person.password, decision: 'sign_in' };
    const bare = await driver.forge(page, credentials);
    assert.equal(bare.kind, 'page');
    assert.ok(pageAt(bare).status >= 400, 'refused');

    const other = await started();
    const hidden = other.page.document.querySelectorAll('input[type=hidden]');
    const stolen = Object.fromEntries(hidden.map((field) => [field.getAttribute('name'), field.getAttribute('value')]));
    const crossed = await createFormDriver(org.http).forge(other.page, { ...stolen, ...credentials } as Record<
      string,
      string
    >);
    assert.ok(pageAt(crossed).status >= 400, 'a form without its browser is nothing');
    // Beside it: the same form in its own browser.
    addressAt(
      await passHostedPages(
        other.driver,
        await other.driver.submit(other.page, { email: person.email, password: person.password }),
        person,
      ),
    );
  });

  it('locks the account after five wrong passwords in a row, also for the right one, and says so in the log', async () => {
    const victim = await org.addUser();
    const log = auditLog(org.http, org.api, org.apiKey);
    for (let attempt = 0; attempt < 5; attempt++) {
      const { driver, page } = await started();
      pageAt(await driver.submit(page, { email: victim.email, password: `wrong ${attempt}` }));
    }
    const { driver, page } = await started();
    const right = await driver.submit(page, { email: victim.email, password: victim.password });
    assert.equal(right.kind, 'page', 'still out');
    await log.find('user.locked', (entry) => entry.targetId === victim.id);
    await log.find('auth.login.failure');
  });

  it('cancel goes back to the app with access_denied', async () => {
    const { driver, page } = await started();
    const back = addressAt(await driver.submit(page, {}, ['decision', 'cancel']));
    assert.equal(back.searchParams.get('error'), 'access_denied');
  });

  it('a blocked person is out, also with a session; an unblocked one is in', async () => {
    const blocked = await org.addUser();
    const { browser } = await signIn(org.http, { apiPath: org.api, client: spa, person: blocked, scope: 'openid' });
    await org.call('POST', `/admin/users/${blocked.id}/block`);
    const silent = await browser.open(authorizationUrl(org.http, org.api, request({ prompt: 'none' })));
    assert.equal(addressAt(silent).searchParams.get('error'), 'login_required');
    const { driver, page } = await started();
    const attempt = await driver.submit(page, { email: blocked.email, password: blocked.password });
    assert.equal(attempt.kind, 'page');
    await org.call('POST', `/admin/users/${blocked.id}/unblock`);
    await signIn(org.http, { apiPath: org.api, client: spa, person: blocked, scope: 'openid' });
  });

  it('the session cookie is new after sign-in, HttpOnly, SameSite and of no other org (attack 40, 32)', async () => {
    const { driver, page } = await started();
    const before = new Set(driver.cookies().map(({ value }) => value));
    addressAt(
      await passHostedPages(
        driver,
        await driver.submit(page, { email: person.email, password: person.password }),
        person,
      ),
    );
    const session = driver.cookies().find(({ name }) => name.includes('session') && !name.endsWith('.sig'));
    assert.ok(session, 'there is a session cookie');
    assert.ok(!before.has(session.value), 'its value was not known before');
    assert.ok(session.name.includes(org.slug), 'named for its org');
    for (const cookie of driver.cookies()) {
      // Frames of apps compare the state of the browser by script (OpenID Connect Session Management); it opens nothing.
      assert.equal(cookie.httpOnly, !cookie.name.endsWith('.state'), cookie.name);
      assert.ok(cookie.sameSite === 'lax' || cookie.sameSite === 'strict', cookie.name);
      assert.equal(cookie.domain, undefined, cookie.name);
    }
    const other = await createOrgWorld('authorize-b');
    const app = await other.addClient();
    const parameters = request({ client_id: app.clientId, prompt: 'none' });
    const silent = await driver.open(authorizationUrl(other.http, other.api, parameters));
    assert.equal(addressAt(silent).searchParams.get('error'), 'login_required');
  });
});

describe('Consent', () => {
  const ask = (driver: ReturnType<typeof createFormDriver>, change: Readonly<Record<string, string>> = {}) =>
    driver.open(authorizationUrl(org.http, org.api, request({ scope: 'openid email', ...change })));

  it('is asked once for an app and what it may see, and again where the app says so', async () => {
    const app = await org.addClient();
    const other = await org.addUser();
    const driver = createFormDriver(org.http);
    const first = await ask(driver, { client_id: app.clientId });
    const consent = pageAt(await driver.submit(pageAt(first), { email: other.email, password: other.password }));
    assert.match(consent.text, /Test app/, 'the page names the app');
    assert.match(consent.text, /email/i);
    addressAt(await driver.submit(consent, {}, ['decision', 'allow']));

    addressAt(await ask(driver, { client_id: app.clientId }));
    const more = pageAt(await ask(driver, { client_id: app.clientId, scope: 'openid email profile' }));
    assert.ok(more.document.querySelector('button[value=allow]'), 'more than before is asked');
    const again = pageAt(await ask(driver, { client_id: app.clientId, prompt: 'consent' }));
    assert.ok(again.document.querySelector('button[value=allow]'));
    const silent = addressAt(await ask(driver, { client_id: app.clientId, scope: 'openid profile', prompt: 'none' }));
    assert.equal(silent.searchParams.get('error'), 'consent_required');
  });

  it('that is refused goes back with access_denied, and nothing is remembered', async () => {
    const app = await org.addClient();
    const driver = createFormDriver(org.http);
    const first = pageAt(await ask(driver, { client_id: app.clientId }));
    const consent = pageAt(await driver.submit(first, { email: person.email, password: person.password }));
    const back = addressAt(await driver.submit(consent, {}, ['decision', 'deny']));
    assert.deepEqual([back.searchParams.get('error'), back.searchParams.get('code')], ['access_denied', null]);
    assert.ok(pageAt(await ask(driver, { client_id: app.clientId })).document.querySelector('button[value=allow]'));
  });

  it('is not given by a form of somebody else (attack 8)', async () => {
    const app = await org.addClient();
    const driver = createFormDriver(org.http);
    const first = pageAt(await ask(driver, { client_id: app.clientId }));
    const consent = pageAt(await driver.submit(first, { email: person.email, password: person.password }));
    assert.ok(pageAt(await driver.forge(consent, { decision: 'allow' })).status >= 400);
    assert.ok(pageAt(await driver.forge(consent, { decision: 'allow', csrf: 'guessed' })).status >= 400);
    addressAt(await driver.submit(consent, {}, ['decision', 'allow']));
  });
});

describe('POST oauth/login/json (contract 2.13, 9.6 row 16)', () => {
  const login = (json: unknown, headers: Readonly<Record<string, string>> = {}) =>
    org.http.send('POST', `${org.api}/oauth/login/json`, { json, headers });

  it('a wrong password and an unknown person: 401 with status invalid_credentials, word for word the same', async () => {
    const known = await org.addUser();
    const answers = await Promise.all(
      [known.email, `nobody@${org.slug}.test`].map((email) => login({ email, password: 'wrong password 1' })),
    );
    const [first, second] = answers.map((answer) => {
      const { request_id: _id, ...body } = answer.expect(401).json();
      return body;
    });
    assert.equal(first?.status, 'invalid_credentials');
    assert.deepEqual(first, second);
  });

  it('the right one opens a session, and gives no token', async () => {
    const answer = await login({ email: person.email, password: person.password });
    const body = answer.expect(200).json();
    assert.equal(body.status, 'complete');
    assert.ok(!('access_token' in body));
    assert.ok(answer.headers.getSetCookie().some((cookie) => /session=/.test(cookie) && /HttpOnly/i.test(cookie)));
  });

  it('is not for pages of other origins, but for those that a client lists', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1']) {
      const answer = await login({ email: person.email, password: person.password }, { origin });
      assert.equal(answer.expect(403).json().error, 'origin_not_allowed', origin);
      assert.deepEqual(answer.headers.getSetCookie(), []);
    }
    const own = await login({ email: person.email, password: person.password }, { origin: 'https://app.example.com' });
    assert.equal(own.expect(200).headers.get('access-control-allow-credentials'), 'true');
  });
});
