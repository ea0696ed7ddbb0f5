import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOTHING_ELSE, parseAllowedTargets } from './allowed-targets.js';
import { checkTarget, mayConnect } from './check-target.js';

const PUBLIC = { allowed: NOTHING_ELSE };
const reads = (text: string) => ({ allowed: parseAllowedTargets(text) ?? assert.fail(`not read: ${text}`) });

describe('addresses of requests', () => {
  for (const url of [
    'https://app.example/',
    'https://app.example/a/b?c=d',
    'https://app.example:8443/',
    'https://[2606:4700:4700::1111]/',
    'https://1.1.1.1/',
    'HTTPS://APP.example/',
  ]) {
    it(`${url} can be called`, () => assert.equal(checkTarget(url, PUBLIC).ok, true));
  }

  // Attack row 26: every spelling of an address that is not on the public internet, and of what is no https URL.
  for (const url of [
    'http://app.example/',
    'ftp://app.example/',
    'file:///etc/passwd',
    'gopher://app.example/',
    'data:application/json,{}',
    'blob:https://app.example/x',
    'javascript:alert(1)',
    'unix:/var/run/docker.sock',
    '//app.example/',
    'app.example',
    '',
    'https://',
    'https://user@app.example/',
    'https://user:password@app.example/',
    'https://@app.example/',
    'https://app.example\\@10.0.0.1/',
    'https://app.example/ x',
    'https://app.example/\r\nHost: x',
    'https://äpp.example/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.0.0.1/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://0/',
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://100.64.0.1/',
    'https://100.100.100.200/',
    'https://168.63.129.16/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0xa9fea9fe/',
    'https://2852039166/',
    'https://172.16.0.1/',
    'https://192.168.0.1/',
    'https://192.0.0.192/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::]/',
    'https://[::1]/',
    'https://[0000:0000:0000:0000:0000:0000:0000:0001]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::127.0.0.1]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://[2002:7f00:1::]/',
    'https://[2002:a9fe:a9fe::1]/',
    'https://[2001:0:a9fe:a9fe::1]/',
    'https://[2001:db8::1]/',
    'https://[fc00::1]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
    'https://[ff02::1]/',
    'https://app.example:22/',
    'https://app.example:25/',
    'https://app.example:80/',
    'https://app.example:0/',
    'https://app.example:70000/',
    `https://app.example/${'a'.repeat(2048)}`,
  ]) {
    it(`${JSON.stringify(url.slice(0, 60))} cannot`, () => assert.equal(checkTarget(url, PUBLIC).ok, false));
  }

  it('http is for allowed loopback addresses', () => {
    const local = reads('127.0.0.1, ::1');
    for (const url of ['http://127.0.0.1:3000/', 'http://localhost:3000/', 'http://[::1]:3000/', 'https://127.0.0.1/'])
      assert.equal(checkTarget(url, local).ok, true, url);
    for (const url of ['http://127.0.0.2/', 'http://app.example/', 'https://127.0.0.2/', 'http://10.0.0.1/'])
      assert.equal(checkTarget(url, local).ok, false, url);
    assert.equal(mayConnect('127.0.0.1', new URL('http://localhost/'), local), true);
    assert.equal(mayConnect('127.0.0.1', new URL('http://localhost/'), PUBLIC), false);
    assert.equal(mayConnect('10.0.0.1', new URL('http://app.example/'), reads('10.0.0.0/8, app.example')), false);
  });

  it('a company network is called by https, by range or by name', () => {
    const range = reads('10.0.0.0/8, fd12::/16');
    assert.equal(mayConnect('10.9.8.7', new URL('https://idp.corp/'), range), true);
    assert.equal(mayConnect('fd12::7', new URL('https://idp.corp/'), range), true);
    assert.equal(mayConnect('192.168.0.1', new URL('https://idp.corp/'), range), false);
    const name = reads('idp.corp');
    assert.equal(mayConnect('192.168.0.1', new URL('https://idp.corp/'), name), true);
    assert.equal(mayConnect('192.168.0.1', new URL('https://idp.corp.evil.example/'), name), false);
    assert.equal(checkTarget('http://idp.corp/', name).ok, true);
    assert.equal(mayConnect('192.168.0.1', new URL('http://idp.corp/'), name), false);
  });

  it('a setting that is none of these is not read', () => {
    for (const text of ['10.0.0.0/33', '10.0.0.0/8/8', 'https://a.example', 'a b', '*.example', '::1/129', '-a'])
      assert.equal(parseAllowedTargets(text), undefined, text);
    for (const text of ['', ' , ', 'localhost', '[::1]', '10.0.0.0/8,a.example'])
      assert.notEqual(parseAllowedTargets(text), undefined, text);
  });
});
