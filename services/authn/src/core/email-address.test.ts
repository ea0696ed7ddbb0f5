import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseEmail } from './email-address.js';

describe('e-mail addresses', () => {
  const accepted: readonly [text: string, key: string][] = [
    ['ada@example.com', 'ada@example.com'],
    ['  Ada@Example.COM ', 'ada@example.com'],
    ['ada.l+news@sub.example.co.uk', 'ada.l+news@sub.example.co.uk'],
    ["o'neill@example.com", "o'neill@example.com"],
    ['ａｄａ@ｅｘａｍｐｌｅ.com', 'ada@example.com'],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example'],
    ['ada@BÜCHER.example', 'ada@xn--bcher-kva.example'],
    ['ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['josé@example.com', 'josé@example.com'],
    ['jose\u0301@example.com', 'josé@example.com'],
    ['\u212Aelvin@example.com', 'kelvin@example.com'],
    ['root@localhost', 'root@localhost'],
    [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  ];
  for (const [text, key] of accepted) {
    it(`${JSON.stringify(text)} is the mailbox ${key}`, () => {
      const parsed = parseEmail(text);
      assert.ok(parsed.ok);
      assert.equal(parsed.value.key, key);
    });
  }

  it('keeps dotless ı and i apart: lower case only, never case folding', () => {
    const [dotless, plain] = [parseEmail('gıthub@example.com'), parseEmail('github@example.com')];
    assert.ok(dotless.ok && plain.ok);
    assert.notEqual(dotless.value.key, plain.value.key);
  });

  const refused = [
    '',
    'ada',
    '@example.com',
    'ada@',
    'ada@@example.com',
    'ada@example.com@evil.example',
    'a da@example.com',
    'ada@exa mple.com',
    '"ada"@example.com',
    'ada<script>@example.com',
    'ada@[127.0.0.1]',
    'ada@127.0.0.1',
    'ada@127.1',
    'ada@0x7f000001',
    'ada@ex%61mple.com',
    'ada@example.com/path',
    'ada@example.com:25',
    'ada@-example.com',
    'ada@example..com',
    'ada@.example.com',
    '.ada@example.com',
    'ada.@example.com',
    'a..b@example.com',
    'ada\0@example.com',
    'ada\n@example.com',
    'ada\u200B@example.com',
    'ada@example.com\r\nBcc: eve@example.com',
    `${'a'.repeat(65)}@example.com`,
    `${'é'.repeat(33)}@example.com`,
    `ada@${'a'.repeat(64)}.com`,
    `ada@${'a.'.repeat(130)}com`,
    'a'.repeat(100_000),
  ];
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 60))}`, () => assert.equal(parseEmail(text).ok, false));
  }
});
