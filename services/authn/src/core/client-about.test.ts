import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkAbout, webUriProblem } from './client-about.js';

describe('addresses that a client names', () => {
  for (const uri of [
    'https://app.example/',
    'https://app.example:8443/a?b=c',
    'http://localhost:3000/x',
    'http://[::1]/',
  ]) {
    it(`${uri} is fine`, () => assert.equal(webUriProblem(uri), undefined));
  }
  for (const uri of [
    'http://app.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ftp://app.example/',
    '//app.example/',
    'https://u:p@app.example/',
    'https://@app.example/',
    'https://app.example/#x',
    'https://10.0.0.1/jwks',
    'https://169.254.169.254/latest/meta-data',
    'https://2852039166/',
    'https://[::ffff:169.254.169.254]/',
    'https://[fd00:ec2::254]/',
    'https://app.example/\r\nX: y',
    `https://app.example/${'a'.repeat(2048)}`,
  ]) {
    it(`${JSON.stringify(uri.slice(0, 50))} is not`, () => assert.notEqual(webUriProblem(uri), undefined));
  }

  it('a sign-in that begins elsewhere goes to https only', () => {
    assert.deepEqual(Object.keys(checkAbout({ initiateLoginUri: 'http://localhost/login' })), ['initiateLoginUri']);
    assert.deepEqual(checkAbout({ initiateLoginUri: 'https://app.example/login' }), {});
  });

  it('contacts are e-mail addresses', () => {
    assert.deepEqual(checkAbout({ contacts: ['ops@app.example'] }), {});
    assert.deepEqual(Object.keys(checkAbout({ contacts: ['<script>'] })), ['contacts']);
  });
});
