import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readAnswer } from './surface/health.js';
import { startTestGateway, type TestGateway } from './testing/test-gateway.js';

describe("the gateway's own surface", () => {
  let at: TestGateway;
  before(async () => {
    at = await startTestGateway({ down: ['audit'] });
  });
  after(() => at.close());
  const get = (path: string, init?: RequestInit) => fetch(`${at.url}${path}`, init);

  it('/livez says that the process runs', async () => {
    const answer = await get('/livez');
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { status: 'ok' });
  });

  it('/readyz names the part that is not ready', async () => {
    const answer = await get('/readyz');
    assert.equal(answer.status, 503);
    assert.deepEqual(await answer.json(), {
      status: 'unavailable',
      parts: { 'gateway.revocations': 'ok', authn: 'ok', authz: 'ok', agents: 'ok', audit: 'not running' },
    });
  });

  it('/readyz/gateway is about this process only: another part being down must not take it out of service', async () => {
    assert.equal((await get('/readyz/gateway')).status, 200);
  });

  it("reads a service's own word on its readiness", () => {
    assert.deepEqual(readAnswer('authn', { status: 503, body: '{"parts":{"authn.database":"down","events":"ok"}}' }), {
      ready: false,
      parts: { authn: 'not ready', 'authn.database': 'down', 'authn.events': 'ok' },
    });
    assert.deepEqual(readAnswer('authn', { status: 200, body: '{}' }), { ready: true, parts: { authn: 'ok' } });
    assert.deepEqual(readAnswer('authn', { status: 502, body: '<html>' }), {
      ready: false,
      parts: { authn: 'answered 502' },
    });
  });

  it('/metrics is Prometheus text', async () => {
    const answer = await get('/metrics');
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    assert.match(await answer.text(), /^# HELP/);
  });

  it('/openapi.json merges what every service says, and names who said nothing', async () => {
    const answer = await get('/openapi.json');
    assert.equal(answer.status, 200);
    const document = (await answer.json()) as {
      openapi: string;
      servers: unknown;
      paths: Record<string, unknown>;
      'x-lumo-unavailable': string[];
    };
    assert.equal(document.openapi, '3.1.0');
    assert.deepEqual(document.servers, [{ url: 'http://localhost:8000' }]);
    assert.deepEqual(Object.keys(document.paths), ['/agents', '/authn', '/authz']);
    assert.deepEqual(document['x-lumo-unavailable'], ['audit']);
  });

  it('/docs is a page that needs no other host', async () => {
    const page = await get('/docs');
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'.*script-src 'self';.*frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /https?:|unsafe-eval|script-src[^;]*unsafe-inline/);
    const html = await page.text();
    for (const [, source = ''] of html.matchAll(/<script src="([^"]+)">/g)) {
      const script = await get(source);
      assert.equal(script.status, 200, source);
      assert.match(script.headers.get('content-type') ?? '', /^text\/javascript/);
      assert.ok((await script.text()).length > 100, source);
    }
    assert.doesNotMatch(html, /https?:\/\//);
  });

  it('can only be read', async () => {
    const answer = await get('/docs', { method: 'POST' });
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.get('allow'), 'GET, HEAD');
    assert.equal((await get('/docs/nothing')).status, 404);
    const head = await get('/openapi.json', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), '');
  });

  it('counts requests by the row they reached, never by what the client made up', async () => {
    at.finished.length = 0;
    await get('/orgs/acme-corp/api/v1/oauth/token?x=1', { method: 'POST' });
    await get('/made/up/path');
    while (at.finished.length < 2) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(at.finished, [
      { route: 'P/oauth/token', method: 'POST', status: 200 },
      { route: 'unmatched', method: 'GET', status: 404 },
    ]);
  });
});
