import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressBudgetKey, createClientAddresses } from './client-address.js';

const CASES: readonly (readonly [
  name: string,
  trusted: readonly string[],
  peer: string,
  forwarded: string | undefined,
  client: string,
])[] = [
  ['believes nobody by default', [], '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['believes no peer that is not listed', ['10.0.0.0/8'], '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['believes a listed peer', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['takes the rightmost untrusted hop', ['10.0.0.0/8'], '10.1.2.3', '1.1.1.1, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
  [
    'never believes what a client put further left',
    ['10.0.0.0/8'],
    '10.1.2.3',
    '127.0.0.1, 198.51.100.1',
    '198.51.100.1',
  ],
  ['takes the leftmost where all hops are trusted', ['10.0.0.0/8'], '10.1.2.3', '10.0.0.7, 10.0.0.8', '10.0.0.7'],
  ['stops at text that is no address', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1, nonsense', '10.1.2.3'],
  ['stops at an empty hop', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1,,10.0.0.1', '10.0.0.1'],
  ['goes without the header', ['10.0.0.0/8'], '10.1.2.3', undefined, '10.1.2.3'],
  ['reads IPv4-mapped peers', ['10.0.0.0/8'], '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['reads ports', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1:4711', '198.51.100.1'],
  ['reads IPv6 in brackets', ['::1'], '::1', '[2001:db8::5]:4711', '2001:db8::5'],
  ['reads IPv6 ranges', ['2001:db8::/32'], '2001:db8::1', '2001:db8:1::2, 2a00::1', '2a00::1'],
];

describe('client address', () => {
  for (const [name, trusted, peer, forwarded, client] of CASES) {
    it(name, () => assert.equal(createClientAddresses(trusted).resolve(peer, forwarded), client));
  }

  it('tells whether the peer is a proxy', () => {
    const addresses = createClientAddresses(['10.0.0.0/8', '192.0.2.7']);
    assert.ok(addresses.isTrusted('::ffff:10.0.0.1'));
    assert.ok(addresses.isTrusted('192.0.2.7'));
    assert.ok(!addresses.isTrusted('192.0.2.8'));
    assert.ok(!addresses.isTrusted(''));
  });
});

describe('budget of an address', () => {
  it('is the address for IPv4', () => assert.equal(addressBudgetKey('198.51.100.1'), '198.51.100.1'));
  it('is the /64 for IPv6, in one spelling', () => {
    for (const spelling of ['2001:db8:0:1::5', '2001:DB8::1:ffff:2:3:4', '2001:0db8:0000:0001:0:0:0:9']) {
      assert.equal(addressBudgetKey(spelling), '2001:db8:0:1::/64', spelling);
    }
    assert.equal(addressBudgetKey('::1'), '0:0:0:0::/64');
  });
});
