import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSameName } from './distinguished-name.js';

/** As node:crypto tells the subject of a certificate: one attribute a line, from the root down. */
const lines = ['C=NL', 'O=Acme\\, Inc.', 'OU=Payments', 'CN=client-1'];

describe('subject names of certificates, RFC 4514', () => {
  const same = [
    'CN=client-1,OU=Payments,O=Acme\\, Inc.,C=NL',
    'cn=client-1, ou=Payments, o=Acme\\, Inc., c=NL',
    'CN=client-1,OU=Payments,O=Acme\\2c Inc.,C=NL',
    '2.5.4.3=client-1,OU=Payments,OID.2.5.4.10=Acme\\, Inc.,C=NL',
  ];
  for (const name of same) it(`recognises ${name}`, () => assert.equal(isSameName(name, lines), true));

  const others = [
    'C=NL,O=Acme\\, Inc.,OU=Payments,CN=client-1',
    'CN=client-1',
    'CN=client-1,OU=Payments,O=Acme\\, Inc.',
    'CN=client-1,OU=Payments,O=Acme\\, Inc.,C=NL,DC=x',
    'CN=CLIENT-1,OU=Payments,O=Acme\\, Inc.,C=NL',
    'CN=client-1,OU=Payments,O=Acme, Inc.,C=NL',
    'CN=client-1+OU=Payments,O=Acme\\, Inc.,C=NL',
    'CN=client-1 ,OU=Pay ments,O=Acme\\, Inc.,C=NL',
    '',
    'client-1',
  ];
  for (const name of others) it(`is not ${name}`, () => assert.equal(isSameName(name, lines), false));

  it('an attribute inside a value is no attribute', () => {
    assert.equal(isSameName('CN=client-1,O=Acme', ['O=Acme', 'CN=evil\\, CN=client-1']), false);
    assert.equal(isSameName('CN=evil\\, CN=client-1,O=Acme', ['O=Acme', 'CN=evil\\, CN=client-1']), true);
  });

  it('the attributes of one part have no order', () => {
    assert.equal(isSameName('CN=a+UID=1,O=Acme', ['O=Acme', 'UID=1+CN=a']), true);
  });
});
