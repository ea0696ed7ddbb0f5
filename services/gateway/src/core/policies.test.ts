import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientErrorRefusal } from './client-error.js';
import { grantOrigin, grantPreflight, isOrigin, originQuestion } from './cross-origin.js';
import { hostPolicy } from './host-policy.js';
import { chooseRequestId, newRequestId } from './request-id.js';
import { defaultHeaders, varyWith } from './response-headers.js';

describe('host policy', () => {
  const accepts = hostPolicy('https://id.example.com');
  for (const host of ['id.example.com', 'ID.example.com', 'id.example.com:443']) {
    it(`accepts ${host}`, () => assert.ok(accepts(host)));
  }
  for (const host of ['evil.example', 'id.example.com:80', 'id.example.com.evil.example', '', undefined, '127.0.0.1']) {
    it(`refuses ${host}`, () => assert.ok(!accepts(host)));
  }
  for (const base of ['http://localhost:8000', 'http://127.0.0.1:9', 'http://[::1]:1', 'http://lumo.localhost']) {
    it(`accepts every host on ${base}`, () => assert.ok(hostPolicy(base)('anything.test')));
  }
  it('wants the port of a base URL that has one', () => {
    const withPort = hostPolicy('http://id.internal:8080');
    assert.ok(withPort('id.internal:8080'));
    assert.ok(!withPort('id.internal'));
  });
});

describe('request id', () => {
  it('keeps a well-formed one of a trusted proxy only', () => {
    assert.equal(chooseRequestId('abc-DEF_123.4', true), 'abc-DEF_123.4');
    assert.notEqual(chooseRequestId('abc-DEF_123.4', false), 'abc-DEF_123.4');
  });
  for (const bad of ['short', 'a'.repeat(65), 'with space', 'line\nbreak', '<script>1', undefined]) {
    it(`replaces ${JSON.stringify(bad)}`, () => assert.match(chooseRequestId(bad, true), /^[0-9a-f]{32}$/));
  }
  it('never repeats itself across the pool', () => {
    assert.equal(new Set(Array.from({ length: 1000 }, newRequestId)).size, 1000);
  });
});

describe('origins', () => {
  for (const good of ['https://app.example', 'http://localhost:5173', 'capacitor://localhost']) {
    it(`reads ${good}`, () => assert.ok(isOrigin(good)));
  }
  for (const bad of [
    'null',
    '*',
    '',
    'app.example',
    'https://',
    'https://a b',
    'https://a/b',
    'https://u@a',
    `https://${'a'.repeat(300)}`,
  ]) {
    it(`does not read ${bad.slice(0, 20)}`, () => assert.ok(!isOrigin(bad)));
  }
  it('asks the clients of the org, or nobody', () => {
    assert.equal(originQuestion('any', 'null'), 'everyone');
    assert.equal(originQuestion('client', 'https://app.example'), 'ask_clients');
    assert.equal(originQuestion('client', 'null'), 'nobody');
    assert.equal(originQuestion('none', 'https://app.example'), 'nobody');
  });
  it('never lets credentials travel with a star', () => {
    for (const mode of ['any', 'client', 'client_with_cookies'] as const) {
      for (const headers of [grantOrigin(mode, 'https://app.example'), grantPreflight(mode, 'https://app.example')]) {
        const star = headers['Access-Control-Allow-Origin'] === '*';
        assert.equal(star, mode === 'any');
        assert.equal('Access-Control-Allow-Credentials' in headers, mode === 'client_with_cookies');
      }
    }
  });
});

describe('default headers', () => {
  it('demand https only where the base URL is https', () => {
    assert.equal(
      defaultHeaders('https://id.example.com').get('Strict-Transport-Security'),
      'max-age=31536000; includeSubDomains; preload',
    );
    assert.equal(defaultHeaders('http://localhost:8000').has('Strict-Transport-Security'), false);
  });
  it('add Origin to a Vary that lacks it', () => {
    assert.equal(varyWith(undefined, 'Origin'), 'Origin');
    assert.equal(varyWith('Accept-Encoding', 'Origin'), 'Accept-Encoding, Origin');
    assert.equal(varyWith('origin, Accept', 'Origin'), 'origin, Accept');
    assert.equal(varyWith('*', 'Origin'), '*');
  });
});

describe('what the parser refuses', () => {
  for (const [code, status] of [
    ['HPE_HEADER_OVERFLOW', 431],
    ['ERR_HTTP_REQUEST_TIMEOUT', 408],
    ['HPE_INVALID_TRANSFER_ENCODING', 400],
    [undefined, 400],
    ['ECONNRESET', undefined],
  ] as const) {
    it(`${code} is answered with ${status ?? 'nothing'}`, () => assert.equal(clientErrorRefusal(code)?.status, status));
  }
});
