import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { ROOT } from '../shapes/program.js';
import { type BrowserWindow, findBrowser, openWindow, startBrowser } from '../support/browser.js';
import { type CallbackApp, openCallbackApp } from '../support/callback-app.js';
import { createOrgWorld, goodPassword, type OrgWorld, type TestClient } from '../support/org-world.js';
import { pkcePair } from '../support/pkce.js';
import { authorizationUrl, type Person } from '../support/sign-in.js';

const ORG_NAME = 'Acme Corp';
const SCOPES = ['openid', 'profile', 'email', 'offline_access', 'document.read'];
/** Only looked at: nobody comes back there. */
const SHOWN_CALLBACK = 'https://docs.acme.example/callback';

const chromium = await findBrowser();
/** A test of the browser, which stands by name in the list of skipped tests where there is no browser. */
const test = (name: string, body: () => Promise<void>): void => {
  it(name, chromium === undefined ? { skip: 'chromium is not installed' } : {}, body);
};

let browser: Browser;
let org: OrgWorld;
let app: CallbackApp;
let client: TestClient;
let shownClient: TestClient;
let alice: Person;
let open: BrowserWindow[] = [];

before(async () => {
  if (chromium === undefined) return;
  [browser, app, org] = await Promise.all([startBrowser(chromium), openCallbackApp(), createOrgWorld('pages')]);
  alice = { email: 'alice@acme.example', password: goodPassword() };
  await org.call('PATCH', '/admin/settings/general', { displayName: ORG_NAME });
  await org.call('POST', '/admin/users', { ...alice, name: 'Alice Archer', emailVerified: true }, 201);
  client = await org.addClient({
    name: 'Acme Docs',
    redirectUris: [app.callback],
    postLogoutRedirectUris: [app.signedOut],
    scopes: SCOPES,
  });
  shownClient = await org.addClient({ name: 'Acme Docs', redirectUris: [SHOWN_CALLBACK], scopes: SCOPES });
});
afterEach(async () => {
  await Promise.all(open.map((window) => window.close()));
  open = [];
});
after(async () => {
  await browser?.close();
  await app?.close();
});

async function newWindow(options: BrowserContextOptions = {}): Promise<BrowserWindow> {
  const window = await openWindow(browser, options);
  open.push(window);
  return window;
}

/** An authorization request that is in order but for what a test changes. */
function request(change: Readonly<Record<string, string>> = {}, verifier = pkcePair()): string {
  return authorizationUrl(org.http, org.api, {
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: app.callback,
    scope: SCOPES.join(' '),
    prompt: 'consent',
    state: 'kept',
    code_challenge: verifier.challenge,
    code_challenge_method: 'S256',
    ...change,
  });
}

const shownRequest = () => request({ client_id: shownClient.clientId, redirect_uri: SHOWN_CALLBACK });
const logoutUrl = () =>
  `${org.http.baseUrl}${org.api}/oauth/logout?${new URLSearchParams({
    client_id: client.clientId,
    post_logout_redirect_uri: app.signedOut,
    state: 'bye',
  })}`;

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const heading = (page: Page, name: RegExp) => page.getByRole('heading', { level: 1, name });
const email = (page: Page) => page.getByLabel('Email', { exact: true });
const wordsOf = async (place: Locator): Promise<string> => (await place.textContent())?.trim() ?? '';
const password = (page: Page) => page.getByLabel('Password', { exact: true });

async function submitCredentials(page: Page, person: Person): Promise<void> {
  await email(page).fill(person.email);
  await password(page).fill(person.password);
  await button(page, 'Sign in').click();
}

async function reachConsent({ page }: BrowserWindow, url = request()): Promise<void> {
  await page.goto(url);
  await submitCredentials(page, alice);
  await heading(page, /Allow Acme Docs/).waitFor();
}

/** The parameters with which the browser arrives at the redirect URI of the app. */
async function backInApp(page: Page): Promise<URLSearchParams> {
  await page.waitForURL((url) => url.href.startsWith(`${app.callback}?`));
  const { searchParams } = new URL(page.url());
  assert.deepEqual([searchParams.get('state'), searchParams.get('iss')], ['kept', org.issuer], page.url());
  return searchParams;
}

async function assertSignedOut(page: Page): Promise<void> {
  await page.goto(request({ prompt: 'none', scope: 'openid' }));
  assert.equal((await backInApp(page)).get('error'), 'login_required');
}

for (const javaScriptEnabled of [true, false]) {
  describe(`Hosted pages ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, () => {
    test('sign-in, consent, back in the app with a code, sign-out, back in the app', async () => {
      const { page, complaints } = await newWindow({ javaScriptEnabled });
      const pair = pkcePair();
      await page.goto(request({}, pair));
      await heading(page, /^Sign in$/).waitFor();
      assert.equal(await button(page, 'Show password').isVisible(), javaScriptEnabled, 'works or is not there');
      await submitCredentials(page, alice);

      await heading(page, /Allow Acme Docs/).waitFor();
      const asked = await wordsOf(page.locator('main'));
      for (const words of ['Alice Archer', alice.email, 'See your email address', 'document.read', '127.0.0.1']) {
        assert.ok(asked.includes(words), `the consent page says ${words}: ${asked}`);
      }
      await button(page, 'Allow').click();
      const code = (await backInApp(page)).get('code');
      assert.ok(code);
      const tokens = await org.oauth.grant({
        grant_type: 'authorization_code',
        code,
        redirect_uri: app.callback,
        client_id: client.clientId,
        code_verifier: pair.verifier,
      });
      assert.ok(tokens.id_token && tokens.refresh_token);

      await page.goto(logoutUrl());
      await heading(page, /^Sign out of Acme Corp\?$/).waitFor();
      assert.ok((await wordsOf(page.locator('main'))).includes(alice.email));
      await button(page, 'Sign out').click();
      await page.waitForURL((url) => url.href === `${app.signedOut}?state=bye`);
      await assertSignedOut(page);
      assert.deepEqual(complaints, []);
    });

    test('a wrong password is said at the field, and the address stays', async () => {
      const window = await newWindow({ javaScriptEnabled });
      const { page } = window;
      await page.goto(request());
      await submitCredentials(page, { ...alice, password: 'not the password' });
      const alert = page.getByRole('alert');
      await alert.waitFor();
      assert.equal(window.document().status(), 400);
      assert.match(await wordsOf(alert), /email address or the password is wrong/);
      assert.equal(await alert.getAttribute('id'), await password(page).getAttribute('aria-describedby'));
      assert.equal(await password(page).getAttribute('aria-invalid'), 'true');
      assert.equal(
        await page
          .locator('.field', { has: password(page) })
          .getByRole('alert')
          .count(),
        1,
        'at the field',
      );
      assert.equal(await email(page).inputValue(), alice.email);
      assert.equal(await password(page).inputValue(), '');
      assert.match(await page.title(), /^Error: Sign in/);
      assert.deepEqual(window.complaints, []);

      await password(page).fill(alice.password);
      await button(page, 'Sign in').click();
      await heading(page, /Allow Acme Docs/).waitFor();
    });

    test('the person does not allow it: access_denied', async () => {
      const window = await newWindow({ javaScriptEnabled });
      await reachConsent(window);
      await button(window.page, 'Deny').click();
      const sent = await backInApp(window.page);
      assert.deepEqual([sent.get('error'), sent.get('code')], ['access_denied', null]);
      assert.deepEqual(window.complaints, []);
    });

    test('the person does not sign in: access_denied', async () => {
      const { page, complaints } = await newWindow({ javaScriptEnabled });
      await page.goto(request());
      await button(page, 'Cancel').click();
      const sent = await backInApp(page);
      assert.deepEqual([sent.get('error'), sent.get('code')], ['access_denied', null]);
      assert.deepEqual(complaints, []);
    });
  });
}

describe('Hosted pages from the keyboard alone', () => {
  /** Presses Tab until the named button has the focus, which must be seen. */
  async function tabTo(page: Page, name: string): Promise<void> {
    for (let presses = 0; presses < 8; presses++) {
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus');
      if ((await focused.count()) === 0) continue;
      const style = await focused.evaluate((element) => getComputedStyle(element).outlineStyle);
      assert.equal(style, 'solid', `the focus is seen: ${await focused.evaluate((element) => element.outerHTML)}`);
      if ((await wordsOf(focused)) === name) return;
    }
    assert.fail(`Tab does not reach ${name}`);
  }

  test('sign-in, consent and sign-out', async () => {
    const { page, complaints } = await newWindow();
    await page.goto(request());
    // The field has the focus when the page is painted, which is a moment after it is loaded.
    await email(page).and(page.locator(':focus')).waitFor();
    await page.keyboard.type(alice.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(alice.password);
    await page.keyboard.press('Enter');
    await heading(page, /Allow Acme Docs/).waitFor();
    await tabTo(page, 'Allow');
    await page.keyboard.press('Enter');
    assert.ok((await backInApp(page)).get('code'));

    await page.goto(logoutUrl());
    await tabTo(page, 'Sign out');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.href.startsWith(app.signedOut));
    await assertSignedOut(page);
    assert.deepEqual(complaints, []);
  });

  test('the password is shown and hidden again', async () => {
    const { page } = await newWindow();
    await page.goto(request());
    await password(page).fill('secret');
    await tabTo(page, 'Show');
    await page.keyboard.press('Enter');
    assert.equal(await password(page).getAttribute('type'), 'text');
    await page.keyboard.press('Space');
    assert.equal(await password(page).getAttribute('type'), 'password');
    assert.equal(await password(page).inputValue(), 'secret');
  });

  test('the person stays signed in after thinking again', async () => {
    const window = await newWindow();
    const { page } = window;
    await reachConsent(window);
    await page.goto(logoutUrl());
    await tabTo(page, 'Stay signed in');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.href.startsWith(app.signedOut));
    await page.goto(request());
    await heading(page, /Allow Acme Docs/).waitFor();
  });
});

describe('A request that must not be redirected', () => {
  const refused: readonly (readonly [string, () => string])[] = [
    ['of an unknown client', () => request({ client_id: 'nobody' })],
    ['to an address that is not registered', () => request({ redirect_uri: `${app.callback}/elsewhere` })],
    ['to a script', () => request({ redirect_uri: 'javascript:alert(1)' })],
    ['of a sign-out to an address that is not registered', () => logoutUrl().replace('signed-out', 'elsewhere')],
    ['of a page whose flow is over', () => `${org.http.baseUrl}${org.api}/oauth/login?flow=gone`],
  ];
  for (const [what, url] of refused) {
    test(`${what} ends on the error page`, async () => {
      const window = await newWindow();
      const { page } = window;
      const visited: string[] = [];
      page.on('framenavigated', (frame) => visited.push(frame.url()));
      const earlier = app.visits.length;
      await page.goto(url());
      await heading(page, /Something went wrong/).waitFor();
      assert.equal(window.document().status(), 400);
      assert.match(await page.title(), /^Error: /);
      assert.notEqual(await wordsOf(page.getByRole('alert')), '');
      assert.deepEqual(visited, [page.url()], 'no redirect at all');
      assert.equal(app.visits.length, earlier, 'the app hears nothing');
      assert.equal(await page.locator('form, a[href^="http"]').count(), 0, 'nothing leads away from the page');
      assert.deepEqual(window.complaints, []);
    });
  }
});

/** Every page, and the way to it in a new window. */
const PAGES: Readonly<Record<string, (window: BrowserWindow) => Promise<void>>> = {
  'sign-in': async ({ page }) => {
    await page.goto(shownRequest());
    await heading(page, /^Sign in$/).waitFor();
  },
  'sign-in-failed': async ({ page }) => {
    await page.goto(shownRequest());
    await submitCredentials(page, { ...alice, password: 'not the password' });
    await page.getByRole('alert').waitFor();
  },
  consent: (window) => reachConsent(window, shownRequest()),
  logout: async (window) => {
    await reachConsent(window, shownRequest());
    await window.page.goto(logoutUrl());
    await heading(window.page, /^Sign out of/).waitFor();
  },
  'signed-out': async ({ page }) => {
    await page.goto(`${org.http.baseUrl}${org.api}/oauth/logout`);
    await heading(page, /^Signed out$/).waitFor();
  },
  error: async ({ page }) => {
    await page.goto(request({ client_id: 'nobody' }));
    await heading(page, /Something went wrong/).waitFor();
  },
};

/** The pictures of the documentation. */
const PICTURES = ['sign-in', 'consent', 'logout', 'error'];
const LOOKS = [
  { ending: '', colorScheme: 'light', width: 720, height: 720 },
  { ending: '-dark', colorScheme: 'dark', width: 720, height: 720 },
  { ending: '-phone', colorScheme: 'light', width: 390, height: 780 },
] as const;

for (const [name, reach] of Object.entries(PAGES)) {
  describe(`The page ${name}`, () => {
    let window: BrowserWindow;
    before(async () => {
      if (chromium === undefined) return;
      window = await openWindow(browser);
      await reach(window);
    });
    after(() => window?.close());

    test('names the org, on itself and in the title', async () => {
      const title = await window.page.title();
      assert.ok(title.endsWith(` · ${ORG_NAME}`), title);
      assert.equal(await wordsOf(window.page.getByRole('banner').locator('.org-name')), ORG_NAME);
    });

    test('comes with headers that keep it to itself (RFC 9700 sections 4.2.4 and 4.16)', async () => {
      const headers = await window.document().allHeaders();
      const policy = (headers['content-security-policy'] ?? '').split(/;\s*/);
      for (const directive of [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ]) {
        assert.ok(policy.includes(directive), `${directive} in ${policy}`);
      }
      assert.equal(headers['x-frame-options'], 'DENY');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.match(headers['cache-control'] ?? '', /\bno-store\b/);
    });

    test('can be used by everybody: axe, light and dark, 320 and 1280 px', async () => {
      const { page } = window;
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const width of [320, 1280]) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 720 });
          const scroll = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(scroll <= 0, `${width} px: ${scroll} px wider than the window`);
          assert.deepEqual(await violations(page), [], `${colorScheme} ${width} px`);
        }
      }
      assert.deepEqual(window.complaints, []);
    });

    test('runs no script that somebody put into it', async () => {
      const { page } = window;
      const blocked = page.waitForEvent('console', (message) => /Content Security Policy/.test(message.text()));
      await page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'document.title = "taken over"';
        document.body.append(script);
      });
      await blocked;
      assert.notEqual(await page.title(), 'taken over');
    });

    if (process.env.LUMO_SCREENSHOTS === '1' && PICTURES.includes(name)) {
      for (const { ending, colorScheme, width, height } of LOOKS) {
        test(`has its picture taken (${colorScheme}, ${width} px)`, async () => {
          const posing = await newWindow({ colorScheme, viewport: { width, height }, deviceScaleFactor: 1.5 });
          await reach(posing);
          const folder = join(ROOT, 'docs', 'images');
          mkdirSync(folder, { recursive: true });
          await posing.page.screenshot({ path: join(folder, `${name}${ending}.png`), fullPage: true });
        });
      }
    }
  });
}

/** What axe finds wrong, a line each: every rule it has, also those that are only good practice. */
async function violations(page: Page): Promise<readonly string[]> {
  // Evaluated by the debugger, so that the policy of the page need not allow it.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const results = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, { preload: false });
    return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
  return found;
}
