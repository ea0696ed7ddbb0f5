import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { runInContext, systemContext } from '@lumo/tenancy';
import { createTestAuthority } from '@lumo/testing/certificates';
import { NOTHING_ELSE, parseAllowedTargets } from './allowed-targets.js';
import { createEgress, type EgressOptions } from './create-egress.js';
import type { EgressRequest } from './egress.js';
import { pinnedAgent } from './pinned-agent.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const LOOPBACK = parseAllowedTargets('127.0.0.1') ?? NOTHING_ELSE;
const JSON_ONLY: EgressRequest = { purpose: 'client_metadata', accept: ['application/json', '+json'] };

/** A real server on a loopback port, whose handler a test replaces. */
let handle: Handler = (_request, response) => response.end();
let secure: { port: number; requests: IncomingMessage[]; close(): void };
let plain: { port: number; close(): void };

before(async () => {
  const authority = await createTestAuthority();
  setDefaultCACertificates([...getCACertificates('default'), authority.cert]);
  const certificate = await authority.issue({
    name: 'app',
    dnsNames: ['app.test', '*.app.test'],
    addresses: ['127.0.0.1'],
  });
  const requests: IncomingMessage[] = [];
  const answer: Handler = (request, response) => {
    requests.push(request);
    handle(request, response);
  };
  const tls = createTlsServer(certificate, answer).listen(0, '127.0.0.1');
  const http = createServer(answer).listen(0, '127.0.0.1');
  await Promise.all([once(tls, 'listening'), once(http, 'listening')]);
  secure = {
    port: (tls.address() as AddressInfo).port,
    requests,
    close: () => void tls.close(() => undefined).closeAllConnections(),
  };
  plain = {
    port: (http.address() as AddressInfo).port,
    close: () => void http.close(() => undefined).closeAllConnections(),
  };
});

after(() => {
  secure.close();
  plain.close();
});

const local = (options: Partial<EgressOptions> = {}) =>
  createEgress({ allowed: LOOPBACK, resolve: async () => ['127.0.0.1'], ...options });
const at = (path = '/', host = 'app.test') => `https://${host}:${secure.port}${path}`;
const json =
  (value: unknown, headers: Record<string, string> = {}): Handler =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  };

async function reasonOf(url: string, request: EgressRequest = JSON_ONLY, egress = local()): Promise<string> {
  const answer = await egress.fetch(url, request);
  return answer.ok ? `answered ${answer.value.status}` : answer.error.reason;
}

describe('a request', () => {
  it('is answered, with nothing in it but what it needs', async () => {
    handle = json({ hello: 'world' }, { etag: '"1"' });
    secure.requests.length = 0;
    const answer = await local().fetch(at('/a?b=c'), JSON_ONLY);
    assert.ok(answer.ok, JSON.stringify(answer));
    assert.deepEqual(answer.value.json(), { hello: 'world' });
    assert.equal(answer.value.header('ETag'), '"1"');
    const [request] = secure.requests;
    assert.equal(request?.url, '/a?b=c');
    assert.deepEqual(Object.keys(request?.headers ?? {}).sort(), [
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ]);
    assert.equal(request?.headers['user-agent'], 'LumoAuth');
    assert.equal(request?.headers.host, `app.test:${secure.port}`);
  });

  it('carries what its caller says, and refuses a header that would begin another', async () => {
    handle = (request, response) => {
      let text = '';
      request
        .on('data', (chunk) => (text += chunk))
        .on('end', () => response.end(text + String(request.headers['x-signature'])));
    };
    const post = { purpose: 'webhook', method: 'POST', body: 'a=b', headers: { 'x-signature': 's' } } as const;
    const answer = await local().fetch(at(), post);
    assert.equal(answer.ok && answer.value.text(), 'a=bs');
    for (const headers of [{ 'x-a': 'b\r\nHost: evil' }, { 'x a': 'b' }, { host: 'evil' }, { cookie: 'a=b' }] as Record<
      string,
      string
    >[])
      await assert.rejects(local().fetch(at(), { ...post, headers }), /header/);
  });

  it('ignores proxies of the environment', async () => {
    handle = json({});
    process.env.HTTPS_PROXY = 'http://127.0.0.1:9';
    try {
      assert.equal(await reasonOf(at()), 'answered 200');
    } finally {
      delete process.env.HTTPS_PROXY;
    }
  });

  it('goes by http to a loopback address that the installation allows, and nowhere else', async () => {
    handle = json({});
    assert.equal(await reasonOf(`http://127.0.0.1:${plain.port}/`), 'answered 200');
    assert.equal(await reasonOf(`http://localhost:${plain.port}/`), 'answered 200');
    assert.equal(await reasonOf(`http://app.test:${plain.port}/`), 'url_refused');
    assert.equal(await reasonOf(`http://127.0.0.1:${plain.port}/`, JSON_ONLY, createEgress()), 'url_refused');
  });

  it('is refused by a certificate that is for another name', async () => {
    handle = json({});
    assert.equal(await reasonOf(at('/', 'other.test')), 'tls');
    assert.equal(await reasonOf(at('/', 'sub.app.test')), 'answered 200');
  });

  it('tells metrics its purpose and outcome', async () => {
    handle = json({});
    const seen: string[] = [];
    const egress = local({ finished: ({ purpose, outcome }) => seen.push(`${purpose} ${outcome}`) });
    await egress.fetch(at(), JSON_ONLY);
    await egress.fetch('https://10.0.0.1/', { purpose: 'client_keys' });
    assert.deepEqual(seen, ['client_metadata ok', 'client_keys url_refused']);
  });
});

describe('attack 26, names that lead inside', () => {
  const named = (addresses: readonly string[]) => createEgress({ resolve: async () => addresses });

  for (const address of [
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '::1',
    '::ffff:169.254.169.254',
    'fd00:ec2::254',
  ])
    it(`a name that means ${address} is refused before a connection`, async () => {
      assert.equal(await reasonOf(at(), JSON_ONLY, named([address])), 'address_refused');
      assert.equal(await reasonOf(at(), JSON_ONLY, named(['1.1.1.1', address])), 'address_refused');
    });

  it('DNS rebinding: the name is asked once, and the connection goes to the answer that was judged', async () => {
    handle = json({});
    const answers = [['127.0.0.1'], ['169.254.169.254']];
    let asked = 0;
    const egress = local({ resolve: async () => answers[asked++] ?? [] });
    assert.equal(await reasonOf(at(), JSON_ONLY, egress), 'answered 200');
    assert.equal(asked, 1);
    assert.equal(await reasonOf(at(), JSON_ONLY, egress), 'address_refused');
  });

  it('a connection that ends elsewhere than it was told is cut before anything is sent', async () => {
    secure.requests.length = 0;
    const url = new URL(at());
    const agent = pinnedAgent(url, ['127.0.0.1'], { allowed: NOTHING_ELSE }, 1000);
    await assert.rejects(agent.request({ origin: url.origin, path: '/', method: 'GET' }), /connected to 127\.0\.0\.1/);
    await agent.destroy();
    assert.equal(secure.requests.length, 0);
  });

  it('a name without addresses, and one that nobody answers for, end in a failure', async () => {
    assert.equal(await reasonOf(at(), JSON_ONLY, named([])), 'name_unresolved');
    const failing = createEgress({ resolve: () => Promise.reject(new Error('SERVFAIL')) });
    assert.equal(await reasonOf(at(), JSON_ONLY, failing), 'name_unresolved');
    const hanging = createEgress({ resolve: () => new Promise(() => undefined) });
    assert.equal(await reasonOf(at(), { ...JSON_ONLY, timeoutMs: 100 }, hanging), 'timeout');
  });

  it('redirects are not followed', async () => {
    handle = (_request, response) => response.writeHead(302, { location: at('/next') }).end();
    assert.equal(await reasonOf(at()), 'redirected');
  });

  for (const location of [
    'https://169.254.169.254/latest/meta-data/',
    'https://[::ffff:127.0.0.1]/',
    'https://0xa9fea9fe/',
    'https://[fd00:ec2::254]/',
  ])
    it(`where they are followed, one to ${location} is refused`, async () => {
      handle = (_request, response) => response.writeHead(302, { location }).end();
      assert.equal(await reasonOf(at(), { ...JSON_ONLY, maxRedirects: 3 }), 'url_refused');
    });

  it('nor from https to http, nor to a name that leads inside, nor for ever; one to a good address goes on', async () => {
    const follow = { ...JSON_ONLY, maxRedirects: 2 };
    handle = (_request, response) => response.writeHead(302, { location: `http://127.0.0.1:${plain.port}/` }).end();
    assert.equal(await reasonOf(at(), follow), 'redirected');
    handle = (_request, response) => response.writeHead(302, { location: at('/', 'inside.app.test') }).end();
    const inside = local({ resolve: async (name) => [name === 'inside.app.test' ? '10.0.0.1' : '127.0.0.1'] });
    assert.equal(await reasonOf(at(), follow, inside), 'address_refused');
    handle = (_request, response) => response.writeHead(302, { location: '/' }).end();
    assert.equal(await reasonOf(at(), follow), 'redirected');
    handle = (request, response) =>
      request.url === '/there' ? json({})(request, response) : response.writeHead(301, { location: '/there' }).end();
    assert.equal(await reasonOf(at(), follow), 'answered 200');
    assert.equal(await reasonOf(at(), { ...follow, method: 'POST', body: 'x' }), 'redirected');
  });
});

describe('attack 26, servers that do not end', () => {
  const quick = { ...JSON_ONLY, timeoutMs: 300 };

  it('a body past the limit is cut off, announced or not', async () => {
    handle = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(10 ** 9) });
      response.write('[');
    };
    assert.equal(await reasonOf(at(), quick), 'too_large');
    let sent = 0;
    handle = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        if (response.destroyed) return;
        sent += 16_384;
        if (response.write(' '.repeat(16_384))) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    };
    assert.equal(await reasonOf(at(), { ...JSON_ONLY, timeoutMs: 5000 }), 'too_large');
    await delay(50);
    assert.ok(sent < 16 * 1024 * 1024, `the server could send ${sent} bytes`);
    handle = json('x'.repeat(100));
    assert.equal(await reasonOf(at(), { ...JSON_ONLY, maxBytes: 101 }), 'too_large');
    assert.equal(await reasonOf(at(), { ...JSON_ONLY, maxBytes: 102 }), 'answered 200');
  });

  it('a gzip bomb is never unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024));
    assert.ok(bomb.length < 64 * 1024);
    handle = (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb);
    assert.equal(await reasonOf(at()), 'content_encoding');
  });

  it('a body that drips ends with the time for everything', async () => {
    handle = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    };
    const started = performance.now();
    assert.equal(await reasonOf(at(), quick), 'timeout');
    assert.ok(performance.now() - started < 2000);
  });

  it('headers that drip, and headers of 65 KB, too', async () => {
    const sockets = new Set<Socket>();
    const drip = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('x-a: b\r\n'), 20);
      socket.on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    await once(drip, 'listening');
    const { port } = drip.address() as AddressInfo;
    assert.equal(await reasonOf(`http://127.0.0.1:${port}/`, quick), 'timeout');
    for (const socket of sockets) socket.destroy();
    drip.close();
    handle = (_request, response) => {
      for (let i = 0; i < 9; i++) response.setHeader(`x-${i}`, 'a'.repeat(7500));
      response.end('{}');
    };
    assert.equal(await reasonOf(at()), 'too_large');
  });

  it('a server that says nothing, and one that is not there', async () => {
    handle = () => undefined;
    assert.equal(await reasonOf(at(), quick), 'timeout');
    assert.equal(
      await reasonOf('https://app.test:1/', JSON_ONLY, local({ allowed: parseAllowedTargets('app.test') ?? LOOPBACK })),
      'unreachable',
    );
  });

  it('what is not HTTP is malformed', async () => {
    const odd = createTcpServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.6\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(odd, 'listening');
    assert.equal(await reasonOf(`http://127.0.0.1:${(odd.address() as AddressInfo).port}/`), 'malformed');
    odd.close();
  });
});

describe('an answer', () => {
  it('has the status and the media type that were asked for', async () => {
    for (const status of [201, 204, 400, 404, 500]) {
      handle = (_request, response) => response.writeHead(status).end();
      const answer = await local().fetch(at(), JSON_ONLY);
      assert.deepEqual(answer, { ok: false, error: { reason: 'status', status } });
    }
    handle = (_request, response) => response.writeHead(304).end();
    assert.equal(await reasonOf(at(), { ...JSON_ONLY, statuses: [200, 304] }), 'answered 304');
    for (const [type, expected] of [
      ['application/json; charset=utf-8', 'answered 200'],
      ['application/cimd+json', 'answered 200'],
      ['APPLICATION/JSON', 'answered 200'],
      ['text/html', 'content_type'],
      ['application/jsonp', 'content_type'],
      ['', 'content_type'],
    ] as const) {
      handle = (_request, response) => {
        if (type) response.setHeader('content-type', type);
        response.end('{}');
      };
      assert.equal(await reasonOf(at()), expected, type);
    }
  });

  it('is JSON without repeated members, or nothing', async () => {
    for (const [body, expected] of [
      ['{"a":1}', { a: 1 }],
      ['{"a":1,"a":2}', undefined],
      ['{', undefined],
      [Buffer.from([0x22, 0xff, 0x22]), undefined],
    ] as const) {
      handle = (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      const answer = await local().fetch(at(), JSON_ONLY);
      assert.deepEqual(answer.ok && answer.value.json(), expected);
    }
  });
});

describe('requests at a time', () => {
  it('are bounded for one org, and do not take the places of another', async () => {
    const waiting: ServerResponse[] = [];
    handle = (_request, response) => void waiting.push(response);
    const egress = local({ perOrg: 2 });
    const inOrg = <T>(id: string, work: () => T) => runInContext(systemContext('test', 'r', { id, slug: id }), work);
    const first = [1, 2].map(() => inOrg('a', () => egress.fetch(at(), { purpose: 'webhook' })));
    while (waiting.length < 2) await delay(5);
    assert.equal(await inOrg('a', () => reasonOf(at(), { purpose: 'webhook' }, egress)), 'busy');
    const other = inOrg('b', () => egress.fetch(at(), { purpose: 'webhook' }));
    while (waiting.length < 3) await delay(5);
    for (const response of waiting) response.end();
    assert.ok((await Promise.all([...first, other])).every(({ ok }) => ok));
    handle = json({});
    assert.equal(await inOrg('a', () => reasonOf(at(), JSON_ONLY, egress)), 'answered 200');
  });
});
