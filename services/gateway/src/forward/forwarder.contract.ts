import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type RequestOptions, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { fastify as createFastify, type FastifyInstance } from 'fastify';
import type { Forwarder, ForwardRefusals } from './forwarder.js';

/** Largest body in the suite, in bytes; an adapter under test must be made with it. */
export const CONTRACT_MAX_BODY_BYTES = 64 * 1024;
/** Of the forwarder whose patience is tested; every other one waits longer than any test may take. */
const IMPATIENT_MS = 250;
const PATIENT_MS = 60_000;
/** Well below the patience of the forwarder: what happens in time did not happen because something timed out. */
const AT_ONCE = { timeout: 5000 };

/** A forwarder whose service `authn` is `service`, and whose service `audit` is down. */
export type MakeForwarder = (
  service: FastifyInstance,
  refuse: ForwardRefusals,
  answerTimeoutMs: number,
) => Promise<Forwarder>;

const refusals: ForwardRefusals = {
  unavailable: (response, upstream) => void response.writeHead(503, { 'x-refused': upstream }).end('unavailable'),
  tooLarge: (response) => void response.writeHead(413, { connection: 'close' }).end('too large'),
};

/** What every `Forwarder` guarantees, over real sockets. */
export function forwarderContract(name: string, make: MakeForwarder): void {
  describe(`forwarder: ${name}`, () => {
    let service: FastifyInstance;
    let forwarder: Forwarder;
    let impatient: Forwarder;
    let front: Server;
    /** What the service saw of the latest request to a route of that name. */
    const seen = new Map<string, Readable>();
    let arrivals = 0;

    const call = (options: RequestOptions, body?: Readable | string): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        const { port } = front.address() as AddressInfo;
        const sent = request({ host: '127.0.0.1', port, agent: new Agent(), ...options }, resolve);
        sent.on('error', reject);
        if (body instanceof Readable) body.pipe(sent);
        else sent.end(body);
      });
    const text = async (answer: IncomingMessage): Promise<string> => {
      let all = '';
      for await (const chunk of answer.setEncoding('utf8')) all += chunk;
      return all;
    };

    before(async () => {
      service = describeService(seen, () => {
        arrivals += 1;
      });
      forwarder = await make(service, refusals, PATIENT_MS);
      impatient = await make(service, refusals, IMPATIENT_MS);
      front = createServer((incoming, response) => {
        const by = incoming.url === '/hang?impatient' ? impatient : forwarder;
        by.forward(incoming.url === '/down' ? 'audit' : 'authn', incoming, response);
      });
      front.listen(0, '127.0.0.1');
      await once(front, 'listening');
    });
    after(async () => {
      front.closeAllConnections();
      front.close();
      await Promise.all([forwarder.close(), impatient.close()]);
      await service.close();
    });

    it('passes method, path, query, headers and body, and the whole answer back', async () => {
      const answer = await call(
        { method: 'POST', path: '/echo/a%2Fb?x=1&x=2', headers: { 'content-type': 'text/plain', 'x-tag': 'v' } },
        'body',
      );
      assert.equal(answer.statusCode, 201);
      assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
      assert.deepEqual(JSON.parse(await text(answer)), {
        method: 'POST',
        url: '/echo/a%2Fb?x=1&x=2',
        tag: 'v',
        body: 'body',
      });
    });

    it('answers HEAD without a body and 204 without a length', async () => {
      const head = await call({ method: 'HEAD', path: '/size/1000' });
      assert.equal(head.headers['content-length'], '1000');
      assert.equal(await text(head), '');
      const empty = await call({ method: 'DELETE', path: '/empty' });
      assert.equal(empty.statusCode, 204);
      assert.equal(await text(empty), '');
    });

    it('passes a body whose length is not known', async () => {
      const answer = await call(
        { method: 'POST', path: '/echo/chunked', headers: { 'content-type': 'text/plain' } },
        Readable.from(['one ', 'two ', 'three']),
      );
      assert.equal((JSON.parse(await text(answer)) as { body: string }).body, 'one two three');
    });

    it('streams an answer while it is being made', async () => {
      const answer = await call({ path: '/stream' });
      const chunks = answer[Symbol.asyncIterator]();
      assert.equal(String((await chunks.next()).value), 'first');
      const source = seen.get('stream') as PassThrough;
      source.end('last');
      assert.equal(String((await chunks.next()).value), 'last');
      assert.ok((await chunks.next()).done);
    });

    it('passes a large answer whole to a slow reader', async () => {
      const size = 3_000_000;
      const answer = await call({ path: `/size/${size}` });
      let received = 0;
      for await (const chunk of answer) {
        received += (chunk as Buffer).length;
        await new Promise(setImmediate);
      }
      assert.equal(received, size);
    });

    it('does not pile up an answer that nobody reads', AT_ONCE, async () => {
      const answer = await call({ path: '/endless' });
      const source = seen.get('endless') as Endless;
      // The buffers of every hop fill, then the service must stand still.
      let before = -1;
      while (before !== source.produced) {
        before = source.produced;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.ok(source.produced < ENDLESS_BYTES / 2, `${source.produced} bytes`);
      answer.destroy();
    });

    it('tells the service that the client is gone while it waits for the answer', AT_ONCE, async () => {
      const arrived = once(service.server, 'lumo:hang');
      const { port } = front.address() as AddressInfo;
      const sent = request({ host: '127.0.0.1', port, path: '/hang', agent: new Agent() });
      sent.on('error', () => {});
      sent.end();
      const [gone] = (await arrived) as [Promise<void>];
      sent.destroy();
      await gone;
    });

    it('tells the service that the client is gone in the middle of the answer', AT_ONCE, async () => {
      const answer = await call({ path: '/stream' });
      await once(answer, 'data');
      const source = seen.get('stream') as PassThrough;
      const closed = once(source, 'close');
      answer.destroy();
      await closed;
    });

    it('tells the service that the client is gone in the middle of the body', AT_ONCE, async () => {
      const arrived = once(service.server, 'lumo:upload');
      const { port } = front.address() as AddressInfo;
      const sent = request({
        host: '127.0.0.1',
        port,
        path: '/upload',
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream', 'content-length': '1000' },
        agent: new Agent(),
      });
      sent.on('error', () => {});
      sent.write('half');
      const [broken] = (await arrived) as [Promise<void>];
      sent.destroy();
      await broken;
    });

    it('cuts the connection when the service breaks off in the middle of an answer', AT_ONCE, async () => {
      const answer = await call({ path: '/break' });
      assert.equal(answer.statusCode, 200);
      await assert.rejects(text(answer), /aborted|ECONNRESET/);
    });

    it('answers 503 for a service that is down', async () => {
      const answer = await call({ path: '/down' });
      assert.equal(answer.statusCode, 503);
      assert.equal(answer.headers['x-refused'], 'audit');
    });

    it('answers 503 for a service that does not answer in time, once', async () => {
      const before = arrivals;
      const answer = await call({ method: 'POST', path: '/hang?impatient' });
      assert.equal(answer.statusCode, 503);
      assert.equal(arrivals - before, 1);
    });

    it('refuses a body that grows beyond the limit', async () => {
      const piece = 'x'.repeat(8 * 1024);
      const answer = await call(
        { method: 'POST', path: '/echo/large', headers: { 'content-type': 'text/plain' } },
        Readable.from(Array.from({ length: 12 }, () => piece)),
      );
      assert.equal(answer.statusCode, 413);
      answer.resume();
    });

    it('keeps answers to concurrent requests apart', async () => {
      const bodies = await Promise.all(
        Array.from({ length: 40 }, async (_, n) => {
          const answer = await call(
            { method: 'POST', path: `/echo/${n}`, headers: { 'content-type': 'text/plain' } },
            String(n),
          );
          return JSON.parse(await text(answer)) as { url: string; body: string };
        }),
      );
      bodies.forEach(({ url, body }, n) => {
        assert.equal(url, `/echo/${n}`);
        assert.equal(body, String(n));
      });
    });

    it('asks a service for a document', async () => {
      assert.deepEqual(await forwarder.get('authn', '/document'), { status: 200, body: '{"a":1}' });
      await assert.rejects(forwarder.get('audit', '/document'));
    });
  });
}

function describeService(seen: Map<string, Readable>, arrived: () => void): FastifyInstance {
  const service = createFastify({ bodyLimit: CONTRACT_MAX_BODY_BYTES, forceCloseConnections: true });
  service.addHook('onRequest', (_request, _reply, done) => {
    arrived();
    done();
  });
  service.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
  service.post('/echo/:id', (incoming, reply) =>
    reply.code(201).header('set-cookie', ['a=1', 'b=2']).send({
      method: incoming.method,
      url: incoming.url,
      tag: incoming.headers['x-tag'],
      body: incoming.body,
    }),
  );
  service.get<{ Params: { bytes: string } }>('/size/:bytes', (incoming, reply) =>
    reply.type('application/octet-stream').send(Buffer.alloc(Number(incoming.params.bytes), 'x')),
  );
  service.delete('/empty', (_incoming, reply) => reply.code(204).send());
  service.get('/document', (_incoming, reply) => reply.send({ a: 1 }));
  service.get('/stream', (_incoming, reply) => {
    const source = new PassThrough();
    seen.set('stream', source);
    source.write('first');
    return reply.type('text/plain').send(source);
  });
  service.get('/endless', (_incoming, reply) => {
    const source = new Endless();
    seen.set('endless', source);
    return reply.type('application/octet-stream').send(source);
  });
  service.all('/hang', (_incoming, reply) => {
    service.server.emit('lumo:hang', once(reply.raw, 'close'));
    reply.hijack();
  });
  service.post('/upload', (incoming, reply) => {
    reply.hijack();
    const payload = incoming.body as Readable;
    const broken = new Promise<void>((resolve) => {
      payload.once('error', () => resolve());
      payload.once('close', () => resolve());
    });
    payload.once('data', () => service.server.emit('lumo:upload', broken));
  });
  service.get('/break', (_incoming, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-length': '100' });
    reply.raw.write('begin', () => reply.raw.destroy());
  });
  return service;
}

const ENDLESS_BYTES = 256 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, 'x');

/** More bytes than any chain of buffers holds, made only when they are asked for. */
class Endless extends Readable {
  produced = 0;

  override _read(): void {
    this.produced += PIECE.length;
    this.push(this.produced > ENDLESS_BYTES ? null : PIECE);
  }
}
