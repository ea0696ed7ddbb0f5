import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLoopbackHost, isPublicAddress, literalAddress } from './network-address.js';

const REFUSED = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.100.100.200', '100.127.255.255'],
  ...['127.0.0.1', '127.255.255.254', '168.63.129.16', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
  ...['192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.19.255.255', '198.51.100.7'],
  ...['203.0.113.9', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:169.254.169.254', '::ffff:8.8.8.8', '::ffff:7f00:1', '::127.0.0.1'],
  ...['64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1', '100::1', '2001::1', '2001:20::1', '2001:db8::1'],
  ...['2002:7f00:1::1', '2002:a9fe:a9fe::1', '2620:4f:8000::1', '3fff::1', '5f00::1', 'fc00::1', 'fd00:ec2::254'],
  ...[
    'fe80::1',
    'fe80::1%lo',
    '2606:4700::1%lo',
    'fec0::1',
    'ff02::1',
    'localhost',
    'example.com',
    '',
    '1.2.3',
    '01.2.3.4',
  ],
];

const ACCEPTED = [
  ...[
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
  ],
  ...['168.63.129.17', '172.15.255.255', '172.32.0.0', '192.0.1.1', '192.167.255.255', '192.169.0.0', '198.17.255.255'],
  ...['198.20.0.0', '223.255.255.255', '2001:200::1', '2606:4700:4700::1111', '2a00:1450:4001::200e', '2003::1'],
];

describe('public addresses (RFC 6890)', () => {
  for (const address of REFUSED)
    it(`${address || 'nothing'} is not one`, () => assert.equal(isPublicAddress(address), false));
  for (const address of ACCEPTED) it(`${address} is one`, () => assert.equal(isPublicAddress(address), true));
});

describe('the host of a URL', () => {
  const literals: readonly [url: string, address: string | undefined][] = [
    ['https://2130706433/', '127.0.0.1'],
    ['https://0x7f.1/', '127.0.0.1'],
    ['https://0177.0.0.01/', '127.0.0.1'],
    ['https://0xA9FEA9FE/', '169.254.169.254'],
    ['https://①②⑦.⓪.⓪.①/', '127.0.0.1'],
    ['https://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
    ['https://[0:0:0:0:0:0:0:1]/', '::1'],
    ['https://app.example/', undefined],
  ];
  for (const [url, address] of literals) {
    it(`${url} is ${address ?? 'a name'}`, () => assert.equal(literalAddress(new URL(url)), address));
  }

  it('means this machine in every spelling of loopback, and in no other', () => {
    for (const url of [
      'http://localhost',
      'http://a.localhost',
      'http://localhost.',
      'http://127.8.9.1',
      'http://[::1]',
    ])
      assert.equal(isLoopbackHost(new URL(url)), true, url);
    for (const url of ['http://localhost.example', 'http://127.example', 'http://10.0.0.1', 'http://[::2]'])
      assert.equal(isLoopbackHost(new URL(url)), false, url);
  });
});
