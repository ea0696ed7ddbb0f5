import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { rateBudgets } from './limits/rate-budgets.js';
import { type CounterFactory, createRateLimiter } from './limits/rate-limiter.js';
import { startTestGateway, type TestGateway } from './testing/test-gateway.js';

const KEY = 'lmk_0123456789abcdef';
const GLOBEX_KEY = 'lmk_fedcba9876543210';
const OTHER_KEY = 'lmk_aaaaaaaaaaaaaaaa';
const ADMIN = '/orgs/acme-corp/api/v1/admin/users';
const P = '/orgs/acme-corp/api/v1';

describe('headers of every answer', () => {
  let at: TestGateway;
  before(async () => {
    at = await startTestGateway({
      baseUrl: 'https://id.example.com',
      down: ['audit'],
      prepare(service) {
        service.get(`${P}/oauth/authorize`, (_request, reply) =>
          reply
            .headers({
              'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
              'referrer-policy': 'no-referrer',
              'cache-control': 'no-store, private',
              'x-powered-by': 'x',
              server: 'x',
              'access-control-allow-origin': '*',
              vary: 'Accept',
            })
            .type('text/html')
            .send('<p>page</p>'),
        );
        service.get(`${P}/oauth/userinfo`, (_request, reply) => reply.code(401).send({ error: 'invalid_token' }));
      },
    });
  });
  after(() => at.close());
  const get = (path: string, host = 'id.example.com') =>
    at.raw(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

  const DEFAULTS = {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'content-security-policy': "frame-ancestors 'none'",
    'referrer-policy': 'strict-origin-when-cross-origin',
    'x-xss-protection': '1; mode=block',
    'strict-transport-security': 'max-age=31536000; includeSubDomains; preload',
    'cache-control': 'no-store',
  };
  for (const [name, path, status] of [
    ['a service', `${P}/oauth/token`, 200],
    ['a missing route', '/nothing', 404],
    ['a missing org', '/orgs/nobody/api/v1/admin/users', 404],
    ['a refused credential', ADMIN, 401],
    ['a refused path', '/a//b', 400],
    ['a service that is down', `${P}/admin/audit-logs`, 401],
    ['a probe', '/livez', 200],
    ['a strange host', `${P}/oauth/token`, 421],
  ] as const) {
    it(`stand on the answer of ${name}`, async () => {
      const answer = await get(path, status === 421 ? 'evil.example' : undefined);
      assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer);
      const head = answer.slice(0, answer.indexOf('\r\n\r\n')).toLowerCase().split('\r\n');
      for (const [header, value] of Object.entries(DEFAULTS)) {
        assert.deepEqual(
          head.filter((line) => line.startsWith(`${header}:`)),
          [`${header}: ${value.toLowerCase()}`],
        );
      }
      assert.match(answer, /\r\nX-Request-Id: [0-9a-f]{32}\r\n/);
    });
  }

  it('let a stricter page win, and name no software', async () => {
    const answer = await get(`${P}/oauth/authorize`);
    const count = (text: string) => answer.toLowerCase().split(text.toLowerCase()).length - 1;
    assert.match(answer, /content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n/i);
    assert.match(answer, /referrer-policy: no-referrer\r\n/i);
    assert.match(answer, /cache-control: no-store, private\r\n/i);
    assert.equal(count('content-security-policy:'), 1);
    assert.equal(count('referrer-policy:'), 1);
    assert.doesNotMatch(answer, /x-powered-by|\r\nserver:|access-control-allow-origin/i);
    assert.match(answer, /\r\nvary: Accept\r\n/i);
  });

  it('bring the challenge that a 401 of a service lacks', async () => {
    const answer = await get(`${P}/oauth/userinfo`);
    assert.match(answer, /^HTTP\/1\.1 401 /);
    assert.match(answer, /www-authenticate: Bearer realm="lumoauth"\r\n/i);
  });
});

describe('a service that is down', () => {
  it('is named in a 503 with Retry-After, and others go on', async () => {
    const at = await startTestGateway({ down: ['audit'] });
    at.identity.addApiKey(KEY, { org: at.identity.acme, keyId: 'key_1', scopes: [] });
    try {
      const headers = { 'x-api-key': KEY };
      const down = await fetch(`${at.url}${P}/admin/audit-logs`, { headers });
      assert.equal(down.status, 503);
      assert.equal(down.headers.get('retry-after'), '1');
      const body = (await down.json()) as Record<string, unknown>;
      assert.equal(body.error, 'temporarily_unavailable');
      assert.match(String(body.message), /audit/);
      assert.equal((await fetch(`${at.url}${ADMIN}`, { headers })).status, 200);
    } finally {
      await at.close();
    }
  });
});

describe('browsers of other origins', () => {
  let at: TestGateway;
  const APP = 'https://app.example';
  before(async () => {
    at = await startTestGateway({
      prepare: (service) =>
        service.get(`${P}/.well-known/jwks.json`, (_request, reply) =>
          reply.header('cache-control', 'public, max-age=3600').send({ keys: [] }),
        ),
    });
    at.identity.allowOrigin(at.identity.acme, APP);
    at.identity.addApiKey(KEY, { org: at.identity.acme, keyId: 'key_1', scopes: [] });
    at.identity.addApiKey(GLOBEX_KEY, { org: at.identity.globex, keyId: 'key_2', scopes: [] });
  });
  after(() => at.close());
  const call = (path: string, origin: string, init: RequestInit = {}) =>
    fetch(`${at.url}${path}`, { ...init, headers: { origin, ...(init.headers as Record<string, string>) } });
  const preflight = (path: string, origin: string) =>
    call(path, origin, { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' } });

  it('may read where a client of the org lists them, exactly', async () => {
    const answer = await call(`${P}/oauth/token`, APP, { method: 'POST' });
    assert.equal(answer.headers.get('access-control-allow-origin'), APP);
    assert.equal(answer.headers.get('access-control-allow-credentials'), null);
    assert.match(answer.headers.get('access-control-expose-headers') ?? '', /X-RateLimit-Remaining/);
    assert.equal(answer.headers.get('vary'), 'Origin');
  });

  for (const origin of [
    'https://evil.example',
    'http://app.example',
    'https://app.example:444',
    'https://app.example.evil.example',
    'null',
  ]) {
    it(`may not read as ${origin}`, async () => {
      const answer = await call(`${P}/oauth/token`, origin, { method: 'POST' });
      assert.equal(answer.headers.get('access-control-allow-origin'), null);
      assert.equal(answer.headers.get('vary'), 'Origin');
      const refused = await preflight(`${P}/oauth/token`, origin);
      assert.equal(refused.status, 403);
      assert.equal(refused.headers.get('access-control-allow-origin'), null);
    });
  }

  it('may not read as an origin of another org', async () => {
    const answer = await call('/orgs/globex/api/v1/oauth/token', APP, { method: 'POST' });
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
  });

  it('ask before they send', async () => {
    const answer = await preflight(`${P}/agents/ask`, APP);
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get('access-control-allow-origin'), APP);
    assert.match(answer.headers.get('access-control-allow-headers') ?? '', /Authorization/);
    assert.match(answer.headers.get('access-control-allow-methods') ?? '', /POST/);
    assert.equal(answer.headers.get('access-control-max-age'), '600');
  });

  it('send cookies to the JSON sign-in only', async () => {
    const login = await call(`${P}/oauth/login/json`, APP, { method: 'POST' });
    assert.equal(login.headers.get('access-control-allow-origin'), APP);
    assert.equal(login.headers.get('access-control-allow-credentials'), 'true');
    assert.equal(
      (await preflight(`${P}/oauth/login/json`, APP)).headers.get('access-control-allow-credentials'),
      'true',
    );
  });

  it('may not read sign-in pages', async () => {
    const answer = await call(`${P}/oauth/authorize`, APP);
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
    assert.equal((await preflight(`${P}/oauth/authorize`, APP)).status, 403);
  });

  it('all may read public documents', async () => {
    const answer = await call(`${P}/.well-known/jwks.json`, 'https://anyone.example');
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    assert.equal(answer.headers.get('access-control-allow-credentials'), null);
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=3600');
    const uncrossed = await fetch(`${at.url}${P}/.well-known/jwks.json`);
    assert.equal(uncrossed.headers.get('access-control-allow-origin'), '*', 'a cache may hand it to a browser later');
    assert.equal((await preflight(`${P}/.well-known/jwks.json`, 'https://anyone.example')).status, 204);
  });

  it('may ask for decisions at the root; only the org of the credential opens the answer', async () => {
    assert.equal((await preflight('/api/v1/authz/check', 'https://any.example')).status, 204);
    const own = await call('/api/v1/authz/check', APP, { method: 'POST', headers: { 'x-api-key': KEY } });
    assert.equal(own.headers.get('access-control-allow-origin'), APP);
    const foreign = await call('/api/v1/authz/check', APP, { method: 'POST', headers: { 'x-api-key': GLOBEX_KEY } });
    assert.equal(foreign.status, 200);
    assert.equal(foreign.headers.get('access-control-allow-origin'), null);
  });

  it('can read why they were refused', async () => {
    const answer = await call(ADMIN, APP);
    assert.equal(answer.status, 401);
    assert.equal(answer.headers.get('access-control-allow-origin'), APP);
  });

  it('cost one question, however often they come', async () => {
    await call(`${P}/oauth/token`, APP, { method: 'POST' });
    const before = at.identity.calls.allowsOrigin;
    await Promise.all(Array.from({ length: 10 }, () => call(`${P}/oauth/token`, APP, { method: 'POST' })));
    assert.equal(at.identity.calls.allowsOrigin, before);
  });
});

describe('rate limits', () => {
  const start = async (limits: Record<string, number>, counters?: CounterFactory) => {
    const at = await startTestGateway({ budgets: rateBudgets(limits), ...(counters && { counters }) });
    at.identity.addApiKey(KEY, { org: at.identity.acme, keyId: 'key_1', scopes: [] });
    at.identity.addApiKey(OTHER_KEY, { org: at.identity.acme, keyId: 'key_3', scopes: [] });
    at.identity.addApiKey(GLOBEX_KEY, { org: at.identity.globex, keyId: 'key_2', scopes: [] });
    const get = (path: string, key?: string, method = 'GET') =>
      fetch(`${at.url}${path}`, { method, ...(key && { headers: { 'x-api-key': key } }) });
    return { at, get };
  };

  it('count down on every answer and end in a readable 429', async () => {
    const { at, get } = await start({ admin_read: 2 });
    try {
      const first = await get(ADMIN, KEY);
      assert.equal(first.headers.get('x-ratelimit-limit'), '2');
      assert.equal(first.headers.get('x-ratelimit-remaining'), '1');
      const reset = Number(first.headers.get('x-ratelimit-reset'));
      const now = Date.now() / 1000;
      assert.ok(Number.isInteger(reset) && reset > now - 1 && reset <= now + 61, String(reset));
      assert.equal((await get(ADMIN, KEY)).headers.get('x-ratelimit-remaining'), '0');
      const refused = await get(ADMIN, KEY);
      assert.equal(refused.status, 429);
      assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
      assert.equal(refused.headers.get('x-ratelimit-remaining'), '0');
      const body = (await refused.json()) as Record<string, unknown>;
      assert.equal(body.error, 'rate_limit_exceeded');
      assert.equal(body.status, 429);
    } finally {
      await at.close();
    }
  });

  it('belong to one credential, one org, one kind of request', async () => {
    const { at, get } = await start({ admin_read: 1 });
    try {
      await get(ADMIN, KEY);
      assert.equal((await get(ADMIN, KEY)).status, 429);
      assert.equal((await get(ADMIN, OTHER_KEY)).status, 200);
      assert.equal((await get('/orgs/globex/api/v1/admin/users', GLOBEX_KEY)).status, 200);
      assert.equal((await get(ADMIN, KEY, 'POST')).status, 200);
    } finally {
      await at.close();
    }
  });

  it('keep the sign-in of one org apart from another, from the same address', async () => {
    const { at, get } = await start({ sign_in: 1 });
    try {
      const login = (org: string) => get(`/orgs/${org}/api/v1/oauth/login/json`, undefined, 'POST');
      assert.equal((await login('acme-corp')).status, 200);
      assert.equal((await login('acme-corp')).status, 429);
      assert.equal((await login('globex')).status, 200);
      assert.equal((await get(`${P}/oauth/login/json`)).status, 200, 'looking at the form is no attempt');
    } finally {
      await at.close();
    }
  });

  it('count what is refused apart from what is accepted', async () => {
    const { at, get } = await start({ failed_credential: 2, admin_read: 5, unrouted: 2 });
    try {
      for (const status of [401, 401, 429]) {
        const answer = await get(ADMIN, 'lmk_wrong_wrong');
        assert.equal(answer.status, status);
        assert.equal(answer.headers.get('x-ratelimit-limit'), '2');
      }
      assert.equal((await get(ADMIN, KEY)).status, 200, 'a neighbour behind the same address goes on');
      for (const status of [404, 404, 429]) assert.equal((await get('/nothing')).status, status);
    } finally {
      await at.close();
    }
  });

  it('never count probes', async () => {
    const { at, get } = await start({ '*': 1 });
    try {
      for (let n = 0; n < 5; n++) assert.equal((await get('/livez')).status, 200);
      assert.equal((await get('/livez')).headers.get('x-ratelimit-limit'), null);
    } finally {
      await at.close();
    }
  });

  it('let machines go on and sign-in wait while the store is down', async () => {
    // A store that never answers, with the insurance that each class asks for.
    const broken: CounterFactory = (name, definition) => {
      const counter = new RateLimiterMemory({ keyPrefix: name, points: definition.limit, duration: 60 });
      if (definition.storeDown === 'refuse') counter.consume = () => Promise.reject(new Error('store down'));
      return counter;
    };
    const { at, get } = await start({ '*': 10 }, broken);
    try {
      assert.equal((await get(ADMIN, KEY)).status, 200);
      const login = await get(`${P}/oauth/login/json`, undefined, 'POST');
      assert.equal(login.status, 503);
      assert.equal(login.headers.get('retry-after'), '5');
    } finally {
      await at.close();
    }
  });

  it('bound how much of one org is worked on at a time', async () => {
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let arrived: () => void = () => {};
    const inService = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const at = await startTestGateway({
      budgets: rateBudgets({ concurrent: 1, '*': 1000 }),
      prepare: (service) =>
        service.get(`${P}/agents/slow`, async () => {
          arrived();
          await released;
          return {};
        }),
    });
    try {
      const slow = fetch(`${at.url}${P}/agents/slow`);
      await inService;
      const refused = await fetch(`${at.url}${P}/agents/me`);
      assert.equal(refused.status, 429);
      assert.equal(refused.headers.get('retry-after'), '1');
      assert.equal((await fetch(`${at.url}/orgs/globex/api/v1/agents/me`)).status, 200);
      release();
      assert.equal((await slow).status, 200);
      await (await slow).text();
      assert.equal((await fetch(`${at.url}${P}/agents/me`)).status, 200);
    } finally {
      await at.close();
    }
  });

  it('can be turned off', async () => {
    const at = await startTestGateway({ budgets: rateBudgets('off') });
    try {
      const answer = await fetch(`${at.url}/nothing`);
      assert.equal(answer.status, 404);
      assert.equal(answer.headers.get('x-ratelimit-limit'), null);
    } finally {
      await at.close();
    }
  });

  it('have a limiter that passes other failures on', async () => {
    const limiter = createRateLimiter(rateBudgets('on'), () => {
      const counter = new RateLimiterMemory({ points: 1, duration: 1 });
      counter.consume = () => Promise.reject(new Error('other'));
      return counter;
    });
    await assert.rejects(limiter.consume('api', 'x'), /other/);
  });
});
