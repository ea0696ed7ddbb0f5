import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { CONNECTION_LIMITS } from './server/http-server.js';
import { type Seen, startTestGateway, type TestGateway } from './testing/test-gateway.js';

const KEY = 'lmk_0123456789abcdef';
const OAUTH = '/orgs/acme-corp/api/v1/oauth/token';

/** Every answer of the gateway to a raw request, by status. */
const statusesOf = (answers: string): readonly number[] =>
  [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

describe('what a request may look like', () => {
  let at: TestGateway;
  before(async () => {
    at = await startTestGateway({
      limits: { ...CONNECTION_LIMITS, headersTimeoutMs: 400, requestTimeoutMs: 400, checkIntervalMs: 50 },
    });
    at.identity.addApiKey(KEY, { org: at.identity.acme, keyId: 'key_1', scopes: [] });
  });
  after(() => at.close());
  const get = (path: string) =>
    at.raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEY}\r\nConnection: close\r\n\r\n`);
  const bodyOf = (answer: string) =>
    JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Seen & { code?: string };

  const REFUSED_PATHS = [
    '/orgs/acme-corp/api/v1/agents/../admin/users',
    '/orgs/acme-corp/api/v1/agents/%2e%2e/admin/users',
    '/orgs/acme-corp/api/v1/agents/%2E%2E/admin/users',
    '/orgs/acme-corp//api/v1/agents/me',
    '//evil.example/orgs/acme-corp/api/v1/agents/me',
    '/orgs/acme-corp/api/v1/agents/a%00b',
    '/orgs/acme-corp/api/v1/agents/a%5c..%5cb',
    '/orgs/acme-corp\\api/v1/agents/me',
    '/orgs/acme-corp/api/v1/agents/%zz',
    '/orgs/acme-corp/api/v1/agents/me#fragment',
    'http://evil.example/orgs/acme-corp/api/v1/agents/me',
    '*',
  ];
  for (const path of REFUSED_PATHS) {
    it(`refuses ${path}`, async () => {
      const answer = await get(path);
      assert.deepEqual(statusesOf(answer), [400], answer);
      assert.equal(bodyOf(answer).code, 'invalid_request');
    });
  }

  const SAME: readonly (readonly [target: string, service: string, url: string])[] = [
    ['/orgs/acme-corp/api/v1/%61gents/me', 'agents', '/orgs/acme-corp/api/v1/agents/me'],
    ['/t/acme-corp/api/v1/agents/me', 'agents', '/orgs/acme-corp/api/v1/agents/me'],
    ['/orgs/acme-corp/api/v1/agents/me/', 'agents', '/orgs/acme-corp/api/v1/agents/me'],
    ['/orgs/acme-corp/api/v1/agents/x%2F..%2Fy', 'agents', '/orgs/acme-corp/api/v1/agents/x%2F..%2Fy'],
    ['/orgs/acme-corp/api/v1/agents/x%252e', 'agents', '/orgs/acme-corp/api/v1/agents/x%252e'],
    ['/orgs/acme-corp/api/v1/agents;x=1', '', ''],
    ['/orgs/acme-corp/api/v1/agents/me?a=1&a=2&b=/../', 'agents', '/orgs/acme-corp/api/v1/agents/me?a=1&a=2&b=/../'],
    ['/ORGS/acme-corp/api/v1/agents/me', '', ''],
  ];
  for (const [target, service, url] of SAME) {
    it(`${target} is ${url === '' ? 'nothing' : url}, for the gateway and for the service`, async () => {
      const answer = await get(target);
      if (url === '') return assert.deepEqual(statusesOf(answer), [404], answer);
      const body = bodyOf(answer);
      assert.deepEqual([body.service, body.url], [service, url]);
    });
  }

  it('cannot reach what services say to each other', async () => {
    for (const path of [
      '/_internal/openapi.json',
      '/orgs/acme-corp/api/v1/_internal/openapi.json',
      '/orgs/acme-corp/_internal/openapi.json',
    ]) {
      assert.deepEqual(statusesOf(await get(path)), [404], path);
    }
  });

  it('may only use the methods of the platform', async () => {
    for (const method of ['TRACE', 'PROPFIND', 'OPTIONS']) {
      const answer = await at.raw(`${method} ${OAUTH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      assert.deepEqual(statusesOf(answer), [405], method);
    }
    const tunnel = await at.raw('CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n');
    assert.ok(!tunnel.includes(' 200 '), tunnel);
  });

  const SMUGGLED: readonly (readonly [name: string, head: readonly string[], body: string])[] = [
    [
      'a length beside chunks',
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      '0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n',
    ],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6'], 'abcdef'],
    ['two equal lengths', ['Content-Length: 5', 'Content-Length: 5'], 'abcde'],
    ['a length with a sign', ['Content-Length: +5'], 'abcde'],
    ['an unknown coding', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
    ['chunked that is not last', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
    ['a folded header', ['X-A: a\r\n Transfer-Encoding: chunked'], ''],
    ['a space before the colon', ['Content-Length : 5'], 'abcde'],
    ['two hosts', ['Host: y'], ''],
  ];
  for (const [name, head, body] of SMUGGLED) {
    it(`answers ${name} with 400 and nothing after it`, async () => {
      const answer = await at.raw(
        `POST ${OAUTH} HTTP/1.1\r\nHost: x\r\n${head.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`,
      );
      assert.deepEqual(statusesOf(answer), [400], answer);
    });
  }

  it('wants a host', async () => {
    assert.deepEqual(statusesOf(await at.raw('GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n')), [400]);
  });

  it('may not have more than 16 KiB of headers', async () => {
    const answer = await at.raw(`GET /livez HTTP/1.1\r\nHost: x\r\nX-Large: ${'a'.repeat(17_000)}\r\n\r\n`);
    assert.deepEqual(statusesOf(answer), [431]);
    assert.equal(bodyOf(answer).code, 'headers_too_large');
    assert.match(answer, /X-Content-Type-Options: nosniff/);
  });

  it('may not declare more than 1 MiB of body', async () => {
    const answer = await at.raw(`POST ${OAUTH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\nx`);
    assert.deepEqual(statusesOf(answer), [413], answer);
    assert.match(answer, /Connection: close/i);
  });

  it('may have exactly 1 MiB of body, and not one byte more in chunks', async () => {
    const send = (bytes: number, duplex: boolean) =>
      fetch(`${at.url}${OAUTH}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: duplex ? new Blob(['a'.repeat(bytes)]).stream() : 'a'.repeat(bytes),
        ...(duplex && { duplex: 'half' }),
      } as RequestInit);
    assert.equal((await send(1024 * 1024, false)).status, 200);
    assert.equal((await send(1024 * 1024, true)).status, 200);
    assert.equal((await send(1024 * 1024 + 1, true)).status, 413);
  });

  it('may not trickle its body in, while others are served', async () => {
    const socket = connect(at.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.write(
      `POST ${OAUTH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n`,
    );
    const trickle = setInterval(() => socket.writable && socket.write(' '), 20);
    const closed = once(socket, 'close');
    assert.equal((await fetch(`${at.url}/livez`)).status, 200);
    await closed;
    clearInterval(trickle);
    assert.ok(!answer.includes('HTTP/1.1 2'), answer);
  });

  it('may be one of several on a connection', async () => {
    const answers = await at.raw(
      'GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    assert.deepEqual(statusesOf(answers), [200, 200]);
  });
});

describe('headers that trickle in', () => {
  it('are waited for only so long, whatever the body may take', { timeout: 10_000 }, async () => {
    const limits = { ...CONNECTION_LIMITS, headersTimeoutMs: 200, requestTimeoutMs: 60_000, checkIntervalMs: 50 };
    const at = await startTestGateway({ limits });
    const socket = connect(at.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n');
    const trickle = setInterval(() => socket.writable && socket.write('X-A: a\r\n'), 20);
    try {
      await once(socket, 'close');
      assert.deepEqual(statusesOf(answer), [408], answer);
      assert.match(answer, /"code":"request_timeout"/);
    } finally {
      clearInterval(trickle);
      await at.close();
    }
  });
});

describe('where a request comes from', () => {
  it('is the peer, unless proxies are trusted (attack 15)', async () => {
    const at = await startTestGateway();
    try {
      const answer = await fetch(`${at.url}${OAUTH}`, {
        headers: {
          'x-forwarded-for': '198.51.100.1',
          'x-forwarded-host': 'evil.example',
          'x-forwarded-proto': 'https',
          'x-request-id': 'chosen-by-client',
          forwarded: 'for=198.51.100.1',
          'client-cert': ':forged:',
        },
      });
      const { context, headers } = (await answer.json()) as Seen;
      assert.equal(context?.ip, '127.0.0.1');
      for (const name of ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded', 'client-cert']) {
        assert.equal(headers[name], undefined, name);
      }
      assert.notEqual(headers['x-request-id'], 'chosen-by-client');
      assert.equal(answer.headers.get('x-request-id'), headers['x-request-id']);
    } finally {
      await at.close();
    }
  });

  it('an answer of AuthZEN names the request as its client did; records do not (AuthZEN 1.0 section 10.1.7)', async () => {
    const at = await startTestGateway();
    try {
      for (const [path, given, echoed] of [
        ['/orgs/acme/api/v1/access/v1/evaluation', 'chosen by client', true],
        ['/api/v1/authz/v1/evaluations', 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716', true],
        ['/orgs/acme/api/v1/access/v1/evaluation', 'x'.repeat(300), false],
        ['/orgs/acme/api/v1/authz/check', 'chosen-by-client', false],
      ] as const) {
        const answer = await fetch(`${at.url}${path}`, { method: 'POST', headers: { 'x-request-id': given } });
        await answer.text();
        assert.equal(answer.headers.get('x-request-id') === given, echoed, `${path} ${given.slice(0, 20)}`);
      }
    } finally {
      await at.close();
    }
  });

  it('is what trusted proxies say', async () => {
    const at = await startTestGateway({ trustedProxies: ['127.0.0.0/8'] });
    try {
      const answer = await fetch(`${at.url}${OAUTH}`, {
        headers: {
          'x-forwarded-for': '10.0.0.1, 198.51.100.1',
          'x-request-id': 'proxy-id-1234',
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        },
      });
      const { context, headers } = (await answer.json()) as Seen;
      assert.equal(context?.ip, '198.51.100.1');
      assert.equal(headers['x-forwarded-for'], undefined);
      assert.equal(context?.requestId, 'proxy-id-1234');
      assert.equal(answer.headers.get('x-request-id'), 'proxy-id-1234');
      assert.equal(headers.traceparent, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    } finally {
      await at.close();
    }
  });
});

describe('the host of a request (attack 16)', () => {
  it('must be the public one', async () => {
    const at = await startTestGateway({ baseUrl: 'https://id.example.com' });
    const status = async (host: string, path: string) =>
      statusesOf(await at.raw(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`))[0];
    try {
      assert.equal(await status('id.example.com', OAUTH), 200);
      assert.equal(await status('evil.example', OAUTH), 421);
      assert.equal(await status('evil.example', '/nothing'), 421);
      assert.equal(await status('10.1.2.3', '/livez'), 200);
    } finally {
      await at.close();
    }
  });
});
