import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Answer, Send } from '../support/http.js';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';
import { DOCUMENTS, key, relationsOf, useModel } from '../support/relations-world.js';
import { fillPath, type WalkedOperation, walkOperations } from '../support/walk-operations.js';

/** The same inputs in every run: a failure is found again, and CI does not fail by chance. */
const SEED = 20_260_202;
const RUNS = 40;
/** An answer that takes longer hangs. */
const PATIENCE_MS = 20_000;

let org: OrgWorld;
let store = '';
let model = '';
let operations: readonly WalkedOperation[];

before(async () => {
  org = await createOrgWorld('relations-fuzz');
  store = (await org.call('POST', '/relations/stores', { name: 'fuzz' }, 201)).json<{ id: string }>().id;
  await useModel(org, DOCUMENTS);
  model = await useModel(org, DOCUMENTS, store);
  const writes = ['document:1#viewer@user:anne', 'document:1#parent@folder:f', 'folder:f#viewer@group:g#member'].map(
    key,
  );
  for (const target of [{}, { store }]) await relationsOf(org).ask('tuples', { writes, ...target });
  const isNew = /\/(?:relations|openfga|zanzibar)\b/;
  operations = walkOperations(await org.http.description()).filter(({ template }) => isNew.test(template));
});

/** Text as attackers write it, and text that is almost right. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    ...[
      '\u0000',
      'a\u0000b',
      '\ud800',
      '\u202e',
      "' or 1=1 --",
      '../..',
      '__proto__',
      'constructor',
      '',
      ' ',
      '-1',
      '1e309',
    ],
    ...[
      'a'.repeat(2000),
      'x'.repeat(20_000),
      ':',
      '#',
      '*',
      'user:',
      ':anne',
      'user:*',
      'user:a:b',
      'group:g#',
      'group:g#member#x',
    ],
    ...['document:1', 'document:*', 'document:\u0000', 'user:anne', 'group:g#member', 'viewer', 'can_view', 'owner'],
  ),
);
const json = fc.jsonValue({ maxDepth: 3 });
const tuple = fc.record(
  {
    object: text,
    relation: text,
    subject: text,
    user: text,
    condition: fc.oneof(fc.record({ name: text, context: json }, { requiredKeys: [] }), json),
  },
  { requiredKeys: [] },
);

/** Every member that some new endpoint reads, with values of every kind. */
const members: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ...Object.fromEntries(
    [
      'object',
      'relation',
      'subject',
      'user',
      'type',
      'permission',
      'object_type',
      'object_id',
      'user_type',
      'user_id',
    ].map((name) => [name, fc.oneof(text, json)]),
  ),
  tuple_key: fc.oneof(tuple, json),
  context: fc.oneof(fc.dictionary(text, json, { maxKeys: 4 }), json),
  contextual_tuples: fc.oneof(
    fc.array(tuple, { maxLength: 4 }),
    fc.record({ tuple_keys: fc.array(tuple, { maxLength: 3 }) }),
    json,
  ),
  consistency: fc.oneof(
    fc.constantFrom('minimize_latency', 'fully_consistent', 'HIGHER_CONSISTENCY', 'UNSPECIFIED'),
    fc.record({ at_least_as_fresh: text }),
    fc.record({ at_exact_snapshot: text }),
    json,
  ),
  max_depth: fc.oneof(fc.integer(), json),
  limit: fc.oneof(fc.integer(), json),
  cursor: text,
  store: fc.oneof(text, fc.constant('01JZZZZZZZZZZZZZZZZZZZZZZZ')),
  model: fc.oneof(text, fc.constant('01JZZZZZZZZZZZZZZZZZZZZZZZ')),
  checks: fc.oneof(
    fc.array(fc.oneof(tuple, fc.record({ tuple_key: tuple, correlation_id: text }), json), { maxLength: 5 }),
    json,
  ),
  writes: fc.oneof(
    fc.array(fc.oneof(tuple, json), { maxLength: 4 }),
    fc.record({ tuple_keys: fc.array(tuple, { maxLength: 3 }), on_duplicate: text }),
    json,
  ),
  deletes: fc.oneof(
    fc.array(fc.oneof(tuple, json), { maxLength: 4 }),
    fc.record({ tuple_keys: fc.array(tuple, { maxLength: 3 }), on_missing: text }),
    json,
  ),
  preconditions: fc.oneof(
    fc.array(fc.oneof(fc.record({ must_exist: tuple }), fc.record({ must_not_exist: tuple }), json), { maxLength: 3 }),
    json,
  ),
  types: fc.oneof(fc.array(text, { maxLength: 4 }), json),
  user_filters: fc.oneof(fc.array(fc.record({ type: text, relation: text }), { maxLength: 2 }), json),
  dsl: fc.oneof(
    text,
    fc.string({ maxLength: 200 }).map((rest) => `${DOCUMENTS}${rest}`),
    json,
  ),
  json,
  modules: fc.oneof(fc.array(fc.record({ name: text, contents: text }), { maxLength: 3 }), json),
  type_definitions: fc.oneof(
    fc.array(fc.record({ type: text, relations: json, metadata: json }, { requiredKeys: [] }), { maxLength: 3 }),
    json,
  ),
  schema_version: fc.oneof(fc.constantFrom('1.1', '1.2', '1.0'), json),
  conditions: json,
  relations: fc.oneof(fc.dictionary(text, fc.array(text)), json),
  permissions: fc.oneof(fc.dictionary(text, json), json),
  name: fc.oneof(text, json),
  page_size: fc.oneof(fc.integer(), json),
  continuation_token: fc.oneof(text, json),
  authorization_model_id: fc.oneof(text, json),
  assertions: fc.oneof(fc.array(fc.record({ tuple_key: tuple, expectation: json }), { maxLength: 3 }), json),
  resolution_metadata: json,
  on_duplicate: text,
};

const shaped = fc.record(members, { requiredKeys: [] }).map((value) => JSON.stringify(value));
const raw = fc.oneof(
  json.map((value) => JSON.stringify(value)),
  fc.constantFrom('{', '{"a":1,"a":2}', '[1,]', '\u0000', 'nul', '"\\ud800"', '['.repeat(5000), ''),
);
const body = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: shaped }, { weight: 1, arbitrary: raw }),
    fc.constantFrom(
      'application/json',
      'application/json',
      'application/json',
      'text/plain',
      'application/x-ndjson',
      '',
    ),
  )
  .map(
    ([bytes, type]): Send => ({
      apiKey: org.apiKey,
      body: bytes,
      headers: type === '' ? {} : { 'content-type': type },
    }),
  );

/** Whatever comes in: answered in time, never with an error of ours, and a refusal says what is wrong. */
function assertAnsweredWell(answer: Answer, startedMs: number, what: string): void {
  assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 500)}`);
  assert.ok(performance.now() - startedMs < PATIENCE_MS, `${what} took too long`);
  if (answer.status < 400) return;
  const { code, message } = answer.json();
  assert.ok(typeof code === 'string' && code !== '', `${what}: ${answer.text.slice(0, 300)}`);
  assert.ok(typeof message === 'string' && message.length > 10, `${what}: ${answer.text.slice(0, 300)}`);
}

async function tryAll(
  arbitrary: fc.Arbitrary<Send & { readonly query?: string }>,
  method: string,
  path: string,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(arbitrary, async ({ query = '', ...request }) => {
      const started = performance.now();
      const answer = await org.http.send(method, `${path}${query}`, request);
      assertAnsweredWell(
        answer,
        started,
        `${method} ${path}${query.slice(0, 200)} ${String(request.body).slice(0, 400)}`,
      );
    }),
    { seed: SEED, numRuns: RUNS },
  );
}

const ids = () => ({ org: org.slug, storeId: store, modelId: model, name: 'document' });

describe('Any input to the API of relations is answered, and never with an error of ours', () => {
  it('covers every new operation', () => {
    assert.ok(operations.length >= 40, String(operations.length));
  });

  it('every operation with a body', async () => {
    for (const { method, template } of operations.filter(({ hasBody }) => hasBody)) {
      await tryAll(body, method, fillPath(template, ids()));
    }
  });

  it('every operation with a query', async () => {
    const names = [
      'object',
      'object_type',
      'relation',
      'subject',
      'store',
      'limit',
      'cursor',
      'since',
      'after',
      'page_size',
    ];
    const more = ['continuation_token', 'type', 'start_time', 'name', 'user', 'user_id', 'consistency'];
    const query = fc.array(fc.tuple(fc.constantFrom(...names, ...more), text), { maxLength: 5 }).map((pairs) => ({
      apiKey: org.apiKey,
      query: `?${pairs.map((pair) => pair.map((part) => encodeURIComponent(part.toWellFormed())).join('=')).join('&')}`,
    }));
    const reading = operations.filter(({ method, template }) => method === 'GET' && !template.endsWith('/watch'));
    for (const { template } of reading) await tryAll(query, 'GET', fillPath(template, ids()));
  });

  it('every operation with any id', async () => {
    for (const { method, template, parameters, hasBody } of operations) {
      const [name] = parameters.filter((parameter) => parameter !== 'org');
      if (name === undefined) continue;
      await fc.assert(
        fc.asyncProperty(text, async (value) => {
          const id = value
            .toWellFormed()
            .replaceAll(/[\p{Cc}\\]/gu, '')
            .slice(0, 500);
          if (id === '' || id === '.' || id === '..') return;
          const started = performance.now();
          const path = fillPath(template, { ...ids(), [name]: id });
          const answer = await org.http.send(method, path, {
            ...{ apiKey: org.apiKey, undescribed: 'an id may end the path or be another one' },
            ...(hasBody && { json: {} }),
          });
          assertAnsweredWell(answer, started, `${method} ${path}`);
        }),
        { seed: SEED, numRuns: 12 },
      );
    }
  });

  it('a watch with any query', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ after: text, store: text, object_type: text }, { requiredKeys: [] }),
        async (query) => {
          const given = Object.fromEntries(
            Object.entries(query).map(([name, value]) => [name, String(value).toWellFormed()]),
          );
          const controller = new AbortController();
          const response = await fetch(`${org.http.baseUrl}${org.api}/relations/watch?${new URLSearchParams(given)}`, {
            headers: { 'x-api-key': org.apiKey },
            signal: controller.signal,
          });
          assert.ok(response.status < 500, `${response.status} ${JSON.stringify(given)}`);
          controller.abort();
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it('and what was there answers as before', async () => {
    const may = relationsOf(org).may;
    assert.equal(await may('document:1#viewer@user:anne', { store, model }), true);
    (await org.http.send('GET', '/readyz', { undescribed: 'a document of the gateway' })).expect(200);
  });
});
