import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '@lumo/kit';
import { createContextCodec, type RequestContext } from '@lumo/tenancy';
import { fastify as createFastify, type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { z } from 'zod';
import { createMetrics } from '../metrics.js';
import {
  ASK_ALONE,
  answerTogether,
  TOGETHER_PATH,
  TOGETHER_TYPE,
  type TogetherAnswer,
  type TogetherItem,
} from './answer-together.js';
import { CONTEXT_HEADER, prepareFastify, registerRoutes, urlsOf } from './register-routes.js';
import { anyPrincipal, requires, route } from './route.js';
import type { BoundRoute } from './serve-route.js';

const codec = createContextCodec(Buffer.alloc(32, 7));
const logger = pino({ level: 'silent' });
const ORG = { id: '018f0000-0000-7000-8000-000000000001', slug: 'acme' };
const KEY: RequestContext = {
  org: ORG,
  principal: { type: 'api_key', id: 'key_1', scopes: ['admin:write'], actors: [] },
  requestId: 'req-of-context',
};
const AGENT: RequestContext = { ...KEY, principal: { type: 'agent', id: 'agt_1', scopes: [], actors: [] } };
const CHECK = '/orgs/acme/api/v1/check';

const gates = new Map<string, PromiseWithResolvers<void>>();
const asked: string[] = [];

const check = route({
  method: 'POST',
  path: '/check',
  aliases: ['/things/:thing/check'],
  mount: 'org',
  access: anyPrincipal('api_key'),
  together: true,
  summary: 'a question',
  tag: 'Test',
  body: z.object({ text: z.string().max(20) }),
  responses: { 200: z.unknown() },
  refusals: {
    schema: z.unknown(),
    of: ({ status, body }) => ({ status: status === 409 ? 418 : status, body: { ...body, foreign: true } }),
  },
});
const admin = route({
  ...check,
  path: '/admin/check',
  aliases: [],
  access: requires('admin:roles'),
  responses: { 202: z.unknown() },
} as Parameters<typeof route>[0]);
const alone = route({ ...check, path: '/alone', aliases: [], together: undefined } as unknown as typeof check);

const handle: BoundRoute['handle'] = async (input) => {
  const { body, ctx, params } = input as { body: { text: string }; ctx: RequestContext; params: object };
  asked.push(body.text);
  await gates.get(body.text)?.promise;
  if (body.text === 'taken') throw new DomainError('conflict', 'duplicate_resource', 'taken');
  if (body.text === 'away') {
    throw new DomainError('unavailable', 'temporarily_unavailable', 'later', { retryAfterSeconds: 3 });
  }
  if (body.text === 'bug') throw new Error('a secret of ours');
  return { said: body.text, by: ctx.principal.id, params };
};

describe('questions answered together', () => {
  let fastify: FastifyInstance;
  const metrics = createMetrics();

  before(async () => {
    const serving = { codec, logger, has: async () => false };
    const routes = [check, admin, alone].map((each): BoundRoute => ({ route: each, handle }));
    fastify = createFastify({ genReqId: (request) => String(request.headers['x-request-id']) });
    prepareFastify(fastify, logger);
    registerRoutes(fastify, routes, serving);
    const together = routes
      .filter((bound) => bound.route.together)
      .flatMap((bound) => urlsOf(bound.route).map((url) => ({ bound, url })));
    answerTogether(fastify, together, { ...serving, service: 'test', metrics });
    await fastify.listen({ host: '127.0.0.1', port: 0 });
  });
  after(() => fastify.close());

  const item = (text: string, context: RequestContext | string = KEY, path = CHECK): TogetherItem => [
    path,
    typeof context === 'string' ? context : codec.seal(context, Date.now()),
    'req-1',
    text,
  ];
  const send = (payload: string) =>
    fastify.inject({ method: 'POST', url: TOGETHER_PATH, headers: { 'content-type': TOGETHER_TYPE }, payload });
  async function ask(...items: readonly TogetherItem[]): Promise<readonly TogetherAnswer[]> {
    const answer = await send(JSON.stringify(items));
    assert.equal(answer.statusCode, 200);
    return answer.body
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as TogetherAnswer);
  }

  /** The same request on its own, through the whole server. */
  async function askAlone([url, sealed, requestId, payload]: TogetherItem) {
    const answer = await fastify.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', [CONTEXT_HEADER]: sealed, 'x-request-id': requestId },
      payload,
    });
    const kept = ['retry-after', 'www-authenticate'].flatMap((name) =>
      answer.headers[name] === undefined ? [] : [[name, String(answer.headers[name])] as const],
    );
    return [answer.statusCode, Object.fromEntries(kept), answer.body] as const;
  }

  const forged = createContextCodec(Buffer.alloc(32, 8)).seal(KEY, Date.now());
  const expired = codec.seal(KEY, Date.now() - 120_000);
  const CASES: readonly (readonly [what: string, item: () => TogetherItem, status: number])[] = [
    ['a good question', () => item('{"text":"good"}'), 200],
    [
      'a good question at another path',
      () => item('{"text":"good"}', KEY, '/orgs/acme/api/v1/things/a%2Fb/check'),
      200,
    ],
    ['another status of success', () => item('{"text":"good"}', KEY, '/orgs/acme/api/v1/admin/check'), 202],
    ['no context', () => item('{"text":"good"}', ''), 401],
    ['a context that somebody else sealed', () => item('{"text":"good"}', forged), 401],
    ['a context that expired', () => item('{"text":"good"}', expired), 401],
    ['a caller of the wrong kind', () => item('{"text":"good"}', AGENT), 403],
    ['a caller without the scope', () => item('{"text":"good"}', AGENT, '/orgs/acme/api/v1/admin/check'), 403],
    ['a body that is not valid', () => item('{"text":1}'), 400],
    ['a body that is no JSON', () => item('{"text":'), 400],
    ['a member that stands twice', () => item('{"text":"a","text":"b"}'), 400],
    ['a body with a NUL', () => item('{"text":"\\u0000"}'), 400],
    ['no body', () => item(''), 400],
    ['a refusal of the handler, in the words of the route', () => item('{"text":"taken"}'), 418],
    ['a part that is away', () => item('{"text":"away"}'), 503],
    ['a bug', () => item('{"text":"bug"}'), 500],
  ];

  for (const [what, make, status] of CASES) {
    it(`answers as alone: ${what}`, async () => {
      const one = make();
      const [answer] = await ask(one);
      assert.ok(answer);
      const [index, ...rest] = answer;
      assert.equal(index, 0);
      assert.deepEqual(rest, await askAlone(one));
      assert.equal(rest[0], status);
      assert.doesNotMatch(rest[2], /secret of ours/);
    });
  }

  it('answers each of many, and no one for another', async () => {
    const contexts = [KEY, AGENT, { ...KEY, principal: { ...KEY.principal, id: 'key_2' } }];
    const items = Array.from({ length: 60 }, (_, n) => item(`{"text":"${n}"}`, contexts[n % 3]));
    const answers = await ask(...items);
    assert.deepEqual(
      answers.map(([index]) => index).toSorted((a, b) => a - b),
      items.map((_, n) => n),
    );
    for (const [n, status, , text] of answers) {
      assert.equal(status, n % 3 === 1 ? 403 : 200);
      if (status !== 200) continue;
      const { said, by } = JSON.parse(text) as { said: string; by: string };
      assert.deepEqual([said, by], [String(n), n % 3 === 2 ? 'key_2' : 'key_1']);
    }
  });

  it('runs nothing for whoever may not ask', async () => {
    asked.length = 0;
    await ask(item('{"text":"a"}', forged), item('{"text":"b"}', AGENT), item('{"text":"c"}'));
    assert.deepEqual(asked, ['c']);
  });

  it('serves only routes that say so, and leaves every other path to the router', async () => {
    for (const path of ['/orgs/acme/api/v1/alone', '/orgs/acme/api/v1/nothing', `${CHECK}/more`, '', '/%zz']) {
      asked.length = 0;
      const answers = await ask(item('{"text":"good"}', KEY, path), item('{"text":"here"}'));
      assert.deepEqual(
        answers.find(([index]) => index === 0),
        [0, ASK_ALONE, {}, ''],
      );
      assert.deepEqual(asked, ['here']);
    }
  });

  it('does not let the quick wait for the slow', { timeout: 5000 }, async () => {
    gates.set('slow', Promise.withResolvers());
    const { port } = fastify.server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}${TOGETHER_PATH}`, {
      method: 'POST',
      headers: { 'content-type': TOGETHER_TYPE },
      body: JSON.stringify([item('{"text":"slow"}'), item('{"text":"quick"}')]),
    });
    assert.ok(answer.body);
    const lines = answer.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
    assert.match(String((await lines.next()).value), /^\[1,200,.*quick.*\n$/);
    gates.get('slow')?.resolve();
    assert.match(String((await lines.next()).value), /^\[0,200,.*slow.*\n$/);
    assert.ok((await lines.next()).done);
    gates.clear();
  });

  it('survives a gateway that leaves before the answer', { timeout: 5000 }, async () => {
    gates.set('left', Promise.withResolvers());
    const { port } = fastify.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    const body = JSON.stringify([item('{"text":"left"}'), item('{"text":"here"}')]);
    const head = [`POST ${TOGETHER_PATH} HTTP/1.1`, 'Host: x', `Content-Type: ${TOGETHER_TYPE}`];
    socket.write(`${[...head, `Content-Length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`);
    await once(socket, 'data');
    socket.destroy();
    await once(socket, 'close');
    await delay(20);
    gates.get('left')?.resolve();
    await delay(20);
    gates.clear();
    assert.equal((await ask(item('{"text":"after"}')))[0]?.[1], 200);
  });

  it('refuses what no gateway wrote', async () => {
    for (const payload of ['', '{}', '[1]', '[["a","b","c"]]', '[["a","b","c",{}]]', 'x', '[[null,null,null,null]]'])
      assert.equal((await send(payload)).statusCode, 400, payload);
    assert.deepEqual(await ask(), []);
  });

  it('counts each as a request of its route', async () => {
    await ask(item('{"text":"x"}'), item('{"text":"x"}', forged));
    const text = await metrics.registry.metrics();
    assert.match(
      text,
      /_count\{service="test",route="\/orgs\/:org\/api\/v1\/check",method="POST",status="200"\} [1-9]/,
    );
    assert.match(
      text,
      /_count\{service="test",route="\/orgs\/:org\/api\/v1\/check",method="POST",status="401"\} [1-9]/,
    );
  });
});
