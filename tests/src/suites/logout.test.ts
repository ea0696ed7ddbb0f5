import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { Browser } from 'playwright-core';
import { auditLog } from '../support/audit-log.js';
import { findBrowser, openWindow, startBrowser } from '../support/browser.js';
import { type FormDriver, pageAt } from '../support/form-driver.js';
import { type LogoutReceiver, openLogoutReceiver } from '../support/logout-receiver.js';
import { createOrgWorld, type OrgWorld, type TestClient, type TestUser } from '../support/org-world.js';
import { authorizationUrl, signIn } from '../support/sign-in.js';
import type { TokenAnswer } from '../support/tokens.js';
import { waitUntil } from '../support/wait-until.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

let org: OrgWorld;
let shop: LogoutReceiver;
let mail: LogoutReceiver;
let shopClient: TestClient;
let mailClient: TestClient;

before(async () => {
  org = await createOrgWorld('logout');
  shop = await openLogoutReceiver();
  mail = await openLogoutReceiver();
  const register = ({ callback, signedOut, backchannel, frontchannel }: LogoutReceiver) =>
    org.addClient({
      redirectUris: [callback],
      postLogoutRedirectUris: [signedOut],
      backchannelLogoutUri: backchannel,
      frontchannelLogoutUri: frontchannel,
    });
  shopClient = await register(shop);
  mailClient = await register(mail);
});
after(async () => {
  await shop.close();
  await mail.close();
});

interface Arrived {
  readonly browser: FormDriver;
  readonly tokens: TokenAnswer;
  readonly sessionState: string | null;
}

async function arrive(client: TestClient, person: TestUser, browser?: FormDriver): Promise<Arrived> {
  const request = { apiPath: org.api, client, person, ...(browser && { browser }) };
  const signedIn = await signIn(org.http, request);
  const tokens = await org.oauth.grant({
    grant_type: 'authorization_code',
    code: signedIn.code,
    redirect_uri: client.redirectUri,
    client_id: client.clientId,
    code_verifier: signedIn.verifier,
  });
  return { browser: signedIn.browser, tokens, sessionState: signedIn.callback.searchParams.get('session_state') };
}

const keySet = () => createRemoteJWKSet(new URL(`${org.issuer}/.well-known/jwks.json`));
/** The logout token for a session, whenever it comes; verified with nothing but the published keys. */
async function tokenFor(receiver: LogoutReceiver, client: TestClient, { tokens }: Arrived) {
  const { sid } = decodeJwt(tokens.id_token ?? '');
  assert.ok(sid);
  const token = await waitUntil(async () => receiver.tokens.find((jwt) => decodeJwt(jwt).sid === sid), {
    what: 'a logout token for the session',
    forMs: 30_000,
  });
  const verified = await jwtVerify(token, keySet(), {
    issuer: org.issuer,
    audience: client.clientId,
    typ: 'logout+jwt',
  });
  return { token, ...verified };
}

describe('Back-channel logout (OpenID Connect Back-Channel Logout 1.0)', () => {
  it('2.4, 2.5: every app of the session learns of a sign-out, by a token that can be nothing else', async () => {
    const person = await org.addUser();
    const first = await arrive(shopClient, person);
    const second = await arrive(mailClient, person, first.browser);
    await first.browser.open(`${org.issuer}/oauth/logout?id_token_hint=${first.tokens.id_token}`);
    for (const [receiver, client, arrived] of [
      [shop, shopClient, first],
      [mail, mailClient, second],
    ] as const) {
      const { payload } = await tokenFor(receiver, client, arrived);
      assert.equal(payload.sub, person.id);
      assert.deepEqual(payload.events, { [EVENT]: {} });
      assert.ok(!('nonce' in payload), 'so that it cannot pass for an ID token');
      assert.ok((payload.exp ?? 0) - (payload.iat ?? 0) <= 120);
      assert.ok(payload.jti);
    }
    assert.deepEqual(shop.posts.at(-1), {
      method: 'POST',
      contentType: 'application/x-www-form-urlencoded',
      cookies: '',
    });
  });

  it('also of a session that an administrator ends, and of a person who is blocked', async () => {
    for (const end of [
      (person: TestUser) => org.call('DELETE', `/admin/users/${person.id}/sessions`),
      (person: TestUser) => org.call('POST', `/admin/users/${person.id}/block`),
    ]) {
      const person = await org.addUser();
      const arrived = await arrive(shopClient, person);
      await end(person);
      await tokenFor(shop, shopClient, arrived);
    }
  });

  it('an app that is in trouble is told again, each time with a fresh token', async () => {
    const person = await org.addUser();
    const arrived = await arrive(mailClient, person);
    mail.answerWith(503);
    const before = mail.tokens.length;
    await arrived.browser.open(`${org.issuer}/oauth/logout?id_token_hint=${arrived.tokens.id_token}`);
    const [first, second] = await waitUntil(
      async () => {
        const came = mail.tokens.slice(before);
        return came.length >= 2 ? came : undefined;
      },
      { what: 'a second attempt', forMs: 60_000, everyMs: 200 },
    );
    assert.notEqual(decodeJwt(first ?? '').jti, decodeJwt(second ?? '').jti);
  });

  it('an app that refuses is not asked again, and the org can read that it does not know', async () => {
    const person = await org.addUser();
    const arrived = await arrive(mailClient, person);
    mail.answerWith(400);
    await arrived.browser.open(`${org.issuer}/oauth/logout?id_token_hint=${arrived.tokens.id_token}`);
    await tokenFor(mail, mailClient, arrived);
    const log = auditLog(org.http, org.api, org.apiKey);
    await log.find('session.logout_undelivered', ({ targetId }) => targetId === mailClient.clientId);
  });

  it('attack 20 and 52: a logout token opens nothing, and is no hint of who is signed in', async () => {
    const person = await org.addUser();
    const arrived = await arrive(shopClient, person);
    await org.call('DELETE', `/admin/users/${person.id}/sessions`);
    const { token } = await tokenFor(shop, shopClient, arrived);
    assert.equal(decodeProtectedHeader(token).typ, 'logout+jwt');
    (await org.http.send('GET', `${org.api}/oauth/userinfo`, { bearer: token })).expect(401);
    (await org.http.send('GET', `${org.api}/admin/users`, { bearer: token })).expect(401);
    const again = await arrive(shopClient, person);
    const hinted = await again.browser.open(`${org.issuer}/oauth/logout?id_token_hint=${token}`);
    assert.equal(pageAt(hinted).status, 400, 'it is no id_token_hint');
    (await org.http.send('GET', `${org.api}/oauth/userinfo`, { bearer: again.tokens.access_token })).expect(200);
  });

  it('is refused where the address is none that a server may be sent to', async () => {
    for (const backchannelLogoutUri of [
      'http://app.example/logout',
      'https://169.254.169.254/latest',
      'https://app.example/logout#now',
      'javascript:alert(1)',
    ]) {
      const body = { name: 'x', applicationType: 'spa', redirectUris: [shop.callback], backchannelLogoutUri };
      await org.call('POST', '/admin/clients', body, 400);
    }
  });
});

describe('Front-channel logout and session management', () => {
  let chromium: Browser;
  before(async (t) => {
    const program = await findBrowser();
    if (!program) return (t as { skip(why: string): void }).skip('no browser');
    chromium = await startBrowser(program);
  });
  after(() => chromium?.close());

  const authorize = (client: TestClient) =>
    authorizationUrl(org.http, org.api, {
      response_type: 'code',
      client_id: client.clientId,
      redirect_uri: client.redirectUri,
      scope: 'openid',
      state: 's',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
  /** Signs in by hand in a real browser. */
  async function enter(window: Awaited<ReturnType<typeof openWindow>>, client: TestClient, person?: TestUser) {
    const { page } = window;
    await page.goto(authorize(client));
    if (person) {
      await page.fill('input[name=email]', person.email);
      await page.fill('input[name=password]', person.password);
      await page.click('button[value=sign_in]');
    }
    await page.waitForURL((url) => url.href.startsWith(client.redirectUri) || url.pathname.endsWith('/consent'));
    if (page.url().includes('/consent')) {
      await page.click('button[value=allow]');
      await page.waitForURL((url) => url.href.startsWith(client.redirectUri));
    }
    return new URL(page.url()).searchParams;
  }

  it('Front-Channel 3: the browser loads every app of the session in a frame, then goes where it was asked to go', async () => {
    const person = await org.addUser();
    const window = await openWindow(chromium);
    await enter(window, shopClient, person);
    await enter(window, mailClient);
    const target = encodeURIComponent(shop.signedOut);
    const url = `${org.issuer}/oauth/logout?client_id=${shopClient.clientId}&post_logout_redirect_uri=${target}&state=done`;
    await window.page.goto(url);
    await window.page.click('button[value=yes]');
    await window.page.waitForURL((address) => address.href.startsWith(shop.signedOut));
    assert.equal(new URL(window.page.url()).searchParams.get('state'), 'done');
    for (const { frames } of [shop, mail]) {
      const [frame] = frames.slice(-1);
      assert.equal(frame?.searchParams.get('iss'), org.issuer);
      assert.ok(frame?.searchParams.get('sid'));
    }
    assert.deepEqual(window.complaints, [], 'the policy of the page lets the frames load');
    await window.close();
  });

  it('refuses an address that is not the app’s own', async () => {
    const body = {
      name: 'x',
      applicationType: 'spa',
      redirectUris: [shop.callback],
      frontchannelLogoutUri: mail.frontchannel,
    };
    await org.call('POST', '/admin/clients', body, 400);
  });

  it('Session Management 3: the frame says unchanged while the session lives, and changed after it', async (t) => {
    // Browsers keep the cookies of other sites from frames; two ports of localhost are one site.
    const neighbour = await openLogoutReceiver('localhost');
    t.after(() => neighbour.close());
    const client = await org.addClient({ redirectUris: [neighbour.callback] });
    const view = await openWindow(chromium);
    const sessionState = (await enter(view, client, await org.addUser())).get('session_state');
    const url = `${org.issuer}/.well-known/openid-configuration`;
    const { check_session_iframe: address } = (await org.http.send('GET', url)).json<{
      check_session_iframe: string;
    }>();
    const ask = async (question: string) => {
      await view.page.goto(neighbour.signedOut);
      return view.page.evaluate(
        (asked) =>
          new Promise<string>((resolve) => {
            const frame = document.createElement('iframe');
            frame.src = asked.address;
            frame.onload = () => frame.contentWindow?.postMessage(asked.question, new URL(asked.address).origin);
            globalThis.addEventListener('message', (event) => resolve(String(event.data)), { once: true });
            document.body.append(frame);
          }),
        { address, question },
      );
    };
    assert.equal(await ask('nonsense'), 'error');
    assert.equal(await ask(`${client.clientId} ${sessionState}`), 'unchanged');
    assert.equal(await ask(`${shopClient.clientId} ${sessionState}`), 'changed', 'of another app');

    await view.page.goto(`${org.issuer}/oauth/logout`);
    await view.page.click('button[value=yes]');
    await view.page.waitForURL((at) => at.pathname.endsWith('/logout/success'));
    assert.equal(await ask(`${client.clientId} ${sessionState}`), 'changed');
    assert.deepEqual(view.complaints, []);
    await view.close();
  });

  it('attack 14: the state of a session in the frame is told to nobody but who asks', async () => {
    const { text } = await org.http.send('GET', `${org.issuer}/oauth/check_session`);
    const script = /src="([^"]+)"/.exec(text)?.[1] ?? '';
    const code = await (await fetch(new URL(script, org.http.baseUrl))).text();
    assert.ok(code.includes('source.postMessage(answer, origin)'));
    assert.ok(!/postMessage\([^)]*['"]\*/.test(code));
  });
});
