import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { auditLog } from '../support/audit-log.js';
import type { Answer } from '../support/http.js';
import type { OpenApiDocument } from '../support/openapi-conformance.js';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';
import { checkPrometheusText, metricValues } from '../support/prometheus-text.js';
import { head, sendRaw } from '../support/raw-http.js';
import { target } from '../support/target.js';
import { waitUntil } from '../support/wait-until.js';

const OWN = { undescribed: 'a document of the gateway itself' } as const;
const APP_ORIGIN = 'http://127.0.0.1:18999';

let org: OrgWorld;
before(async () => {
  org = await createOrgWorld('gateway');
  await org.addClient({ allowedOrigins: ['https://app.example.com'] });
});

const get = (path: string, headers: Readonly<Record<string, string>> = {}, more: object = {}) =>
  org.http.send('GET', path, { headers, ...more });

describe('Headers of every answer (contract 1.10)', () => {
  const answers = async (): Promise<readonly Answer[]> => [
    await get(`${org.api}/admin/users`, { 'x-api-key': org.apiKey }),
    await get(`${org.api}/admin/users`),
    await get(`${org.api}/admin/users/nobody`, { 'x-api-key': org.apiKey }),
    await get('/no/such/path', {}, { undescribed: 'it does not exist' }),
    await get(`${org.api}/.well-known/openid-configuration`),
    await get(`${org.api}/oauth/authorize?client_id=nobody`),
    await get('/livez', {}, OWN),
    await get('/docs', {}, OWN),
  ];

  it('protect what a browser makes of it, and name no software', async () => {
    for (const { headers, status } of await answers()) {
      assert.equal(headers.get('x-content-type-options'), 'nosniff', String(status));
      assert.equal(headers.get('x-frame-options'), 'DENY');
      assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
      assert.match(headers.get('referrer-policy') ?? '', /^(?:strict-origin-when-cross-origin|no-referrer)$/);
      assert.ok(headers.get('cache-control'), 'a cache is told what to do');
      assert.equal(headers.get('server'), null);
      assert.equal(headers.get('x-powered-by'), null);
    }
  });

  it('carry an id of the request, which a refusal repeats in its body', async () => {
    const ids = new Set<string>();
    for (const answer of await answers()) {
      const id = answer.headers.get('x-request-id') ?? '';
      assert.match(id, /^[0-9a-f]{32}$/);
      ids.add(id);
      if (answer.status >= 400 && answer.headers.get('content-type')?.includes('json')) {
        assert.equal(answer.json().request_id, id);
      }
    }
    assert.equal(ids.size, 8, 'each its own');
  });

  it('do not take the id from somebody who is no trusted proxy', async () => {
    const answer = await get('/livez', { 'x-request-id': 'chosen-by-the-client' }, OWN);
    assert.notEqual(answer.headers.get('x-request-id'), 'chosen-by-the-client');
  });
});

describe('What a client says about its connection (attack 15 and 16)', () => {
  const forged = {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    forwarded: 'for=203.0.113.9;host=evil.example;proto=https',
    'x-real-ip': '203.0.113.9',
    'x-original-url': '/api/v1/instance/orgs',
    'x-rewrite-url': '/api/v1/instance/orgs',
  };

  it('changes no link, no issuer and no route', async () => {
    const plain = (await get(`${org.api}/.well-known/openid-configuration`)).text;
    assert.equal((await get(`${org.api}/.well-known/openid-configuration`, forged)).text, plain);
    const raw = await sendRaw(
      org.http.baseUrl,
      head(`GET ${org.api}/.well-known/openid-configuration HTTP/1.1`, [], 'evil.example'),
    );
    assert.ok(raw.status === 421 || !raw.body.includes('evil.example'), raw.text);
    const page = await get(`${org.api}/oauth/authorize?client_id=nobody`, forged);
    assert.ok(!page.text.includes('evil.example'));
  });

  it('is not what stands in the audit log', async () => {
    const email = `forwarded-${crypto.randomUUID().slice(0, 8)}@example.test`;
    const answer = await org.http.send('POST', `${org.api}/admin/users`, {
      apiKey: org.apiKey,
      headers: forged,
      json: { email },
    });
    const { id } = answer.expect(201).json<{ data: { id: string } }>().data;
    const entry = await auditLog(org.http, org.api, org.apiKey).find('user.created', (found) => found.targetId === id);
    assert.match(entry.ipAddress ?? '', /^(?:127\.0\.0\.1|::1)$/);
  });

  it('never reaches a service as the word of the gateway', async () => {
    for (const context of ['{}', 'a.b.c', Buffer.from('{"principal":{"type":"instance"}}').toString('base64url')]) {
      (await get(`${org.api}/admin/users`, { 'x-lumo-context': context })).expect(401);
    }
    (await get('/_internal/openapi.json', {}, { undescribed: 'internal' })).expect(404);
  });
});

describe('Browsers of other origins (CORS)', () => {
  const preflight = (path: string, origin: string) =>
    org.http.send('OPTIONS', path, {
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      undescribed: 'a preflight request',
    });

  it('public documents are readable by everyone, without credentials', async () => {
    for (const path of [`${org.api}/.well-known/openid-configuration`, `${org.api}/.well-known/jwks.json`]) {
      const { headers } = await get(path, { origin: 'https://anywhere.example' });
      assert.equal(headers.get('access-control-allow-origin'), '*');
      assert.equal(headers.get('access-control-allow-credentials'), null);
    }
  });

  it('the API is readable by the origins that a client lists, and those of a browser app', async () => {
    for (const origin of ['https://app.example.com', APP_ORIGIN]) {
      const allowed = await preflight(`${org.api}/oauth/token`, origin);
      assert.equal(allowed.status, 204);
      assert.equal(allowed.headers.get('access-control-allow-origin'), origin);
      assert.match(allowed.headers.get('access-control-allow-headers') ?? '', /authorization/i);
      const answer = await get(`${org.api}/admin/users`, { origin, 'x-api-key': org.apiKey });
      assert.equal(answer.headers.get('access-control-allow-origin'), origin);
      assert.match(answer.headers.get('vary') ?? '', /origin/i);
    }
  });

  it('and by no other: null, look-alikes, another port', async () => {
    const strangers = [
      'https://evil.example',
      'null',
      'https://app.example.com.evil.example',
      'https://app.example.com:8443',
      'http://app.example.com',
      'https://APP.example.com',
      'http://127.0.0.1:18998',
    ];
    for (const origin of strangers) {
      const refused = await preflight(`${org.api}/oauth/token`, origin);
      assert.equal(refused.headers.get('access-control-allow-origin'), null, origin);
      const answer = await get(`${org.api}/admin/users`, { origin, 'x-api-key': org.apiKey });
      assert.equal(answer.headers.get('access-control-allow-origin'), null, origin);
    }
  });

  it('pages and the API of the instance are for no other origin', async () => {
    for (const path of [`${org.api}/oauth/authorize?client_id=x`, '/api/v1/instance/orgs']) {
      const { headers } = await get(path, { origin: 'https://app.example.com' });
      assert.equal(headers.get('access-control-allow-origin'), null, path);
    }
  });
});

describe('Requests that are too large, too slow or not HTTP', () => {
  const path = () => `${org.api}/authz/check`;
  const envelope = (body: string): Readonly<Record<string, unknown>> => {
    const problem = JSON.parse(body) as Readonly<Record<string, unknown>>;
    assert.equal(typeof problem.error, 'string', body);
    assert.equal(typeof problem.message, 'string', body);
    return problem;
  };

  it('a body of a mebibyte is read, one of more is 413 before it is read', async () => {
    const json = (bytes: number) => JSON.stringify({ permission: 'x', context: { pad: 'a'.repeat(bytes) } });
    const send = (body: string) =>
      org.http.send('POST', path(), { apiKey: org.apiKey, body, headers: { 'content-type': 'application/json' } });
    assert.notEqual((await send(json(1_000_000))).status, 413);
    const answer = await send(json(1_048_577));
    assert.equal(answer.expect(413).json().error, 'payload_too_large');
    const announced = await sendRaw(
      org.http.baseUrl,
      head(`POST ${path()} HTTP/1.1`, [
        `X-API-Key: ${org.apiKey}`,
        'Content-Type: application/json',
        'Content-Length: 999999999',
      ]),
    );
    assert.equal(announced.status, 413, 'told by the announcement alone');
  });

  it('a body without a length is cut off at the same size', async () => {
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    const request = head(`POST ${path()} HTTP/1.1`, [
      `X-API-Key: ${org.apiKey}`,
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
    ]);
    const answer = await sendRaw(org.http.baseUrl, [request, ...Array.from({ length: 20 }, () => chunk), '0\r\n\r\n']);
    assert.equal(answer.status, 413, answer.text.slice(0, 300));
    assert.equal(envelope(answer.body).error, 'payload_too_large');
  });

  it('headers of more than 16 KiB: 431', async () => {
    const answer = await sendRaw(org.http.baseUrl, head('GET /livez HTTP/1.1', [`X-Pad: ${'a'.repeat(20_000)}`]));
    assert.equal(answer.status, 431);
    assert.equal(envelope(answer.body).error, 'headers_too_large');
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  });

  it('a head that never ends is cut off, and holds up nobody', async () => {
    const slow = sendRaw(org.http.baseUrl, 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    (await get('/livez', {}, OWN)).expect(200);
    const answer = await slow;
    assert.equal(answer.status, 408, answer.text);
  });

  const malformed: readonly (readonly [string, string])[] = [
    ['two lengths', head('POST /livez HTTP/1.1', ['Content-Length: 1', 'Content-Length: 2'])],
    ['a length and chunks', head('POST /livez HTTP/1.1', ['Content-Length: 3', 'Transfer-Encoding: chunked'])],
    ['an unknown transfer coding', head('POST /livez HTTP/1.1', ['Transfer-Encoding: xchunked'])],
    ['two hosts', head('GET /livez HTTP/1.1', ['Host: evil.example'])],
    ['no host', 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['two credentials', head('GET /livez HTTP/1.1', ['Authorization: Bearer a', 'Authorization: Bearer b'])],
    ['a folded header', head('GET /livez HTTP/1.1', ['X-One: a\r\n b'])],
    ['a bare line feed', 'GET /livez HTTP/1.1\nHost: localhost\n\n'],
    ['a NUL in a header', head('GET /livez HTTP/1.1', ['X-One: a\u0000b'])],
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n\r\n'],
    ['HTTP/2 in clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an absolute target', head('GET http://evil.example/livez HTTP/1.1')],
    ['an authority as target', head('CONNECT evil.example:443 HTTP/1.1')],
    ['a dot segment', head('GET /orgs/../livez HTTP/1.1')],
    ['an encoded dot segment', head('GET /orgs/%2e%2e/livez HTTP/1.1')],
    ['an empty segment', head('GET //livez HTTP/1.1')],
    ['a backslash', head('GET /orgs\\x HTTP/1.1')],
    ['an encoded NUL', head('GET /orgs/%00/api/v1/admin/users HTTP/1.1')],
    ['a broken percent', head('GET /orgs/%zz/api/v1/admin/users HTTP/1.1')],
    ['a broken UTF-8 sequence', head('GET /orgs/%ff/api/v1/admin/users HTTP/1.1')],
  ];
  for (const [what, request] of malformed) {
    it(`${what}: refused, and nothing after it is read as another request`, async () => {
      const answer = await sendRaw(org.http.baseUrl, `${request}GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      // A connection that is closed without a word is a refusal as well.
      const isRefused = answer.text === '' || (answer.status >= 400 && answer.status < 500);
      assert.ok(isRefused, answer.text.slice(0, 300));
      assert.ok((answer.text.match(/HTTP\/1\.1 \d{3}/g)?.length ?? 0) <= 1, answer.text);
    });
  }

  it('methods that nobody uses', async () => {
    for (const method of ['TRACE', 'PROPFIND', 'BREW']) {
      const answer = await sendRaw(org.http.baseUrl, head(`${method} /livez HTTP/1.1`));
      assert.ok(answer.status === 405 || answer.status === 400, `${method}: ${answer.status}`);
    }
    const options = await org.http.send('OPTIONS', '/livez', { undescribed: 'no preflight' });
    assert.equal(options.expect(405).json().error, 'method_not_allowed');
  });

  it('two hundred requests at once: each is answered, none with an error of ours', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => get(`${org.api}/admin/users?limit=1`, { 'x-api-key': org.apiKey })),
    );
    for (const answer of answers) assert.ok([200, 429].includes(answer.status), answer.text);
    for (const answer of answers.filter(({ status }) => status === 429)) {
      assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
    }
    assert.ok(answers.some(({ status }) => status === 200));
  });
});

describe('The face to operators', () => {
  it('/livez and /readyz: JSON, and every part by name', async () => {
    assert.deepEqual((await get('/livez', {}, OWN)).expect(200).json(), { status: 'ok' });
    const ready = (await get('/readyz', {}, OWN)).expect(200).json<{ status: string; parts: Record<string, string> }>();
    assert.equal(ready.status, 'ok');
    const parts = Object.keys(ready.parts).join(' ');
    for (const part of ['authn', 'authz', 'agents', 'audit']) assert.match(parts, new RegExp(part));
    for (const [part, state] of Object.entries(ready.parts)) assert.equal(state, 'ok', part);
  });

  it('/metrics is in order, counts, and has no label that grows with the world', async () => {
    const scrape = async () => (await get('/metrics', {}, OWN)).expect(200);
    const first = await scrape();
    assert.match(first.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    assert.deepEqual(checkPrometheusText(first.text), []);
    const [name] = [
      ...first.text.matchAll(/^# TYPE (\S*http\S*requests\S*|\S*http\S*seconds) (?:counter|histogram)$/gm),
    ].map(([, found]) => found);
    assert.ok(name, 'requests are counted');
    const total = (text: string) => {
      const values = metricValues(text, text.includes(`# TYPE ${name} histogram`) ? `${name}_count` : name);
      return [...values.values()].reduce((sum, value) => sum + value, 0);
    };
    await get(`${org.api}/admin/users?limit=1`, { 'x-api-key': org.apiKey });
    await waitUntil(async () => total((await scrape()).text) > total(first.text), { what: 'the count rises' });
    const text = (await scrape()).text;
    for (const word of [org.slug, org.id, org.admin.id, org.admin.email]) assert.ok(!text.includes(word), word);
  });

  it('/openapi.json is valid OpenAPI 3.1, and says for whom each operation is', async () => {
    const answer = await get('/openapi.json', {}, OWN);
    const document = answer.expect(200).json<OpenApiDocument & { openapi: string; servers: { url: string }[] }>();
    assert.match(document.openapi, /^3\.1\./);
    const result = await new Validator().validate(JSON.parse(answer.text));
    assert.deepEqual(result, { valid: true });
    assert.equal(document.servers[0]?.url, org.http.baseUrl);
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        assert.ok(operation.security !== undefined, `${method} ${path} says who may call it`);
        assert.ok(operation.tags?.length, `${method} ${path} has a tag`);
        assert.ok((operation as { summary?: string }).summary, `${method} ${path} says what it does`);
      }
    }
    assert.ok(!answer.text.includes('#/$defs/'), 'every reference stays inside the components');
    for (const [, reference = ''] of answer.text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = reference
        .split('/')
        .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
      assert.ok(found, reference);
    }
  });

  it('/docs is a page of its own: nothing comes from anywhere else', async () => {
    const page = (await get('/docs', {}, OWN)).expect(200);
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.doesNotMatch(page.text, /(?:src|href)="(?:https?:)?\/\//);
    for (const [, source = ''] of page.text.matchAll(/<script src="([^"]+)"/g)) {
      const script = (await get(source, {}, OWN)).expect(200);
      assert.match(script.headers.get('content-type') ?? '', /javascript/);
    }
  });

  it('HEAD is GET without the body', async () => {
    for (const path of ['/livez', '/openapi.json', `${org.api}/.well-known/jwks.json`]) {
      const answer = await org.http.send('HEAD', path, OWN);
      assert.equal(answer.expect(200).text, '');
    }
  });

  it('documents are only read', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await org.http.send(method, '/livez', { ...OWN, json: {} });
      assert.equal(answer.expect(405).json().error, 'method_not_allowed');
    }
  });

  it('what is not in the table of routes is not there', async () => {
    for (const path of [
      '/',
      '/admin',
      '/orgs',
      `/orgs/${org.slug}`,
      '/.env',
      '/debug/pprof',
      '/api/v1',
      `${org.api}/admin/groups`,
    ]) {
      const answer = await get(path, {}, { undescribed: 'it does not exist' });
      assert.equal(answer.expect(404).json().error, 'resource_not_found', path);
    }
  });

  it(`answers as itself (${target.shape})`, () => assert.ok(target.bootstrap.issuer.startsWith(target.baseUrl)));
});
