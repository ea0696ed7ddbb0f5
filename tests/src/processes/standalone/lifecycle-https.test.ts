import assert from 'node:assert/strict';
import { type IncomingHttpHeaders, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { type Standalone, startStandalone } from '../../shapes/standalone.js';
import { pkcePair } from '../../support/pkce.js';

const PUBLIC = 'https://id.example.test';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

describe('LUMO_BASE_URL is https, behind a proxy that ends TLS', () => {
  let standalone: Standalone;
  let issuer: string;
  let api: string;
  before(async () => {
    standalone = await startStandalone({ settings: { LUMO_BASE_URL: PUBLIC } });
    ({ issuer } = standalone.bootstrap);
    api = `/orgs/${standalone.bootstrap.org}/api/v1`;
  });
  after(() => standalone.stop());

  /** What the proxy sends to the local port. `fetch` does not let the host be chosen. */
  function send(path: string, { host = 'id.example.test' } = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port: standalone.port, path, headers: { host } }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }));
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  it('bootstrap, issuer and every address of the discovery document are https', async () => {
    assert.equal(standalone.bootstrap.baseUrl, PUBLIC);
    assert.equal(issuer, `${PUBLIC}${api}`);
    const { status, text } = await send(`${api}/.well-known/openid-configuration`);
    assert.equal(status, 200, text);
    const document = JSON.parse(text) as Record<string, unknown>;
    assert.equal(document.issuer, issuer);
    const addresses = Object.values(document).filter((value) => /^https?:/.test(String(value)));
    assert.ok(addresses.length > 5);
    for (const address of addresses) assert.ok(String(address).startsWith(`${PUBLIC}/`), String(address));
  });

  it('tells browsers to stay on https', async () => {
    for (const path of [`${api}/.well-known/openid-configuration`, '/docs', '/nothing-here']) {
      const { headers } = await send(path);
      assert.match(String(headers['strict-transport-security']), /^max-age=\d{8,}; includeSubDomains/, path);
    }
  });

  it('the cookies of a sign-in are Secure and bound to the host', async () => {
    const { clientId, redirectUris } = standalone.bootstrap.clients.spa;
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUris[0] ?? '',
      scope: 'openid',
      state: 'state-1234567890',
      code_challenge: pkcePair().challenge,
      code_challenge_method: 'S256',
    });
    const { status, headers, text } = await send(`${api}/oauth/authorize?${query}`);
    assert.equal(status, 303, text);
    assert.equal(new URL(headers.location ?? '', PUBLIC).origin, PUBLIC);
    const cookies = headers['set-cookie'] ?? [];
    assert.ok(cookies.length >= 2, JSON.stringify(cookies));
    for (const cookie of cookies) {
      assert.match(cookie, /^__(Host|Secure)-/);
      assert.match(cookie, /; secure(;|$)/i);
      assert.match(cookie, /; httponly(;|$)/i);
      assert.match(cookie, /; samesite=lax(;|$)/i);
      // RFC 6265bis section 4.1.3.2: what the browser demands of the prefix, or it drops the cookie.
      if (cookie.startsWith('__Host-')) assert.match(cookie, /; path=\/(;|$)/i);
      assert.doesNotMatch(cookie, /; domain=/i);
    }
  });

  it('serves no other name, except to probes that come by address', async () => {
    const { status } = await send(`${api}/.well-known/openid-configuration`, { host: 'evil.example.test' });
    assert.equal(status, 421);
    assert.equal((await send('/livez', { host: `127.0.0.1:${standalone.port}` })).status, 200);
  });
});
