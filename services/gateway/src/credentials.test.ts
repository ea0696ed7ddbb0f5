import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '@lumo/kit';
import { ALICE } from './testing/fake-identity.js';
import { type Seen, startTestGateway, type TestGateway } from './testing/test-gateway.js';

const ADMIN = '/orgs/acme-corp/api/v1/admin/users';

/** A clock that runs with the real one and can be put forward. */
const movable = () => {
  let offset = 0;
  return {
    now: () => systemClock.now() + offset,
    advance: (ms: number) => {
      offset += ms;
    },
  };
};

describe('credentials at the gateway', () => {
  let at: TestGateway;
  const clock = movable();
  const KEY = 'lmk_0123456789abcdef';
  const FOREIGN_KEY = 'lmk_fedcba9876543210';
  const INSTANCE_KEY = 'lmi_0123456789abcdef';

  before(async () => {
    at = await startTestGateway({ clock });
    at.identity.addApiKey(KEY, { org: at.identity.acme, keyId: 'key_1', scopes: ['admin:read'] });
    at.identity.addApiKey(FOREIGN_KEY, { org: at.identity.globex, keyId: 'key_2', scopes: ['admin:read'] });
    at.identity.addInstanceKey(INSTANCE_KEY, 'key_i');
  });
  after(() => at.close());

  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${at.url}${path}`, { headers });
  const seen = async (path: string, headers: Record<string, string> = {}): Promise<Seen> => {
    const answer = await get(path, headers);
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()) as Seen;
  };
  const refused = async (status: number, code: string, path: string, headers: Record<string, string> = {}) => {
    const answer = await get(path, headers);
    const body = (await answer.json()) as Record<string, unknown>;
    assert.equal(answer.status, status, JSON.stringify(body));
    assert.equal(body.error, code);
    assert.equal(body.code, code);
    assert.equal(body.status, status);
    assert.equal(typeof body.message, 'string');
    assert.equal(body.error_description, body.message);
    return answer;
  };

  it('passes a sealed principal instead of the token', async () => {
    const iat = Math.floor(clock.now() / 1000) - 30;
    const { headers, context } = await seen(ADMIN, {
      authorization: `Bearer ${await at.identity.mint(at.identity.acme, { scope: 'admin', jti: 'j-1', iat })}`,
      'user-agent': 'test-agent',
      cookie: 'session=1',
    });
    assert.equal(headers.authorization, undefined);
    assert.equal(headers.cookie, undefined);
    assert.deepEqual(context?.org, at.identity.acme);
    assert.deepEqual(context?.principal, {
      type: 'user',
      id: ALICE,
      scopes: ['admin'],
      actors: [],
      clientId: 'cli_spa',
      tokenId: 'j-1',
      issuedAtSeconds: iat,
    });
    assert.equal(context?.ip, '127.0.0.1');
    assert.equal(context?.userAgent, 'test-agent');
    assert.equal(context?.requestId, headers['x-request-id']);
  });

  const forms: readonly (readonly [string, Record<string, string>])[] = [
    ['X-API-Key', { 'x-api-key': KEY }],
    ['a bearer', { authorization: `Bearer ${KEY}` }],
    ['the legacy scheme', { authorization: `ApiKey ${KEY}` }],
    ['the same key twice', { authorization: `Bearer ${KEY}`, 'x-api-key': KEY }],
  ];
  for (const [name, headers] of forms) {
    it(`accepts an API key as ${name}`, async () => {
      const { context, headers: passed } = await seen(ADMIN, headers);
      assert.deepEqual(context?.principal, {
        type: 'api_key',
        id: 'key_1',
        name: 'test key',
        scopes: ['admin:read'],
        actors: [],
      });
      assert.equal(passed['x-api-key'], undefined);
      assert.equal(passed.authorization, undefined);
    });
  }

  it('takes the org of the credential at the root', async () => {
    const token = await at.identity.mint(at.identity.globex);
    assert.deepEqual(
      (await seen('/api/v1/authz/check', { authorization: `Bearer ${token}` })).context?.org,
      at.identity.globex,
    );
    assert.deepEqual((await seen('/api/v1/authz/check', { 'x-api-key': KEY })).context?.org, at.identity.acme);
  });

  it('refuses no credential with a bare challenge, RFC 6750 section 3.1', async () => {
    for (const path of [ADMIN, '/api/v1/authz/check', '/api/v1/instance/orgs']) {
      const answer = await refused(401, 'invalid_token', path);
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="lumoauth"');
    }
  });

  for (const [name, authorization] of [
    ['an unknown key', 'Bearer lmk_unknown_key'],
    ['a malformed header', 'Bearer'],
    ['Basic', 'Basic dXNlcjpwYXNz'],
    ['a signature by nobody', 'Bearer eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.AAAA'],
    ['alg none', 'Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.AAAA'],
    ['DPoP', 'DPoP eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.AAAA'],
  ] as const) {
    it(`refuses ${name} with the error in the challenge`, async () => {
      const answer = await refused(401, 'invalid_token', ADMIN, { authorization });
      assert.match(
        answer.headers.get('www-authenticate') ?? '',
        /^Bearer realm="lumoauth", error="invalid_token", error_description="[^"]+"$/,
      );
    });
  }

  const tokens: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>?])[] = [
    ['an ID token (attack 7)', {}, { typ: 'JWT' }],
    ['a logout token', {}, { typ: 'logout+jwt' }],
    ['a token without typ', {}, { typ: undefined }],
    ['an expired token', { exp: 1000 }],
    ['a token for another resource (attack 7)', { aud: 'https://api.example' }],
    ['a token bound to a key (attack 9)', { cnf: { jkt: 'x' } }],
    ['a client that is called like a person (attack 17)', { sub: 'admin' }],
    ['a token of an issuer that is not ours', { iss: 'https://evil.example/orgs/acme-corp/api/v1' }],
    ['a token of an org that does not exist', { iss: 'http://localhost:8000/orgs/nobody/api/v1' }],
    ['a token whose issuer has another spelling', { iss: 'http://localhost:8000/t/acme-corp/api/v1' }],
    ['a token signed by another org for this one', {}, { kid: 'kid-globex' }],
  ];
  for (const [name, claims, header] of tokens) {
    it(`refuses ${name}`, async () => {
      const token = await at.identity.mint(at.identity.acme, claims, header);
      await refused(401, 'invalid_token', ADMIN, { authorization: `Bearer ${token}` });
    });
  }

  it('refuses a credential of another org with 403, whatever its form (attack 32)', async () => {
    const token = await at.identity.mint(at.identity.globex);
    await refused(403, 'cross_tenant', ADMIN, { authorization: `Bearer ${token}` });
    await refused(403, 'cross_tenant', ADMIN, { 'x-api-key': FOREIGN_KEY });
    await refused(403, 'cross_tenant', '/t/acme-corp/api/v1/agents/me', { 'x-api-key': FOREIGN_KEY });
  });

  it('refuses a forged token of another org with 401, not 403', async () => {
    const token = await at.identity.mint(at.identity.globex, { iss: at.identity.issuer(at.identity.acme) });
    await refused(401, 'invalid_token', ADMIN, { authorization: `Bearer ${token}` });
  });

  it('refuses two different credentials', async () => {
    await refused(400, 'invalid_request', ADMIN, { authorization: `Bearer ${FOREIGN_KEY}`, 'x-api-key': KEY });
  });

  it('refuses a repeated Authorization header', async () => {
    const answer = await at.raw(
      `GET ${ADMIN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${KEY}\r\nAuthorization: Bearer ${FOREIGN_KEY}\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 400 /);
  });

  for (const parameter of ['access_token', 'ACCESS_TOKEN', 'api_key', 'X-API-Key']) {
    it(`refuses ${parameter} in the URL`, async () => {
      await refused(400, 'invalid_request', `${ADMIN}?page=1&${parameter}=${KEY}`);
    });
  }

  it('refuses an unknown org before anything else', async () => {
    for (const slug of ['nobody', 'ACME-CORP', 'a', 'acme-corp%2F..', '..acme', at.identity.acme.id]) {
      await refused(404, 'tenant_not_found', `/orgs/${slug}/api/v1/admin/users`, { 'x-api-key': KEY });
    }
  });

  it('lets an anonymous caller reach what is optional, and nothing else forged', async () => {
    const { context, headers } = await seen('/orgs/acme-corp/api/v1/agents/agt_1/agent-card', {
      'x-lumo-context': 'forged',
      'x-lumo-principal': 'admin',
    });
    assert.equal(context?.principal.type, 'anonymous');
    assert.equal(headers['x-lumo-principal'], undefined);
  });

  it('leaves credentials and cookies to the OAuth endpoints', async () => {
    const headers = { authorization: 'Basic Y2xpOnNlY3JldA==', cookie: '__Host-s=1', dpop: 'proof', 'x-api-key': 'k' };
    const passed = await seen('/orgs/acme-corp/api/v1/oauth/token', headers);
    for (const [name, value] of Object.entries(headers)) assert.equal(passed.headers[name], value);
    assert.equal(passed.context?.principal.type, 'anonymous');
    assert.deepEqual(passed.context?.org, at.identity.acme);
  });

  it('drops credentials where nobody needs them', async () => {
    const { headers } = await seen('/orgs/acme-corp/api/v1/.well-known/jwks.json', {
      authorization: 'Bearer whatever',
      cookie: 'a=1',
    });
    assert.equal(headers.authorization, undefined);
    assert.equal(headers.cookie, undefined);
  });

  it('knows the operator by the instance key only', async () => {
    const forms: readonly Record<string, string>[] = [
      { authorization: `Bearer ${INSTANCE_KEY}` },
      { 'x-api-key': INSTANCE_KEY },
    ];
    for (const headers of forms) {
      const { context } = await seen('/api/v1/instance/orgs', headers);
      assert.deepEqual(context?.principal, { type: 'instance', id: 'key_i', scopes: [], actors: [] });
      assert.equal(context?.org, undefined);
    }
    await refused(401, 'invalid_token', '/api/v1/instance/orgs', { 'x-api-key': KEY });
    const token = await at.identity.mint(at.identity.acme, { scope: 'admin' });
    await refused(401, 'invalid_token', '/api/v1/instance/orgs', { authorization: `Bearer ${token}` });
    await refused(401, 'invalid_token', ADMIN, { 'x-api-key': INSTANCE_KEY });
  });

  it('verifies locally and asks for the keys of an org once', async () => {
    const token = await at.identity.mint(at.identity.acme);
    await seen(ADMIN, { authorization: `Bearer ${token}` });
    const before = { ...at.identity.calls };
    await Promise.all(Array.from({ length: 20 }, () => seen(ADMIN, { authorization: `Bearer ${token}` })));
    assert.equal(at.identity.calls.verificationKeys, before.verificationKeys);
    assert.equal(at.identity.calls.findOrg, before.findOrg);
  });

  it('refuses a revoked token, and the tokens of a disabled agent wherever it stands in the chain', async () => {
    const nowSeconds = Math.floor(clock.now() / 1000);
    const tokenHeaders = async (claims: Record<string, unknown>) => ({
      authorization: `Bearer ${await at.identity.mint(at.identity.acme, claims)}`,
    });
    const revoked = await tokenHeaders({ jti: 'dead' });
    const byAgent = await tokenHeaders({ act: { sub: 'agent_agt_live', act: { sub: 'agent_agt_dead' } } });
    const other = await tokenHeaders({ jti: 'alive' });
    for (const headers of [revoked, byAgent, other]) await seen(ADMIN, headers);
    const orgId = at.identity.acme.id;
    const expiresAtSeconds = nowSeconds + 3600;
    at.identity.revoke({ orgId, what: { kind: 'token', id: 'dead' }, notBeforeSeconds: 0, expiresAtSeconds });
    at.identity.revoke({
      orgId,
      what: { kind: 'subject', id: 'agent_agt_dead' },
      notBeforeSeconds: nowSeconds + 10,
      expiresAtSeconds,
    });
    const polls = at.identity.calls.revocationsAfter;
    while (at.identity.calls.revocationsAfter < polls + 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await refused(401, 'invalid_token', ADMIN, revoked);
    await refused(401, 'invalid_token', ADMIN, byAgent);
    await seen(ADMIN, other);
  });

  it('believes no token while revocations cannot be read, and says so', async () => {
    const token = await at.identity.mint(at.identity.acme);
    at.identity.failure = new Error('authn is down');
    clock.advance(6000);
    try {
      const answer = await refused(503, 'temporarily_unavailable', ADMIN, { authorization: `Bearer ${token}` });
      assert.equal(answer.headers.get('retry-after'), '1');
      const ready = await get('/readyz');
      assert.equal(ready.status, 503);
      const { parts } = (await ready.json()) as { parts: Record<string, string> };
      assert.match(parts['gateway.revocations'] ?? '', /older than five seconds/);
    } finally {
      at.identity.failure = undefined;
    }
  });
});
