import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { auditLog } from '../support/audit-log.js';
import { createFormDriver, type FormDriver, pageAt } from '../support/form-driver.js';
import { type LogoutReceiver, openLogoutReceiver } from '../support/logout-receiver.js';
import { createOrgWorld, type OrgWorld, type TestClient, type TestUser } from '../support/org-world.js';
import { passHostedPages } from '../support/sign-in.js';
import { waitUntil } from '../support/wait-until.js';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const CIBA = 'urn:openid:params:grant-type:ciba';

let org: OrgWorld;
let tv: TestClient;
let person: TestUser;

before(async () => {
  org = await createOrgWorld('device');
  person = await org.addUser();
  tv = await org.addClient({
    name: 'Living-room TV',
    applicationType: 'native',
    redirectUris: [],
    grantTypes: [DEVICE, 'refresh_token'],
    scopes: ['openid', 'email', 'offline_access', 'shows.watch'],
  });
});

interface DeviceAnswer {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  readonly expires_in: number;
  readonly interval: number;
}

const begin = async (form: Record<string, string> = {}, status = 200) =>
  (
    await org.http.send('POST', `${org.api}/oauth/device_authorization`, {
      form: { client_id: tv.clientId, scope: 'openid email shows.watch', ...form },
    })
  ).expect(status);
const poll = (device_code: string, client = tv) =>
  org.oauth.token({ grant_type: DEVICE, device_code, client_id: client.clientId });
const error = async (answer: ReturnType<typeof poll>) => (await answer).json<{ error: string }>().error;

/** Types the code as a person does, signs in, and arrives at the question. */
async function arrive(userCode: string, who: TestUser, browser: FormDriver = createFormDriver(org.http)) {
  const entry = pageAt(await browser.open(`${org.issuer}/oauth/device`));
  const stop = await browser.submit(entry, { user_code: userCode });
  return { browser, question: pageAt(await passHostedPagesUntilApproval(browser, stop, who)) };
}

/** The question looks like a consent page and must not be answered on the way. */
async function passHostedPagesUntilApproval(
  browser: FormDriver,
  first: Awaited<ReturnType<FormDriver['open']>>,
  who: TestUser,
) {
  const page = pageAt(first);
  if (!page.document.querySelector('input[name=password]')) return first;
  return browser.submit(page, { email: who.email, password: who.password }, ['decision', 'sign_in']);
}

describe('Device flow, RFC 8628', () => {
  it('a TV signs a person in: openid-client polls while the person answers in a browser', async () => {
    const config = await openid.discovery(new URL(org.issuer), tv.clientId, undefined, openid.None(), {
      execute: [openid.allowInsecureRequests],
    });
    const started = await openid.initiateDeviceAuthorization(config, {
      scope: 'openid email offline_access shows.watch',
    });
    assert.match(started.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    assert.equal(started.verification_uri, `${org.issuer}/oauth/device`);
    assert.equal(started.interval, 5);
    const polling = openid.pollDeviceAuthorizationGrant(config, started);

    const { browser, question } = await arrive(started.user_code.toLowerCase().replace('-', ' '), person);
    for (const words of ['Living-room TV', person.email, started.user_code, 'shows.watch']) {
      assert.ok(question.text.includes(words), `the question says ${words}: ${question.text}`);
    }
    const done = pageAt(await browser.submit(question, {}, ['decision', 'allow']));
    assert.match(done.text, /connected/i);
    const tokens = await polling;
    assert.equal(decodeJwt(tokens.access_token).sub, person.id);
    assert.equal(tokens.claims()?.email, person.email);
    assert.equal(tokens.claims()?.sub, person.id);
    assert.ok((decodeJwt(tokens.access_token).auth_time as number) > 0);
    assert.ok(tokens.refresh_token);
    const again = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    assert.equal(decodeJwt(again.access_token).sub, person.id);
    const log = auditLog(org.http, org.api, org.apiKey);
    await log.find('consent.granted', ({ targetId }) => targetId === tv.clientId);
  });

  it('3.5: pending, then slow_down for who does not wait', async () => {
    const { device_code } = (await begin()).json<DeviceAnswer>();
    assert.equal(await error(poll(device_code)), 'authorization_pending');
    assert.equal(await error(poll(device_code)), 'slow_down');
  });

  it('a no is a no, and the code is worth nothing afterwards', async () => {
    const { device_code, user_code } = (await begin()).json<DeviceAnswer>();
    const { browser, question } = await arrive(user_code, person);
    await browser.submit(question, {}, ['decision', 'deny']);
    assert.equal(await error(poll(device_code)), 'access_denied');
    const entry = pageAt(await browser.open(`${org.issuer}/oauth/device`));
    assert.equal(pageAt(await browser.submit(entry, { user_code })).status, 400);
  });

  it('anything but a clear yes is a no', async () => {
    const { device_code, user_code } = (await begin()).json<DeviceAnswer>();
    const { browser, question } = await arrive(user_code, person);
    const csrf = question.document.querySelector('input[name=csrf]')?.getAttribute('value') ?? '';
    await browser.forge(question, { csrf, decision: 'perhaps' });
    assert.equal(await error(poll(device_code)), 'access_denied');
  });

  it('a code is redeemed once, of a hundred attempts at once', async () => {
    const { device_code, user_code } = (await begin()).json<DeviceAnswer>();
    const { browser, question } = await arrive(user_code, person);
    await browser.submit(question, {}, ['decision', 'allow']);
    const answers = await Promise.all(Array.from({ length: 100 }, () => poll(device_code)));
    assert.ok(answers.filter(({ status }) => status === 200).length <= 1);
    assert.equal(answers.filter(({ status }) => status >= 500).length, 0);
  });

  it('two browsers that answer at once: one of them does', async () => {
    const { user_code } = (await begin()).json<DeviceAnswer>();
    const one = await arrive(user_code, person);
    const two = await arrive(user_code, await org.addUser());
    const answers = await Promise.all([
      one.browser.submit(one.question, {}, ['decision', 'allow']),
      two.browser.submit(two.question, {}, ['decision', 'allow']),
    ]);
    assert.deepEqual(answers.map((stop) => pageAt(stop).status).sort(), [200, 404]);
  });

  it('attack 29: a link with the code in it is shown and not used; the question names device and warns', async () => {
    const { verification_uri_complete, user_code, device_code } = (await begin()).json<DeviceAnswer>();
    const browser = createFormDriver(org.http);
    const entry = pageAt(await browser.open(verification_uri_complete));
    assert.equal(entry.document.querySelector('input[name=user_code]')?.getAttribute('value'), user_code);
    assert.equal(await error(poll(device_code)), 'authorization_pending');
    const { question } = await arrive(user_code, person, browser);
    assert.match(question.text, /Only go on if you started this yourself/);
    assert.match(question.text, /127\.0\.0\.1|::1/);
  });

  it('attack 29: nobody guesses a code: five wrong ones a minute from one address', async () => {
    const browser = createFormDriver(org.http);
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      const entry = pageAt(await browser.open(`${org.issuer}/oauth/device`));
      statuses.push(pageAt(await browser.submit(entry, { user_code: 'BBBB-BBBB' })).status);
    }
    assert.ok(statuses.includes(429), statuses.join());
    const { user_code } = (await begin()).json<DeviceAnswer>();
    const { question } = await arrive(user_code, person);
    assert.ok(question.text.includes('Living-room TV'), 'beside it, a person with a right code goes on');
  });

  it('attack 8: the answer is only taken from the page that asked', async () => {
    const { device_code, user_code } = (await begin()).json<DeviceAnswer>();
    const { browser, question } = await arrive(user_code, person);
    const stop = await browser.submit(question, { csrf: 'forged' }, ['decision', 'allow']);
    assert.equal(pageAt(stop).status, 400);
    assert.equal(await error(poll(device_code)), 'authorization_pending');
  });

  it('a client that may not, a scope that it has not, another client with the code', async () => {
    const other = await org.addClient({ applicationType: 'native', redirectUris: [], grantTypes: [DEVICE] });
    const plain = await org.addClient();
    const { device_code, user_code } = (await begin()).json<DeviceAnswer>();
    const refusal = (await begin({ client_id: plain.clientId, scope: 'openid' }, 400)).json<{ error: string }>();
    assert.equal(refusal.error, 'unauthorized_client');
    assert.equal((await begin({ scope: 'openid shows.delete' }, 400)).json<{ error: string }>().error, 'invalid_scope');
    const { browser, question } = await arrive(user_code, person);
    await browser.submit(question, {}, ['decision', 'allow']);
    assert.equal(await error(poll(device_code, other)), 'invalid_grant');
  });

  it('attack 33: who is blocked, or whose client is disabled, gets nothing by a code that was allowed before', async () => {
    const guest = await org.addUser();
    const { device_code, user_code } = (await begin()).json<DeviceAnswer>();
    const { browser, question } = await arrive(user_code, guest);
    await browser.submit(question, {}, ['decision', 'allow']);
    await org.call('POST', `/admin/users/${guest.id}/block`);
    assert.equal(await error(poll(device_code)), 'invalid_grant');
  });
});

describe('CIBA: a client asks a person on its own', () => {
  let bank: TestClient;
  let told: LogoutReceiver;
  before(async () => {
    told = await openLogoutReceiver();
    bank = await org.addClient({
      name: 'Call centre',
      applicationType: 'web',
      redirectUris: [],
      grantTypes: [CIBA],
      scopes: ['openid', 'payments.confirm'],
    });
  });
  after(() => told.close());

  const ask = async (form: Record<string, string>, status = 200, client = bank) =>
    (
      await org.http.send('POST', `${org.api}/oauth/bc-authorize`, {
        basic: [client.clientId, client.clientSecret],
        form: { scope: 'openid payments.confirm', ...form },
      })
    ).expect(status);
  const redeem = (auth_req_id: string, client = bank) =>
    org.oauth.token({ grant_type: CIBA, auth_req_id }, { basic: [client.clientId, client.clientSecret] });

  /** Signs in at the account page and opens the newest question there. */
  async function openQuestion(who: TestUser) {
    const browser = createFormDriver(org.http);
    const first = await browser.open(`${org.issuer}/oauth/account`);
    const account = pageAt(await passHostedPages(browser, first, who));
    const links = account.document.querySelectorAll('a[href*="/oauth/approve"]');
    const href = links.at(-1)?.getAttribute('href');
    assert.ok(href, `a question waits: ${account.text}`);
    return { browser, question: pageAt(await browser.open(new URL(href, org.http.baseUrl).href)) };
  }

  it('poll: the person finds the question in the account, compares the message, and the client gets tokens', async () => {
    const config = await openid.discovery(new URL(org.issuer), bank.clientId, bank.clientSecret, undefined, {
      execute: [openid.allowInsecureRequests],
    });
    const started = await openid.initiateBackchannelAuthentication(config, {
      scope: 'openid payments.confirm',
      login_hint: person.email,
      binding_message: 'Transfer 42-7',
    });
    assert.equal(started.expires_in, 300);
    assert.equal(started.interval, 5);
    const polling = openid.pollBackchannelAuthenticationGrant(config, started);
    const { browser, question } = await openQuestion(person);
    for (const words of ['Call centre', 'Transfer 42-7', 'payments.confirm'])
      assert.ok(question.text.includes(words), words);
    await browser.submit(question, {}, ['decision', 'allow']);
    const tokens = await polling;
    assert.equal(decodeJwt(tokens.access_token).sub, person.id);
  });

  it('ping: the client is told that it may fetch, with the token that it gave', async () => {
    const pinged = await org.addClient({
      applicationType: 'web',
      redirectUris: [],
      grantTypes: [CIBA],
      scopes: ['openid'],
      backchannelTokenDeliveryMode: 'ping',
      backchannelClientNotificationEndpoint: `${told.origin}/backchannel`,
    });
    const token = 'tell-me-with-this-0123456789abcdef';
    const guest = await org.addUser();
    const form = { scope: 'openid', login_hint: guest.id, client_notification_token: token };
    const { auth_req_id } = (await ask(form, 200, pinged)).json<{ auth_req_id: string }>();
    const { browser, question } = await openQuestion(guest);
    await browser.submit(question, {}, ['decision', 'allow']);
    const post = await waitUntil(async () => told.posts.at(-1), { what: 'the notification', forMs: 20_000 });
    assert.equal(post.contentType, 'application/json');
    assert.equal(post.authorization, `Bearer ${token}`);
    assert.deepEqual(JSON.parse(told.bodies.at(-1) ?? ''), { auth_req_id });
    (await redeem(auth_req_id, pinged)).expect(200);
  });

  it('13: an unknown person is no news: the request waits like any other', async () => {
    const known = (await ask({ login_hint: person.email })).json<Record<string, unknown>>();
    const unknown = (await ask({ login_hint: 'nobody@nowhere.test' })).json<Record<string, unknown>>();
    assert.deepEqual(Object.keys(unknown).sort(), Object.keys(known).sort());
    assert.equal(unknown.expires_in, known.expires_in);
    assert.equal(String(unknown.auth_req_id).length, String(known.auth_req_id).length);
    const answer = (await redeem(String(unknown.auth_req_id))).json<{ error: string }>();
    assert.equal(answer.error, 'authorization_pending');
  });

  it('attack 30: a binding message is text and nothing else; two hints, none, and one of another kind are refused', async () => {
    for (const form of [
      { login_hint: person.email, binding_message: '<b>Pay</b> & click http://evil.example' },
      { login_hint: person.email, binding_message: 'x'.repeat(200) },
      { login_hint: person.email, id_token_hint: 'x' },
      {},
      { login_hint_token: 'x' },
      { login_hint: person.email, user_code: '1234' },
      { login_hint: person.email, scope: 'openid payments.all' },
    ]) {
      const problem = (await ask(form as Record<string, string>, 400)).json<{ error: string }>();
      assert.match(problem.error, /^(invalid_request|invalid_binding_message|invalid_scope)$/);
    }
  });

  it('only the person who is asked can answer; another one learns nothing', async () => {
    const guest = await org.addUser();
    await ask({ login_hint: guest.email });
    const { question } = await openQuestion(guest);
    const other = createFormDriver(org.http);
    await passHostedPages(other, await other.open(`${org.issuer}/oauth/account`), person);
    assert.equal(pageAt(await other.open(question.url)).status, 404);
  });

  it('a public client cannot ask people on its own', async () => {
    const body = {
      name: 'x',
      applicationType: 'spa',
      grantTypes: ['authorization_code', CIBA],
      redirectUris: ['https://a.example/cb'],
    };
    await org.call('POST', '/admin/clients', body, 400);
  });
});

describe('The account of a person', () => {
  it('shows sessions and apps, and ends them; the browser in use stays', async () => {
    const guest = await org.addUser();
    const app = await org.addClient({ name: 'Photo printer' });
    const tokens = await org.tokensOf(guest, app);
    const browser = createFormDriver(org.http);
    const account = pageAt(await passHostedPages(browser, await browser.open(`${org.issuer}/oauth/account`), guest));
    assert.ok(account.text.includes('Photo printer'));
    assert.ok(account.text.includes('This browser'));

    const ended = pageAt(await browser.submit(account, {}, undefined, `${org.api}/oauth/account/sessions`));
    assert.match(ended.text, /That session has ended/);
    const revoked = pageAt(await browser.submit(ended, {}, undefined, `${org.api}/oauth/account/apps`));
    assert.match(revoked.text, /no longer has access/);
    assert.ok(!revoked.text.includes('Photo printer'));
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '', client_id: app.clientId };
    await org.oauth.refused(form, 400, 'invalid_grant');
    await waitUntil(
      async () =>
        (await org.http.send('GET', `${org.api}/oauth/userinfo`, { bearer: tokens.access_token })).status === 401,
      { what: 'the access token is refused' },
    );
  });

  it('attack 2 and 8: comes back to its own pages only, and takes forms of its own session only', async () => {
    const browser = createFormDriver(org.http);
    for (const state of ['aHR0cHM6Ly9ldmlsLmV4YW1wbGU.x', 'L29hdXRoL2FjY291bnQ.forged', '']) {
      const answer = pageAt(await browser.open(`${org.issuer}/oauth/account/return?code=x&state=${state}`));
      assert.equal(answer.status, 400);
    }
    await passHostedPages(browser, await browser.open(`${org.issuer}/oauth/account`), person);
    const forged = await org.http.send('POST', `${org.api}/oauth/account/apps`, {
      form: { csrf: 'x', client: tv.clientId },
      headers: {
        cookie: browser
          .cookies()
          .map(({ name, value }) => `${name}=${value}`)
          .join('; '),
      },
    });
    assert.equal(forged.status, 400);
  });
});
