import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  describeScope,
  PAGE_ASSETS,
  type PageFrame,
  pageAssetUrls,
  renderConsent,
  renderContinue,
  renderError,
  renderLoggedOut,
  renderLogoutConfirm,
  renderSignIn,
} from './index.js';

const assets = pageAssetUrls('/assets/authn');
const csrf = { fieldName: 'csrf', value: 'token-1"2' };
const action = '/orgs/acme-corp/api/v1/interaction/1?a=1&b=2';

/** Every page, with the given words in every place that shows words of others. */
function allPages(words: string): ReadonlyMap<string, string> {
  const frame: PageFrame = { orgName: words, assets };
  const client = { name: words, host: words, privacyUrl: words, termsUrl: words };
  const account = { email: words, name: words };
  const problem = { message: words, code: words, requestId: words };
  const scopes = [{ name: words, description: words }];
  const signIn = { frame, action, csrf, client, email: words, cancellable: true };
  return new Map([
    ['sign-in', renderSignIn(signIn)],
    ['sign-in, wrong credentials', renderSignIn({ ...signIn, problem: { ...problem, at: 'credentials' } })],
    ['sign-in, wrong email', renderSignIn({ ...signIn, problem: { ...problem, at: 'email' } })],
    ['sign-in, refused', renderSignIn({ ...signIn, problem })],
    ['sign-in, bare', renderSignIn({ frame: { assets }, action, csrf })],
    ['consent', renderConsent({ frame, action, csrf, client, account, scopes, problem })],
    ['consent, bare', renderConsent({ frame, action, csrf, client, account, scopes: [] })],
    ['logout', renderLogoutConfirm({ frame, action, csrf, account })],
    ['logged out', renderLoggedOut({ frame, client: { name: words, url: words } })],
    ['error', renderError({ frame, title: words, problem, backUrl: words })],
    ['continue', renderContinue({ frame, client, url: 'https://app.test/cb?code=1&state=2' })],
  ]);
}

const hostileWords = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  `' onfocus='alert(1)' autofocus='`,
  '</title></textarea><svg onload=alert(1)>',
  'javascript:alert(1)',
  '{{constructor}} <!-- --> &lt;b&gt;',
  'moc.\u202eelgoog\u2066\u200b',
];

const VOID = new Set(['meta', 'link', 'input', 'br', 'img']);
const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-z][a-z0-9:-]*(?:="[^"<>]*")?)*)\s*(\/?)>/gi;

/** Reads a page strictly: every `<` begins a well-formed tag, and tags nest. Returns the tags in order. */
function readTags(page: string): readonly { readonly name: string; readonly attributes: string }[] {
  const tags: { name: string; attributes: string }[] = [];
  const open: string[] = [];
  const text = page
    .replace(/^<!doctype html>\n/, '')
    .replace(TAG, (_, slash: string, name: string, rest: string, self) => {
      if (slash === '/') assert.equal(open.pop(), name);
      else {
        tags.push({ name, attributes: rest });
        if (!VOID.has(name) && self === '') open.push(name);
      }
      return '';
    });
  assert.deepEqual(open, []);
  assert.ok(!/[<>]/.test(text), text);
  return tags;
}

describe('hosted pages', () => {
  for (const words of ['Acme Corp', ...hostileWords]) {
    describe(`with the words ${JSON.stringify(words)}`, () => {
      for (const [name, page] of allPages(words)) {
        it(`${name}: well-formed, one h1, no inline code, every form with its token`, () => {
          const tags = readTags(page);
          const count = (tag: string) => tags.filter((each) => each.name === tag).length;
          for (const tag of ['h1', 'main', 'header', 'footer', 'title', 'script']) assert.equal(count(tag), 1, tag);
          assert.equal(count('style') + count('img') + count('iframe') + count('base'), 0);
          const names = tags.flatMap(({ attributes }) =>
            attributes
              .replace(/="[^"]*"/g, '')
              .trim()
              .split(/\s+/),
          );
          assert.deepEqual(
            names.filter((attribute) => /^(?:on|style$|srcdoc$)/.test(attribute)),
            [],
          );
          assert.ok(!tags.some(({ attributes }) => /(?:href|src|action)="(?!\/|https?:|data:,")/.test(attributes)));
          assert.ok(page.includes(`<script src="${assets.script}" defer></script>`));
          assert.match(page, /^<!doctype html>\n<html lang="en" dir="ltr">/);
          assert.ok(
            !/\p{Bidi_Control}/u.test(page.replace(/ value="[^"]*"/g, '')),
            'no bidirectional control is shown',
          );

          const forms = page.split('<form ').slice(1);
          assert.equal(count('form'), forms.length);
          for (const form of forms) {
            assert.match(form, /^method="post" action="\/orgs\/acme-corp\/api\/v1\/interaction\/1\?a=1&amp;b=2"/);
            assert.ok(form.includes('<input type="hidden" name="csrf" value="token-1&quot;2">'));
          }
        });
      }
    });
  }

  it('ids are unique, labels and descriptions point to something', () => {
    for (const [name, page] of allPages('Acme Corp')) {
      const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
      assert.equal(new Set(ids).size, ids.length, name);
      for (const [, id] of page.matchAll(/\s(?:for|aria-describedby|aria-labelledby|aria-controls)="([^"]*)"/g)) {
        assert.ok(ids.includes(id), `${name}: ${id}`);
      }
    }
  });

  it('the title names the page and the org, and begins with the error where there is one', () => {
    const pages = allPages('Acme Corp');
    const title = (name: string) => /<title>(.*)<\/title>/.exec(pages.get(name) ?? '')?.[1];
    assert.equal(title('sign-in'), 'Sign in · Acme Corp');
    assert.equal(title('sign-in, refused'), 'Error: Sign in · Acme Corp');
    assert.equal(title('sign-in, bare'), 'Sign in · LumoAuth');
    assert.equal(title('consent, bare'), 'Allow access · Acme Corp');
  });
});

describe('sign-in', () => {
  const model = { frame: { orgName: 'Acme Corp', assets }, action, csrf };
  const field = (page: string, id: string) => new RegExp(`<input id="${id}"[^>]*>`).exec(page)?.[0] ?? '';

  it('tells password managers and keyboards what the fields are', () => {
    const page = renderSignIn(model);
    assert.match(field(page, 'email'), /type="email".*autocomplete="username".*inputmode="email"/);
    assert.match(field(page, 'password'), /type="password".*autocomplete="current-password"/);
  });

  it('begins where something is to be typed', () => {
    const focused = (page: string) => /<input id="([a-z]+)"[^>]* autofocus/.exec(page)?.[1];
    assert.equal(focused(renderSignIn(model)), 'email');
    assert.equal(focused(renderSignIn({ ...model, email: 'a@b.test' })), 'password');
    const problem = { message: 'Enter an email address.', at: 'email' } as const;
    assert.equal(focused(renderSignIn({ ...model, email: 'a@', problem })), 'email');
  });

  it('says an error at the field, to everyone', () => {
    const problem = { message: 'No match.', at: 'credentials' } as const;
    const page = renderSignIn({ ...model, email: 'a@b.test', problem });
    for (const id of ['email', 'password']) {
      assert.match(field(page, id), /aria-invalid="true" aria-describedby="credentials-problem"/);
    }
    assert.match(page, /role="alert" id="credentials-problem">.*\n.*\n.*<span>No match\.<\/span>/);
  });

  it('the first button signs in, so that Enter does', () => {
    const page = renderSignIn({ ...model, cancellable: true });
    const values = [...page.matchAll(/<button class="[a-z]+" type="submit" name="decision" value="([a-z_]+)"/g)];
    assert.deepEqual(
      values.map(([, value]) => value),
      ['sign_in', 'cancel'],
    );
  });

  it('without script there is no button that only script can serve', () => {
    assert.match(renderSignIn(model), /<button type="button" class="toggle"[^>]* hidden>/);
  });
});

describe('consent', () => {
  const model = {
    frame: { orgName: 'Acme Corp', assets },
    action,
    csrf,
    client: { name: 'Bank', host: 'evil.test', privacyUrl: 'https://evil.test/p', termsUrl: 'javascript:alert(1)' },
    account: { email: 'alice@acme.test' },
    scopes: [
      { name: 'email', description: describeScope('email') },
      { name: 'doc:write', description: describeScope('doc:write', 'Change documents') },
    ],
  };

  it('shows the host beside the name, who is signed in, and what is asked for', () => {
    const page = renderConsent(model);
    for (const part of ['Bank', 'evil.test', 'alice@acme.test', 'See your email address', 'Change documents']) {
      assert.ok(page.includes(part), part);
    }
    assert.ok(page.includes('<code dir="ltr">doc:write</code>'));
  });

  it('links only web addresses, and gives them no way back', () => {
    const links = [...renderConsent(model).matchAll(/<a [^>]*>/g)].map(([link]) => link);
    assert.deepEqual(links, ['<a href="https://evil.test/p" rel="noreferrer noopener" target="_blank">']);
  });

  it('offers to allow, to deny and to change the account', () => {
    const values = [...renderConsent(model).matchAll(/name="decision" value="([a-z_]+)"/g)].map(([, value]) => value);
    assert.deepEqual(values, ['switch_account', 'deny', 'allow']);
  });
});

describe('continue', () => {
  it('goes on by itself and by a link', () => {
    const page = renderContinue({ frame: { assets }, url: 'https://app.test/cb?code=1&state=2' });
    assert.ok(page.includes('<meta http-equiv="refresh" content="0;url=https://app.test/cb?code=1&amp;state=2">'));
    assert.ok(page.includes('href="https://app.test/cb?code=1&amp;state=2"'));
  });
  it('goes nowhere else than to a web address', () => {
    for (const url of ['javascript:alert(1)', 'data:text/html,x', '//attacker.test']) {
      assert.throws(() => renderContinue({ frame: { assets }, url }), TypeError);
    }
  });
});

describe('describeScope', () => {
  it('prefers our words, then the registered ones, then the name', () => {
    assert.equal(describeScope('email', 'x'), 'See your email address');
    assert.equal(describeScope('a', 'Do a'), 'Do a');
    assert.equal(describeScope('a'), 'a');
    assert.equal(describeScope('constructor'), 'constructor');
  });
});

describe('page assets', () => {
  it('are found under the names that the pages link to, and cached for ever', () => {
    for (const url of [assets.stylesheet, assets.script]) {
      const asset = PAGE_ASSETS.get(url.replace('/assets/authn/', ''));
      assert.match(asset?.fileName ?? '', /^page\.[0-9a-f]{12}\.(css|js)$/);
      assert.match(asset?.cacheControl ?? '', /max-age=31536000, immutable/);
    }
  });

  const css = PAGE_ASSETS.get(assets.stylesheet.replace('/assets/authn/', ''))?.body.toString() ?? '';
  const [light = '', dark = ''] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) => body ?? '');
  const colour = (scheme: string, name: string) => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(scheme)?.[1] ?? '';
  const pairs = [
    ['text', 'card'],
    ['text', 'canvas'],
    ['text', 'glow'],
    ['text', 'quiet'],
    ['muted', 'card'],
    ['muted', 'canvas'],
    ['muted', 'quiet'],
    ['accent-strong', 'card'],
    ['accent-strong', 'quiet'],
    ['on-accent', 'accent'],
    ['on-accent', 'accent-strong'],
    ['on-tint', 'tint'],
    ['danger', 'card'],
    ['danger', 'danger-tint'],
  ] as const;
  for (const [scheme, body] of [
    ['light', light],
    ['dark', dark],
  ] as const) {
    for (const [front, back] of pairs) {
      it(`${scheme}: ${front} on ${back} has a contrast of 4.5 or more (WCAG 1.4.3)`, () => {
        assert.ok(contrast(colour(body, front), colour(body, back)) >= 4.5);
      });
    }
    it(`${scheme}: fields, focus and icons have a contrast of 3 or more (WCAG 1.4.11)`, () => {
      for (const name of ['field-border', 'ring', 'success']) {
        assert.ok(contrast(colour(body, name), colour(body, 'card')) >= 3, name);
      }
    });
  }
});

/** WCAG 2 contrast ratio of two `#rrggbb` colours. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  assert.match(colour, /^#[0-9a-f]{6}$/);
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
