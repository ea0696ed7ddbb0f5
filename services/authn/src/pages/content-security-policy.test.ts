import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contentSecurityPolicy, pageHeaders } from './content-security-policy.js';

const formAction = (targets: readonly string[]) =>
  contentSecurityPolicy(targets)
    .split('; ')
    .find((directive) => directive.startsWith('form-action'));

describe('contentSecurityPolicy', () => {
  it('allows nothing but own files, and no frame', () => {
    assert.equal(
      contentSecurityPolicy(),
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; " +
        "frame-ancestors 'none'; base-uri 'none'",
    );
  });

  const cases: readonly [string, readonly string[], string][] = [
    ['an app', ['https://app.test/cb?x=1#y'], "form-action 'self' https://app.test"],
    ['an app on loopback', ['http://127.0.0.1:5173/cb'], "form-action 'self' http://127.0.0.1:5173"],
    ['an IPv6 address, for which CSP has no word', ['http://[::1]:5173/cb'], "form-action 'self' http:"],
    ['a native app', ['com.example.app:/cb'], "form-action 'self' com.example.app:"],
    ['the same origin twice', ['https://a.test/1', 'https://a.test/2'], "form-action 'self' https://a.test"],
    ['an international name', ['https://bücher.test/'], "form-action 'self' https://xn--bcher-kva.test"],
    ['no URI', ["'unsafe-inline'", '*', ''], "form-action 'self'"],
    ['schemes that run', ['javascript:alert(1)', 'data:text/html,x', 'blob:https://a.test/1'], "form-action 'self'"],
    ['an injected directive', ['https://a.test/; script-src *'], "form-action 'self' https://a.test"],
  ];
  for (const [name, targets, expected] of cases) it(name, () => assert.equal(formAction(targets), expected));

  it('a host that would change the policy is left out', () => {
    for (const uri of [
      'https://a.test;script-src',
      'https://a.test,b',
      'https://*',
      "https://'self'",
      'x;y:/cb',
      'x y:/cb',
    ]) {
      assert.equal(contentSecurityPolicy([uri]), contentSecurityPolicy(), uri);
    }
  });
});

describe('pageHeaders', () => {
  it('says no to frames, caches, sniffing and referrers', () => {
    const headers = pageHeaders(['https://app.test/cb']);
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.match(headers['content-security-policy'] ?? '', /form-action 'self' https:\/\/app\.test;/);
  });
});
