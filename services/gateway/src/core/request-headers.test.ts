import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, it } from 'node:test';
import { findRepeatedHeader, rewriteHeaders } from './request-headers.js';

describe('repeated headers', () => {
  for (const name of ['Authorization', 'Content-Length', 'Host', 'X-API-Key', 'Content-Type', 'DPoP', 'Origin']) {
    it(`finds a second ${name} in any case`, () => {
      const raw = ['Accept', 'a', name, '1', 'X-Other', 'b', name.toLowerCase(), '1'];
      assert.equal(findRepeatedHeader(raw), name.toLowerCase());
    });
  }
  it('allows what may stand twice', () => {
    assert.equal(
      findRepeatedHeader(['Host', 'a', 'Accept', 'a', 'Accept', 'b', 'X-Forwarded-For', '1', 'X-Forwarded-For', '2']),
      undefined,
    );
  });
});

describe('headers on their way to a service', () => {
  const request = (pairs: readonly (readonly [string, string])[]) => ({
    rawHeaders: pairs.flat(),
    headers: Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value])) as IncomingHttpHeaders,
  });

  it('lose everything that a client could have forged', () => {
    const forged = [
      'X-Lumo-Context',
      'X-Lumo-Anything',
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'Forwarded',
      'X-Real-IP',
      'X-Original-URL',
      'X-HTTP-Method-Override',
      'X-SSL-Client-Verify',
      'Client-Cert',
      'X-Amzn-Mtls-Clientcert',
    ];
    const given = request([...forged.map((name) => [name, 'forged'] as const), ['Accept', 'text/html']]);
    rewriteHeaders(given, [], {});
    assert.deepEqual(given, { rawHeaders: ['Accept', 'text/html'], headers: { accept: 'text/html' } });
  });

  it('lose what was consumed and get what is set, in both places', () => {
    const given = request([
      ['Authorization', 'Bearer x'],
      ['X-Lumo-Context', 'forged'],
      ['Content-Type', 'application/json'],
    ]);
    rewriteHeaders(given, ['authorization'], { 'x-lumo-context': 'sealed' });
    assert.deepEqual(given, {
      rawHeaders: ['Content-Type', 'application/json', 'x-lumo-context', 'sealed'],
      headers: { 'content-type': 'application/json', 'x-lumo-context': 'sealed' },
    });
  });
});
