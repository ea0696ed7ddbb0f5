import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, it } from 'node:test';
import { ownersOf, type Replica, seedOf } from '../core/placement.js';
import { CONTRACT_MAX_BODY_BYTES } from './forwarder.contract.js';
import type { Forwarder, ForwardHow } from './forwarder.js';
import { createProxyForwarder } from './proxy-forwarder.js';

const ORGS = Array.from({ length: 40 }, (_, n) => `018f0000-0000-7000-8000-${String(n).padStart(12, '0')}`);
const AT_ONCE = { timeout: 5000 };

/** A process of a service that says which one it is, unless the test decides otherwise. */
interface Process {
  readonly replica: Replica;
  readonly seen: { readonly method: string; readonly url: string; readonly body: string }[];
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}

const replicaAt = (url: string): Replica => ({ url, seed: seedOf(url) });
const servers: Server[] = [];
const forwarders: Forwarder[] = [];

async function listening(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startProcess(): Promise<Process> {
  const seen: Process['seen'] = [];
  let url = '';
  const started: { answer: Process['answer'] } = { answer: (_request, response) => void response.end(url) };
  const server = createHttpServer(async (request, response) => {
    const body = await text(request).catch(() => 'broken');
    seen.push({ method: request.method ?? '', url: request.url ?? '', body });
    started.answer(request, response);
  });
  url = await listening(server);
  return Object.assign(started, { replica: replicaAt(url), seen });
}

async function nowhere(): Promise<Replica> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return replicaAt(`http://127.0.0.1:${port}`);
}

/** A gateway before these replicas; `how` is what the row of the request says. */
async function startFront(options: {
  readonly replicas: readonly Replica[];
  readonly configured: string;
  readonly how: ForwardHow;
}) {
  const refused: string[] = [];
  const forwarder = createProxyForwarder(
    {
      upstreams: { authn: options.configured, authz: options.configured, agents: '', audit: '' },
      replicas: {
        live: (upstream) => (upstream === 'authz' ? options.replicas.filter(({ url }) => !refused.includes(url)) : []),
        refused: (url) => void refused.push(url),
      },
      maxBodyBytes: CONTRACT_MAX_BODY_BYTES,
    },
    {
      unavailable: (response) => void response.writeHead(503).end(),
      tooLarge: (response) => void response.writeHead(413, { connection: 'close' }).end(),
    },
  );
  forwarders.push(forwarder);
  const url = await listening(
    createHttpServer((request, response) => {
      const org = request.headers['x-org'];
      forwarder.forward('authz', request, response, {
        ...options.how,
        ...(typeof org === 'string' && { placedBy: org }),
      });
    }),
  );
  const ask = (org: string, init: RequestInit = {}) => fetch(url, { ...init, headers: { 'x-org': org } });
  return { url, refused, forwarder, ask };
}

describe('proxy: replicas', () => {
  afterEach(async () => {
    await Promise.all(forwarders.splice(0).map((forwarder) => forwarder.close()));
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  it('an org is answered by its owners, and orgs by all of them', async () => {
    const processes = await Promise.all(Array.from({ length: 4 }, startProcess));
    const replicas = processes.map(({ replica }) => replica);
    const { ask } = await startFront({ replicas, configured: 'http://127.0.0.1:1', how: {} });
    const answered = new Set<string>();
    for (const org of ORGS) {
      const by = await (await ask(org)).text();
      assert.equal(by, ownersOf(org, replicas)[0]?.url, 'one at a time all go to the first owner');
      answered.add(by);
    }
    assert.equal(answered.size, processes.length);
  });

  it('of two owners the less loaded answers, and streams that were answered are no load', AT_ONCE, async () => {
    const [one, two] = await Promise.all([startProcess(), startProcess()]);
    const replicas = [one.replica, two.replica];
    const { ask } = await startFront({ replicas, configured: 'http://127.0.0.1:1', how: {} });
    const [org = ''] = ORGS;
    const [first, second] = ownersOf(org, replicas).map(({ url }) => (one.replica.url === url ? one : two));
    assert.ok(first && second);
    const held: ServerResponse[] = [];
    first.answer = (_request, response) => void held.push(response);
    const waiting = ask(org);
    while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(await (await ask(org)).text(), second.replica.url);
    held[0]?.writeHead(200).write('begun');
    const stream = await waiting;
    first.answer = (_request, response) => void response.end(first.replica.url);
    assert.equal(await (await ask(org)).text(), first.replica.url);
    held[0]?.end();
    assert.equal(await stream.text(), 'begun');
  });

  it('the configured URL answers where nobody announced a replica, and for what belongs to no org', async () => {
    const [configured, replica] = await Promise.all([startProcess(), startProcess()]);
    const { url } = configured.replica;
    const alone = await startFront({ replicas: [], configured: url, how: {} });
    assert.equal(await (await alone.ask('org')).text(), url);
    const beside = await startFront({ replicas: [replica.replica], configured: url, how: {} });
    assert.equal(await (await fetch(beside.url)).text(), url);
    assert.equal(await (await beside.ask('org')).text(), replica.replica.url);
  });

  for (const how of [{}, { repeatable: true }] as const) {
    it(`what reached nobody goes to another replica, body and all (${JSON.stringify(how)})`, AT_ONCE, async () => {
      const [alive, dead] = await Promise.all([startProcess(), nowhere()]);
      const replicas = [alive.replica, dead];
      const { ask, refused } = await startFront({ replicas, configured: 'http://127.0.0.1:1', how });
      const org = ORGS.find((each) => ownersOf(each, replicas)[0] === dead) ?? '';
      const whole = await ask(org, { method: 'POST', body: 'x'.repeat(50_000) });
      assert.equal(await whole.text(), alive.replica.url);
      assert.deepEqual(refused, [dead.url], 'nobody is sent there again');
      refused.length = 0;
      const pieces = new Blob(['one ', 'two ', 'three']).stream();
      const init = { method: 'PUT', body: pieces, duplex: 'half' } as RequestInit;
      assert.equal(await (await ask(org, init)).text(), alive.replica.url);
      assert.equal(await (await ask(org)).text(), alive.replica.url);
      assert.deepEqual(
        alive.seen.map(({ method, body }) => `${method} ${body.length}`),
        ['POST 50000', 'PUT 13', 'GET 0'],
      );
    });
  }

  it('a replica that nobody reaches is replaced by the configured URL, and then it is 503', AT_ONCE, async () => {
    const [configured, dead, deadToo] = await Promise.all([startProcess(), nowhere(), nowhere()]);
    const { ask } = await startFront({ replicas: [dead], configured: configured.replica.url, how: {} });
    assert.equal(await (await ask('org')).text(), configured.replica.url);
    const lost = await startFront({ replicas: [dead], configured: deadToo.url, how: {} });
    assert.equal((await lost.ask('org')).status, 503);
    const alone = await startFront({ replicas: [], configured: deadToo.url, how: {} });
    assert.equal((await alone.ask('org')).status, 503);
  });

  it('a question whose connection died is asked again elsewhere, a change is not', AT_ONCE, async () => {
    const [one, two] = await Promise.all([startProcess(), startProcess()]);
    const replicas = [one.replica, two.replica];
    const configured = 'http://127.0.0.1:1';
    const [org = ''] = ORGS;
    const [first, second] = ownersOf(org, replicas).map(({ url }) => (one.replica.url === url ? one : two));
    assert.ok(first && second);
    first.answer = (request) => request.socket.destroy();
    const questions = await startFront({ replicas, configured, how: { repeatable: true } });
    const answer = await questions.ask(org, { method: 'POST', body: 'may I?' });
    assert.equal(await answer.text(), second.replica.url);
    assert.deepEqual([first.seen, second.seen], [second.seen, first.seen], 'the very same request');
    assert.deepEqual(questions.refused, [], 'a lost connection says nothing of the process');

    const changes = await startFront({ replicas, configured, how: {} });
    assert.equal((await changes.ask(org, { method: 'POST', body: 'change' })).status, 503);
    assert.equal(first.seen.length + second.seen.length, 3);
    assert.equal(await (await changes.ask(org)).text(), second.replica.url, 'GET without a body');

    second.answer = (request) => request.socket.destroy();
    assert.equal((await questions.ask(org, { method: 'POST', body: 'may I?' })).status, 503);
    assert.equal(first.seen.length + second.seen.length, 7, 'two attempts and no third');
  });

  it('a question that is too large is 413, and one whose sender left is asked of nobody', AT_ONCE, async () => {
    const process = await startProcess();
    const how = { repeatable: true };
    const { ask, url } = await startFront({ replicas: [process.replica], configured: 'http://127.0.0.1:1', how });
    const piece = new Uint8Array(8 * 1024);
    const pieces = new Blob(Array.from({ length: 12 }, () => piece)).stream();
    const init = { method: 'POST', body: pieces, duplex: 'half' } as RequestInit;
    assert.equal((await ask('org', init)).status, 413);
    const { connect } = await import('node:net');
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nX-Org: o\r\nContent-Length: 10\r\n\r\nhalf', () => socket.destroy());
    await once(socket, 'close');
    assert.equal(await (await ask('org')).text(), process.replica.url);
    assert.equal(process.seen.length, 1);
  });

  it('a document of the service comes from any replica that answers', AT_ONCE, async () => {
    const [alive, dead] = await Promise.all([startProcess(), nowhere()]);
    const { forwarder } = await startFront({
      replicas: [alive.replica, dead],
      configured: 'http://127.0.0.1:1',
      how: {},
    });
    for (const path of ['/a', '/b', '/c', '/d', '/e', '/f']) {
      assert.deepEqual(await forwarder.get('authz', path), { status: 200, body: alive.replica.url });
    }
  });
});
