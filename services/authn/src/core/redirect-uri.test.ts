import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkOrigin, checkRedirectUri, matchesRedirectUri, originOf } from './redirect-uri.js';

describe('redirect URIs, RFC 9700 section 2.1 and RFC 8252', () => {
  const web: readonly [uri: string, ok: boolean][] = [
    ['https://app.example/cb', true],
    ['https://app.example', true],
    ['https://app.example/', true],
    ['https://app.example:8443/cb?tenant=1', true],
    ['https://xn--bcher-kva.example/cb', true],
    ['http://localhost:3000/cb', true],
    ['http://127.0.0.1/cb', true],
    ['http://[::1]:8080/cb', true],
    ['', false],
    ['/cb', false],
    ['app.example/cb', false],
    ['//app.example/cb', false],
    ['http://app.example/cb', false],
    ['http://localhost.evil.example/cb', false],
    ['http://127.0.0.1.evil.example/cb', false],
    ['http://localhost@evil.example/cb', false],
    ['http://127.1/cb', false],
    ['http://2130706433/cb', false],
    ['http://0.0.0.0/cb', false],
    ['https://user@app.example/cb', false],
    ['https://user:pass@app.example/cb', false],
    ['https://@app.example/cb', false],
    ['https:\\\\app.example\\cb', false],
    ['https://app.example\\@evil.example/cb', false],
    ['https://app.example/cb#frag', false],
    ['https://app.example/cb#', false],
    ['https://*.example/cb', false],
    ['https://app.example/*', false],
    ['https://app.example/a/../cb', false],
    ['https://app.example/a/%2e%2e/cb', false],
    ['https://app.example/a/%2E./cb', false],
    ['https://app.example/a%2f..%2fcb', false],
    ['https://app.example/./cb', false],
    ['https://bücher.example/cb', false],
    ['https://app.example/ cb', false],
    ['https://app.example/cb\n', false],
    [' https://app.example/cb', false],
    ['HTTPS://app.example/cb', false],
    ['https://APP.example/cb', false],
    ['https://app.example:443/cb', false],
    ['https://app.example./cb', false],
    ['https:app.example/cb', false],
    ['https:///app.example/cb', false],
    ['https://', false],
    ['https://app.example:99999/cb', false],
    ['javascript:alert(1)', false],
    ['JavaScript:alert(1)', false],
    ['data:text/html,<script>', false],
    ['vbscript:x', false],
    ['file:///etc/passwd', false],
    ['blob:https://app.example/1', false],
    ['ftp://app.example/cb', false],
    ['com.example.app:/cb', false],
    [`https://app.example/${'a'.repeat(2048)}`, false],
  ];
  for (const [uri, expected] of web) {
    it(`${expected ? 'accepts' : 'refuses'} ${JSON.stringify(uri.slice(0, 60))} for a web app`, () => {
      assert.equal(checkRedirectUri(uri, 'web').ok, expected);
    });
  }

  const native: readonly [uri: string, ok: boolean][] = [
    ['com.example.app:/callback', true],
    ['com.example.app://callback', true],
    ['com.example-2.app:/cb?x=1', true],
    ['http://127.0.0.1/cb', true],
    ['https://app.example/cb', true],
    ['myapp://callback', false],
    ['javascript:alert(1)', false],
    ['data:text/html;base64,xx', false],
    ['COM.example.app:/cb', false],
    ['com.example.app:/a/../cb', false],
    ['com.example.app:/cb#x', false],
    ['com.example.app://user@host/cb', false],
    ['com.example.*:/cb', false],
  ];
  for (const [uri, expected] of native) {
    it(`${expected ? 'accepts' : 'refuses'} ${uri} for a native app`, () => {
      assert.equal(checkRedirectUri(uri, 'native').ok, expected);
    });
  }
});

describe('matching a requested redirect URI', () => {
  const registered = ['https://app.example/cb', 'http://127.0.0.1/cb', 'http://localhost:3000/cb', 'http://[::1]/cb'];
  const cases: readonly [requested: string, ok: boolean][] = [
    ['https://app.example/cb', true],
    ['https://app.example/cb/', false],
    ['https://app.example/CB', false],
    ['https://app.example/cb?x=1', false],
    ['https://app.example:443/cb', false],
    ['https://app.example:8443/cb', false],
    ['https://app.example/cb/../cb', false],
    ['https://app.example.evil.example/cb', false],
    ['http://127.0.0.1:51004/cb', true],
    ['http://127.0.0.1:51004/other', false],
    ['http://127.0.0.1:99999/cb', false],
    ['http://127.0.0.1:65535/cb', true],
    ['http://127.0.0.1:51004/cb?x=1', false],
    ['http://127.0.0.2:51004/cb', false],
    ['http://localhost:4000/cb', true],
    ['http://localhost:4000@evil.example/cb', false],
    ['http://localhost:4000.evil.example/cb', false],
    ['https://localhost:4000/cb', false],
    ['http://[::1]:9/cb', true],
    ['http://127.0.0.1:51004/cb#x', false],
  ];
  for (const [requested, expected] of cases) {
    it(`${expected ? 'matches' : 'does not match'} ${requested}`, () => {
      assert.equal(matchesRedirectUri(registered, requested), expected);
    });
  }
});

describe('browser origins', () => {
  const cases: readonly [origin: string, ok: boolean][] = [
    ['https://app.example', true],
    ['https://app.example:8443', true],
    ['http://localhost:5173', true],
    ['https://app.example/', false],
    ['https://app.example/x', false],
    ['http://app.example', false],
    ['https://APP.example', false],
    ['https://*.example', false],
    ['https://u@app.example', false],
    ['null', false],
    ['*', false],
    ['', false],
    ['chrome-extension://abc', false],
  ];
  for (const [origin, expected] of cases) {
    it(`${expected ? 'accepts' : 'refuses'} ${JSON.stringify(origin)}`, () => {
      assert.equal(checkOrigin(origin).ok, expected);
    });
  }
  it('follows from a redirect URI, not from a private-use scheme', () => {
    assert.equal(originOf('http://localhost:3000/cb'), 'http://localhost:3000');
    assert.equal(originOf('com.example.app:/cb'), undefined);
  });
});
