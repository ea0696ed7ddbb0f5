import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, it } from 'node:test';
import { TOGETHER_PATH, type TogetherItem } from '@lumo/service';
import { Pool } from 'undici';
import { type Replica, seedOf } from '../core/placement.js';
import { MAX_TOGETHER_BYTES } from './ask-together.js';
import { CONTRACT_MAX_BODY_BYTES } from './forwarder.contract.js';
import type { Forwarder } from './forwarder.js';
import { createProxyForwarder } from './proxy-forwarder.js';

const AT_ONCE = { timeout: 10_000 };
const QUESTIONS = 40;

/** A process that answers messages and single requests with what it was asked. */
interface Process {
  readonly url: string;
  readonly messages: (readonly TogetherItem[])[];
  readonly singles: { readonly url: string; readonly type: string | undefined; readonly body: string }[];
  /** Takes a message itself. */
  take?: (items: readonly TogetherItem[], response: ServerResponse, request: IncomingMessage) => void;
}

const servers: Server[] = [];
const forwarders: Forwarder[] = [];
const pools: Pool[] = [];

async function listening(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const lineOf = ([path, , id, body]: TogetherItem, index: number): string =>
  `${JSON.stringify([index, 201, { 'x-kept': id }, JSON.stringify({ path, asked: body })])}\n`;

async function startProcess(): Promise<Process> {
  const process: Pick<Process, 'messages' | 'singles' | 'take'> = { messages: [], singles: [] };
  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => '');
    if (request.url !== TOGETHER_PATH) {
      process.singles.push({ url: request.url ?? '', type: request.headers['content-type'], body });
      response.writeHead(201, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify({ path: request.url, asked: body }));
      return;
    }
    const items = JSON.parse(body) as TogetherItem[];
    process.messages.push(items);
    if (process.take) process.take(items, response, request);
    else response.end(items.map(lineOf).join(''));
  });
  const url = await listening(server);
  return Object.assign(process, { url });
}

async function nowhere(): Promise<string> {
  const server = createNetServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

async function startFront(options: { readonly urls: readonly string[]; readonly answerTimeoutMs?: number }) {
  const refused: string[] = [];
  const replicas = options.urls.map((url): Replica => ({ url, seed: seedOf(url) }));
  const [configured = ''] = options.urls;
  const forwarder = createProxyForwarder(
    {
      upstreams: { authn: configured, authz: configured, agents: configured, audit: configured },
      replicas: {
        live: () => replicas.filter(({ url }) => !refused.includes(url)),
        refused: (url) => void refused.push(url),
      },
      maxBodyBytes: CONTRACT_MAX_BODY_BYTES,
      ...(options.answerTimeoutMs !== undefined && { answerTimeoutMs: options.answerTimeoutMs }),
    },
    {
      unavailable: (response) => void response.writeHead(503).end(),
      tooLarge: (response) => void response.writeHead(413).end(),
    },
  );
  forwarders.push(forwarder);
  const how = { repeatable: true, together: true, placedBy: 'org' };
  // Requests that are to arrive at the same moment wait at the door for each other.
  let expected = 1;
  const arrived: (() => void)[] = [];
  const url = await listening(
    createServer((request, response) => {
      arrived.push(() => forwarder.forward('authz', request, response, how));
      if (arrived.length >= expected) for (const enter of arrived.splice(0)) enter();
    }),
  );
  const pool = new Pool(url, { connections: QUESTIONS });
  pools.push(pool);

  async function ask(n: number | string, more: { path?: string; type?: string; method?: 'POST' | 'PUT' } = {}) {
    const { path = '/check', type = 'application/json', method = 'POST' } = more;
    const answer = await pool.request({
      path,
      method,
      headers: { 'content-type': type, 'x-lumo-context': `sealed-${n}`, 'x-request-id': `req-${n}` },
      body: typeof n === 'number' ? JSON.stringify({ n: `ü${n}` }) : n,
    });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }
  async function atOnce<T>(count: number, begin: () => readonly Promise<T>[]): Promise<readonly T[]> {
    expected = count;
    const answers = await Promise.all(begin());
    expected = 1;
    return answers;
  }
  const askAll = (others = 0) => atOnce(QUESTIONS + others, () => Array.from({ length: QUESTIONS }, (_, n) => ask(n)));
  return { url, refused, ask, askAll, atOnce };
}

function requireOwn(answers: readonly { status: number; body: string }[]): void {
  answers.forEach(({ status, body }, n) => {
    assert.equal(status, 201);
    assert.deepEqual(JSON.parse(body), { path: '/check', asked: JSON.stringify({ n: `ü${n}` }) });
  });
}

describe('proxy: questions that travel together', () => {
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.destroy()));
    await Promise.all(forwarders.splice(0).map((forwarder) => forwarder.close()));
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  it('takes fewer messages than questions, and each gets its own answer', AT_ONCE, async () => {
    const process = await startProcess();
    const { askAll } = await startFront({ urls: [process.url] });
    const answers = await askAll();
    requireOwn(answers);
    answers.forEach(({ headers }, n) => {
      assert.equal(headers['content-type'], 'application/json; charset=utf-8');
      if (headers['x-kept'] !== undefined) assert.equal(headers['x-kept'], `req-${n}`);
    });
    const items = process.messages.flat();
    assert.ok(process.messages.length > 0 && process.messages.length < 10, `${process.messages.length} messages`);
    assert.equal(items.length + process.singles.length, QUESTIONS, 'none twice and none never');
    for (const [path, sealed, id, body] of items) {
      const { n } = JSON.parse(body) as { n: string };
      assert.deepEqual([path, sealed, id], ['/check', `sealed-${n.slice(1)}`, `req-${n.slice(1)}`]);
    }
  });

  it('one question at a time travels as it came', AT_ONCE, async () => {
    const process = await startProcess();
    const { ask } = await startFront({ urls: [process.url] });
    for (const n of [0, 1, 2]) assert.equal((await ask(n)).status, 201);
    assert.equal(process.messages.length, 0);
    assert.equal(process.singles.length, 3);
  });

  it('what is no plain JSON question travels as it came', AT_ONCE, async () => {
    const process = await startProcess();
    const { ask, atOnce } = await startFront({ urls: [process.url] });
    const large = JSON.stringify({ n: 'x'.repeat(MAX_TOGETHER_BYTES) });
    const each = () => [
      ask('a=b', { type: 'application/x-www-form-urlencoded' }),
      ask('{}', { type: 'application/json; charset=utf-16' }),
      ask('{}', { path: '/check?x=1' }),
      ask('{}', { method: 'PUT' }),
      ask(large),
    ];
    const answers = await atOnce(15, () => [...each(), ...each(), ...each()]);
    assert.ok(answers.every(({ status }) => status === 201));
    assert.equal(process.messages.length, 0);
    assert.equal(process.singles.length, answers.length);
    await atOnce(3, () => Array.from({ length: 3 }, () => ask('{}', { type: 'Application/JSON; charset="UTF-8"' })));
    assert.equal(process.messages.flat().length, 3);
  });

  it('a process of an older version is asked for each alone', AT_ONCE, async () => {
    const process = await startProcess();
    process.take = (_items, response) => void response.writeHead(404).end('{}');
    const { askAll } = await startFront({ urls: [process.url] });
    requireOwn(await askAll());
    assert.equal(process.singles.length, QUESTIONS);
  });

  it('what the process does not answer together is asked alone', AT_ONCE, async () => {
    const process = await startProcess();
    process.take = (items, response) =>
      void response.end(items.map((item, n) => (n % 2 ? lineOf(item, n) : `[${n},0,{},""]\n`)).join(''));
    const { askAll } = await startFront({ urls: [process.url] });
    requireOwn(await askAll());
    assert.ok(process.singles.length > 0 && process.singles.length < QUESTIONS);
  });

  it('what was not answered before the connection died is asked elsewhere, the rest is not', AT_ONCE, async () => {
    const [one, two] = await Promise.all([startProcess(), startProcess()]);
    const answered = new Set<string>();
    for (const process of [one, two]) {
      process.take = (items, response, request) => {
        const [first] = items;
        if (!first) return;
        answered.add(first[2]);
        // Half a line behind it: what is not whole is no answer.
        response.write(`${lineOf(first, 0)}[1,2`, () => request.socket.destroy());
      };
    }
    const { askAll, refused } = await startFront({ urls: [one.url, two.url] });
    requireOwn(await askAll());
    assert.ok(answered.size > 0);
    assert.deepEqual(refused, []);
    const alone = [...one.singles, ...two.singles].map(({ body }) => body);
    assert.equal(new Set(alone).size, alone.length);
    assert.equal(alone.length, QUESTIONS - answered.size);
  });

  it('what reached nobody is asked elsewhere; where there is nobody else it is 503', AT_ONCE, async () => {
    const [alive, dead] = [await startProcess(), await nowhere()];
    const { askAll, refused } = await startFront({ urls: [dead, alive.url] });
    for (let round = 0; round < 3; round += 1) requireOwn(await askAll());
    assert.ok(refused.every((url) => url === dead));
    const gone = await startFront({ urls: [await nowhere()] });
    assert.deepEqual([...new Set((await gone.askAll()).map(({ status }) => status))], [503]);
  });

  it('an answer that does not come in time is 503, and nothing is asked twice', AT_ONCE, async () => {
    const process = await startProcess();
    process.take = (items, response) =>
      void response.write(
        items
          .slice(1)
          .map((item, n) => lineOf(item, n + 1))
          .join(''),
      );
    const { askAll } = await startFront({ urls: [process.url], answerTimeoutMs: 300 });
    const answers = await askAll();
    const late = answers.filter(({ status }) => status === 503).length;
    assert.equal(late, process.messages.length);
    assert.equal(process.messages.flat().length + process.singles.length, QUESTIONS);
  });

  it('who leaves takes no answer away from the others', AT_ONCE, async () => {
    const process = await startProcess();
    const held = Promise.withResolvers<void>();
    process.take = async (items, response) => {
      await held.promise;
      response.end(items.map(lineOf).join(''));
    };
    const { askAll, url } = await startFront({ urls: [process.url] });
    const answers = askAll(5);
    const leaving = Array.from({ length: 5 }, () => {
      const sent = httpRequest(url, {
        method: 'POST',
        path: '/check',
        headers: { 'content-type': 'application/json' },
      });
      sent.on('error', () => {});
      sent.end('{"n":"leaves"}');
      return sent;
    });
    while (process.messages.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const sent of leaving) sent.destroy();
    held.resolve();
    requireOwn(await answers);
  });

  it('text that is cut inside a character arrives whole', AT_ONCE, async () => {
    const process = await startProcess();
    process.take = (items, response) => {
      const bytes = Buffer.from(items.map(lineOf).join(''));
      const pieces = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1));
      void (async () => {
        for (const piece of pieces.slice(0, 400)) {
          response.write(piece);
          await new Promise(setImmediate);
        }
        response.end(bytes.subarray(400));
      })();
    };
    const { askAll } = await startFront({ urls: [process.url] });
    requireOwn(await askAll());
  });
});
