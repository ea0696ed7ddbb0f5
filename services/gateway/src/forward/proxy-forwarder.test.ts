import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { CONTRACT_MAX_BODY_BYTES, forwarderContract } from './forwarder.contract.js';
import type { ForwardRefusals } from './forwarder.js';
import { createProxyForwarder } from './proxy-forwarder.js';

const closedPort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const open = async (url: string, refuse: ForwardRefusals, answerTimeoutMs?: number) => {
  const nowhere = `http://127.0.0.1:${await closedPort()}`;
  return createProxyForwarder(
    {
      upstreams: { authn: url, authz: nowhere, agents: nowhere, audit: nowhere },
      ...(answerTimeoutMs !== undefined && { answerTimeoutMs }),
      maxBodyBytes: CONTRACT_MAX_BODY_BYTES,
    },
    refuse,
  );
};

forwarderContract('proxy', async (service, refuse, answerTimeoutMs) => {
  if (!service.server.listening) await service.listen({ host: '127.0.0.1', port: 0 });
  const { port } = service.server.address() as AddressInfo;
  return open(`http://127.0.0.1:${port}`, refuse, answerTimeoutMs);
});

describe('proxy: one hop', () => {
  let upstream: Server;
  let front: HttpServer;
  let url: string;
  let upstreamUrl: string;
  let stop: () => Promise<void>;
  /** The raw heads the service received, and how it answers the next one. */
  const heads: string[] = [];
  let answer: (socket: Socket, head: string) => void;

  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  before(async () => {
    upstream = createServer((socket) => {
      socket.on('error', () => {});
      let pending = '';
      socket.on('data', (chunk) => {
        pending += chunk.toString('latin1');
        if (!pending.includes('\r\n\r\n')) return;
        const head = pending;
        pending = '';
        heads.push(head);
        answer(socket, head);
      });
    }).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    const forwarder = await open(upstreamUrl, {
      unavailable: (response) => void response.writeHead(503).end(),
      tooLarge: (response) => void response.writeHead(413).end(),
    });
    front = createHttpServer((request, response) => forwarder.forward('authn', request, response)).listen(
      0,
      '127.0.0.1',
    );
    await once(front, 'listening');
    url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
    stop = () => forwarder.close();
  });
  after(async () => {
    front.closeAllConnections();
    front.close();
    await stop();
    upstream.close();
  });

  const sendRaw = async (lines: readonly string[]): Promise<string> => {
    const { connect } = await import('node:net');
    const socket = connect((front.address() as AddressInfo).port, '127.0.0.1');
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    let all = '';
    socket.on('data', (chunk) => {
      all += chunk.toString('latin1');
    });
    await once(socket, 'close');
    return all;
  };

  it('does not send what nobody waits for any more', { timeout: 5000 }, async () => {
    const { request } = await import('node:http');
    const narrow = createProxyForwarder(
      {
        upstreams: { authn: upstreamUrl, authz: upstreamUrl, agents: upstreamUrl, audit: upstreamUrl },
        connections: 1,
        maxBodyBytes: CONTRACT_MAX_BODY_BYTES,
      },
      { unavailable: (response) => void response.writeHead(503).end(), tooLarge: () => {} },
    );
    const left: Promise<unknown>[] = [];
    const entry = createHttpServer((incoming, response) => {
      left.push(once(response, 'close'));
      narrow.forward('authn', incoming, response);
      entry.emit('lumo:entered');
    }).listen(0, '127.0.0.1');
    await once(entry, 'listening');
    const { port } = entry.address() as AddressInfo;
    heads.length = 0;
    let first: Socket | undefined;
    const busy = new Promise<void>((resolve) => {
      answer = (socket) => {
        if (!first) {
          first = socket;
          resolve();
        } else socket.write(OK);
      };
    });
    const slow = fetch(`http://127.0.0.1:${port}/slow`);
    await busy;
    const entered = once(entry, 'lumo:entered');
    const impatient = request({ port, host: '127.0.0.1', path: '/left', method: 'POST' });
    impatient.on('error', () => {});
    impatient.end();
    await entered;
    impatient.destroy();
    await left[1];
    first?.write(OK);
    assert.equal((await slow).status, 200);
    assert.equal((await fetch(`http://127.0.0.1:${port}/next`)).status, 200);
    assert.deepEqual(
      heads.map((head) => head.split(' ')[1]),
      ['/slow', '/next'],
    );
    entry.closeAllConnections();
    entry.close();
    await narrow.close();
  });

  it('keeps hop-by-hop headers and those that Connection names on their hop', async () => {
    heads.length = 0;
    answer = (socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Secret\r\nX-Secret: s\r\nKeep-Alive: timeout=5\r\nX-Kept: k\r\nContent-Length: 2\r\n\r\nok',
      );
    const received = await sendRaw([
      'GET /x HTTP/1.1',
      'Host: public.example',
      'Connection: close, X-Private, X-Lumo-Context',
      'X-Private: p',
      'X-Lumo-Context: sealed',
      'TE: trailers',
      'Proxy-Authorization: Basic x',
      'Upgrade: websocket',
      'X-Kept: k',
    ]);
    const [head = ''] = heads;
    assert.match(head, /^GET \/x HTTP\/1\.1\r\n/);
    assert.match(head, /x-kept: k/i);
    assert.match(head, /x-lumo-context: sealed/i);
    assert.doesNotMatch(head, /x-private|^te:|proxy-authorization|upgrade|public\.example/im);
    assert.match(received, /X-Kept: k/i);
    assert.doesNotMatch(received, /X-Secret/i);
  });

  it('sends a safe request again, once, when its connection dies before an answer', async () => {
    heads.length = 0;
    answer = (socket) => (heads.length === 1 ? socket.destroy() : socket.write(OK));
    assert.equal((await fetch(`${url}/safe`)).status, 200);
    assert.equal(heads.length, 2);

    heads.length = 0;
    answer = (socket) => socket.destroy();
    assert.equal((await fetch(`${url}/safe`)).status, 503);
    assert.equal(heads.length, 2);
  });

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    it(`never sends a ${method} twice`, async () => {
      heads.length = 0;
      answer = (socket) => socket.destroy();
      assert.equal((await fetch(`${url}/change`, { method })).status, 503);
      assert.equal(heads.length, 1);
    });
  }

  it('answers 503 when the service breaks off inside the head of its answer', async () => {
    answer = (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Le');
    assert.equal((await fetch(`${url}/change`, { method: 'POST' })).status, 503);
  });

  it('answers 503 when the service speaks something else than HTTP', async () => {
    answer = (socket) => void socket.end('hello\r\n\r\n');
    assert.equal((await fetch(`${url}/change`, { method: 'POST' })).status, 503);
  });

  it('does not pass interim answers and trailers on', async () => {
    answer = (socket) =>
      socket.write(
        'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2\r\nok\r\n0\r\nX-T: t\r\n\r\n',
      );
    const received = await sendRaw(['GET /x HTTP/1.1', 'Host: a', 'Connection: close']);
    assert.match(received, /^HTTP\/1\.1 200 OK/);
    assert.doesNotMatch(received, /103|X-T/);
    assert.match(received, /ok/);
  });
});
