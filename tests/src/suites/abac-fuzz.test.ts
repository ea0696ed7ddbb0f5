import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { abacOf } from '../support/abac-world.js';
import type { Answer } from '../support/http.js';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';

/** The same inputs in every run: a failure is found again, and CI does not fail by chance. */
const SEED = 20_260_102;

let org: OrgWorld;

before(async () => {
  org = await createOrgWorld('abac-fuzz');
  const abac = abacOf(org);
  await abac.policy({ name: 'Victim', resourceType: 'gold', action: '*', effect: 'deny' });
  await abac.define('user', 'clearance', { dataType: 'number' });
});

const send = (method: string, path: string, json: unknown) =>
  org.http.send(method, path.startsWith('/api/') ? path : `${org.api}${path}`, {
    apiKey: org.apiKey,
    ...(json !== undefined && { json }),
  });

describe('Any input is answered, and never with an error of ours', () => {
  const wellRefused = (answer: Answer, what: string) => {
    assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
    if (answer.status < 400) return;
    const { error, message } = answer.json();
    assert.deepEqual([typeof error, typeof message], ['string', 'string'], what);
  };
  const name = fc.oneof(
    fc.constantFrom(
      'user',
      'resource',
      'id',
      'type',
      'name',
      'properties',
      'attributes',
      'environment',
      'value',
      'subject',
      'operator',
      'conditions',
      'all',
    ),
    fc.string({ maxLength: 5 }),
  );
  const word = fc.oneof(
    fc.constantFrom(
      'user.id',
      '$resource.id',
      '$user.',
      'AND',
      'OR',
      'equals',
      'in',
      'gt',
      'matches',
      '(',
      '*',
      '2026-01-01',
      '08:00',
      '\ud800',
      '\u0000',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      word,
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(name, tie('json'), { maxKeys: 5, noNullPrototype: true }),
    ),
  }));
  const object = fc.dictionary(name, json, { maxKeys: 6, noNullPrototype: true });
  /** A sound body with a member that is anything. */
  const disturbed = (sound: object) =>
    fc
      .tuple(fc.constantFrom(...Object.keys(sound), 'extra'), json, object)
      .map(([member, value, more]) => ({ ...more, ...sound, [member]: value }));

  const check = {
    resourceType: 'document',
    action: 'read',
    resourceId: 'd',
    context: { resource: {} },
    subject: { id: 'u' },
  };
  const authzen = {
    subject: { type: 'user', id: 'u' },
    action: { name: 'read' },
    resource: { type: 'document', id: 'd' },
    context: {},
    page: {},
    evaluations: [{}],
    options: {},
  };
  const policy = {
    name: 'Fuzz',
    resourceType: 'fuzz',
    action: 'read',
    effect: 'deny',
    conditions: { all: [{ attribute: 'user.id', operator: 'equals', value: 'u' }] },
    priority: 1,
    target: {},
  };
  const targets: readonly (readonly [string, string, object])[] = [
    ['POST', '/abac/check', check],
    ['POST', '/api/v1/abac/check-bulk', { requests: [check], user_id: 'u' }],
    ['POST', '/abac/policies', policy],
    ['PATCH', '/abac/policies/victim', policy],
    ['POST', '/abac/policies/victim/test', check],
    [
      'POST',
      '/abac/attributes',
      { name: 'Fuzz', attributeType: 'user', dataType: 'array', validationRules: { enum: ['a'] }, defaultValue: ['a'] },
    ],
    ['PUT', '/abac/users/u/attributes/clearance', { value: 1 }],
    ['PUT', '/admin/users/u/attributes', { attributes: { clearance: 1 } }],
    [
      'POST',
      '/authz/decide',
      {
        action: 'read',
        resource: { type: 'document', id: 'd' },
        user_id: 'u',
        explain: true,
        consistency: 'fully_consistent',
      },
    ],
    [
      'POST',
      '/authz/dry-run',
      {
        policies: { put: [policy] },
        questions: [{ subject: { id: 'u' }, resource: { type: 'document' }, action: 'read' }],
      },
    ],
    ['PATCH', '/admin/settings/authorization', { time_zone: 'UTC' }],
    ...['evaluation', 'evaluations', 'search/subject', 'search/resource', 'search/action'].map(
      (path) => ['POST', `/access/v1/${path}`, authzen] as const,
    ),
  ];
  for (const [method, path, sound] of targets) {
    it(`${method} ${path}`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof({ weight: 3, arbitrary: disturbed(sound) }, { weight: 1, arbitrary: json }),
          async (body) => {
            wellRefused(await send(method, path, body), `${method} ${path} ${JSON.stringify(body).slice(0, 300)}`);
          },
        ),
        { seed: SEED, numRuns: 60 },
      );
    });
  }

  it('conditions of any shape are stored in one form, or refused; what is stored can be asked', async () => {
    const leaf = fc.record({
      subject: fc.constantFrom('user.id', 'resource.a.b', 'env.hour', 'action.x', 'nothing'),
      operator: fc.constantFrom('equals', 'not_in', 'contains', 'gt', 'matches', 'exists', 'less_than', 'like'),
      value: fc.oneof(word, fc.double(), fc.array(word, { maxLength: 3 })),
    });
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        leaf,
        fc.record({
          operator: fc.constantFrom('AND', 'or', 'NOT', 'XOR'),
          conditions: fc.array(tie('node'), { maxLength: 3 }),
        }),
        fc.record(
          { all: fc.array(tie('node'), { maxLength: 2 }), none: fc.array(tie('node'), { maxLength: 2 }) },
          { requiredKeys: [] },
        ),
      ),
    })).node;
    let stored = 0;
    await fc.assert(
      fc.asyncProperty(tree, json, async (conditions, attribute) => {
        const answer = await send('POST', '/abac/policies', {
          ...policy,
          name: `F${stored}`,
          slug: `fuzzed-${stored}`,
          conditions,
        });
        wellRefused(answer, JSON.stringify(conditions).slice(0, 300));
        if (answer.status !== 201) return;
        stored++;
        const again = { conditions: answer.json<{ data: { conditions: unknown } }>().data.conditions };
        const same = (await send('PUT', `/abac/policies/fuzzed-${stored - 1}`, again)).expect(200);
        assert.deepEqual(same.json<{ data: { conditions: unknown } }>().data.conditions, again.conditions);
        wellRefused(
          await send('POST', '/abac/check', {
            resourceType: 'fuzz',
            action: 'read',
            user_id: 'u',
            context: { resource: { a: attribute } },
          }),
          'check',
        );
        await send('DELETE', `/abac/policies/fuzzed-${stored - 1}`, undefined);
      }),
      { seed: SEED, numRuns: 150 },
    );
    assert.ok(stored > 20, `only ${stored} were stored`);
  });
});
