import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Answer, Send } from '../support/http.js';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';
import { fillPath, type WalkedOperation, walkOperations } from '../support/walk-operations.js';

/** The same inputs in every run: a failure is found again, and CI does not fail by chance. */
const SEED = 20_260_101;
const RUNS = 60;

let org: OrgWorld;
let agentToken = '';
let operations: readonly WalkedOperation[];

before(async () => {
  org = await createOrgWorld('fuzz');
  agentToken = await org.agentToken(await org.addAgent(['read:data']));
  operations = walkOperations(await org.http.description());
});

/** Text as attackers write it: NUL and other control characters, halves of pairs, quotes, very long. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '\u0000',
    'a\u0000b',
    '\ud800',
    '\u202e',
    "' or 1=1 --",
    '../../etc/passwd',
    '{{7*7}}',
    'a'.repeat(20_000),
    '__proto__',
    'constructor',
    '-1',
    '1e309',
    '٣',
  ),
);
const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value));
const brokenJson = fc.constantFrom(
  '{',
  '{"a":1,"a":2}',
  '[1,]',
  '{"a":01}',
  '\u0000',
  '{"a":"\u0000"}',
  'nul',
  '"\\ud800"',
  `${'['.repeat(5000)}`,
  '',
);
const TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'application/xml',
  '',
];

/** A body and what it claims to be. */
const body = fc.record({
  type: fc.constantFrom(...TYPES),
  bytes: fc.oneof(
    json,
    brokenJson,
    fc.dictionary(text, text, { maxKeys: 6 }).map((form) => new URLSearchParams(wellFormed(form)).toString()),
    fc.uint8Array({ maxLength: 300 }),
  ),
});

/** `URLSearchParams` does not take halves of pairs. */
function wellFormed(form: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(form).map(([name, value]) => [name.toWellFormed(), value.toWellFormed()]));
}

/** Whatever comes in: never an error of ours, and a refusal that says what is wrong. */
function assertRefusedWell(answer: Answer, what: string): void {
  assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 500)}`);
  if (answer.status < 400 || !answer.headers.get('content-type')?.includes('json')) return;
  const { error, message } = answer.json();
  assert.equal(typeof error, 'string', `${what}: ${answer.text.slice(0, 300)}`);
  assert.equal(typeof message, 'string', `${what}: ${answer.text.slice(0, 300)}`);
}

async function tryAll(arbitrary: fc.Arbitrary<Send & { readonly query?: string }>, method: string, path: () => string) {
  await fc.assert(
    fc.asyncProperty(arbitrary, async ({ query = '', ...request }) => {
      const answer = await org.http.send(method, `${path()}${query}`, request);
      assertRefusedWell(answer, `${method} ${path()}${query.slice(0, 200)}`);
    }),
    { seed: SEED, numRuns: RUNS },
  );
}

const anyBody = (how: () => Send = () => ({})): fc.Arbitrary<Send> =>
  body.map(({ type, bytes }) => ({
    ...how(),
    body: bytes as string,
    headers: Object.fromEntries(type === '' ? [] : [['content-type', type]]),
  }));

const anyQuery = (names: readonly string[]) =>
  fc.array(fc.tuple(fc.constantFrom(...names), text), { maxLength: 6 }).map((pairs) => ({
    query: `?${pairs.map((pair) => pair.map((part) => encodeURIComponent(part.toWellFormed())).join('=')).join('&')}`,
  }));

describe('Any input is answered, and never with an error of ours', () => {
  for (const endpoint of [
    'token',
    'introspect',
    'revoke',
    'userinfo',
    'login/json',
    'login/submit',
    'consent',
    'logout',
    'logout/confirm',
    'authorize',
  ]) {
    it(`POST oauth/${endpoint}`, () => tryAll(anyBody(), 'POST', () => `${org.api}/oauth/${endpoint}`));
  }

  it('POST oauth/token with forms that look like grants', async () => {
    const grant = fc.constantFrom(
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    );
    const names = [
      'client_id',
      'client_secret',
      'code',
      'code_verifier',
      'refresh_token',
      'scope',
      'subject_token',
      'subject_token_type',
      'actor_token',
      'actor_token_type',
      'redirect_uri',
      'resource',
      'audience',
    ];
    const form = fc.tuple(grant, fc.dictionary(fc.constantFrom(...names), text)).map(([grant_type, rest]) => ({
      form: { grant_type, ...wellFormed(rest) },
    }));
    await tryAll(form, 'POST', () => `${org.api}/oauth/token`);
  });

  it('GET oauth/authorize', () =>
    tryAll(
      anyQuery([
        'client_id',
        'redirect_uri',
        'response_type',
        'scope',
        'state',
        'nonce',
        'prompt',
        'max_age',
        'code_challenge',
        'claims',
        'request',
        'response_mode',
        'resource',
        'ui_locales',
      ]),
      'GET',
      () => `${org.api}/oauth/authorize`,
    ));
  it('GET oauth/logout', () =>
    tryAll(
      anyQuery(['id_token_hint', 'post_logout_redirect_uri', 'client_id', 'state']),
      'GET',
      () => `${org.api}/oauth/logout`,
    ));
  it('GET oauth/login', () => tryAll(anyQuery(['flow']), 'GET', () => `${org.api}/oauth/login`));

  it('any credential', async () => {
    const credential = fc
      .tuple(fc.constantFrom('Bearer', 'ApiKey', 'Basic', 'DPoP', 'Digest', ''), fc.string({ maxLength: 200 }))
      .map(([scheme, value]) => ({ headers: { authorization: `${scheme} ${value.replaceAll(/[^\x20-\x7e]/g, '')}` } }));
    await tryAll(credential, 'GET', () => `${org.api}/admin/users`);
    await tryAll(credential, 'POST', () => `${org.api}/oauth/token`);
    await tryAll(credential, 'GET', () => `${org.api}/oauth/userinfo`);
  });

  for (const path of ['check', 'check-bulk', 'check-any', 'check-all']) {
    it(`POST authz/${path}`, () =>
      tryAll(
        anyBody(() => ({ apiKey: org.apiKey })),
        'POST',
        () => `/api/v1/authz/${path}`,
      ));
  }
  it('POST agents/ask', () =>
    tryAll(
      anyBody(() => ({ bearer: agentToken })),
      'POST',
      () => `${org.api}/agents/ask`,
    ));

  it('every writing operation of the admin API', async () => {
    const ids: Readonly<Record<string, string>> = {
      ...{ org: org.slug, userId: org.admin.id, clientId: '1', keyId: 'key_1', roleId: 'user_manager' },
      ...{
        permissionId: '1',
        agentId: 'agt_1',
        logId: '1',
        sessionId: '1',
        tokenId: '1',
        kid: 'key_1',
      },
      ...{ attributeId: '1', policyId: '1', attributeSlug: 'level', resourceType: 'thing', resourceId: '1' },
      ...{ name: 'document', type: 'payment' },
    };
    const writing = operations.filter(({ hasBody, template }) => hasBody && template.includes('/admin/'));
    assert.ok(writing.length > 30);
    for (const { method, template } of writing) {
      await fc.assert(
        fc.asyncProperty(
          anyBody(() => ({ apiKey: org.apiKey })),
          async (request) => {
            const answer = await org.http.send(method, fillPath(template, ids), request);
            assertRefusedWell(answer, `${method} ${template} ${String(request.body).slice(0, 200)}`);
          },
        ),
        { seed: SEED, numRuns: 12 },
      );
    }
  });

  it('every list, with any query', async () => {
    for (const area of ['users', 'clients', 'api-keys', 'roles', 'permissions', 'agents', 'audit-logs']) {
      await tryAll(
        anyQuery([
          'page',
          'limit',
          'search',
          'sortBy',
          'sortDir',
          'status',
          'from',
          'to',
          'action',
          'blocked',
          'isSystem',
        ]).map((request) => ({ ...request, apiKey: org.apiKey })),
        'GET',
        () => `${org.api}/admin/${area}`,
      );
    }
  });

  it('every read, with any id', async () => {
    for (const area of ['users', 'clients', 'api-keys', 'roles', 'permissions', 'agents', 'audit-logs']) {
      await fc.assert(
        fc.asyncProperty(text, async (id) => {
          const segment = encodeURIComponent(id.toWellFormed().slice(0, 1000));
          if (segment === '') return;
          const answer = await org.http.send('GET', `${org.api}/admin/${area}/${segment}`, {
            apiKey: org.apiKey,
            undescribed: 'an id may end the path or be another one',
          });
          assertRefusedWell(answer, `${area}/${segment}`);
        }),
        { seed: SEED, numRuns: 30 },
      );
    }
  });

  it('and the platform is as well as before', async () => {
    (await org.http.send('GET', '/readyz', { undescribed: 'a document of the gateway' })).expect(200);
    (await org.http.send('GET', `${org.api}/admin/users`, { apiKey: org.apiKey })).expect(200);
  });
});
