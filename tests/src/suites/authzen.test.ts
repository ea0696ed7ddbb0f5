import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import {
  ADMIN,
  ALICE,
  ARCHIVED,
  type AuthzenWorld,
  BOB,
  type Decided,
  furnishAuthzen,
  ONE,
  READ,
  WRITE,
} from '../support/authzen-world.js';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';

/** AuthZEN Authorization API 1.0; the fixture and the requests are those of its certification scenario. */

let org: OrgWorld;
let authzen: AuthzenWorld;

before(async () => {
  org = await createOrgWorld('authzen');
  authzen = await furnishAuthzen(org);
});

const batch = async (json: unknown) =>
  (await authzen.post('access_evaluations_endpoint', json)).expect(200).json<{ evaluations: readonly Decided[] }>()
    .evaluations;
const decisions = async (json: unknown) => (await batch(json)).map(({ decision }) => decision);

describe('AuthZEN: metadata (section 9)', () => {
  it('the same document at its well-known place and below the decision point, for everybody', async () => {
    const point = `${org.http.baseUrl}${org.api}`;
    assert.equal(authzen.metadata.policy_decision_point, point);
    for (const name of [
      'access_evaluation',
      'access_evaluations',
      'search_subject',
      'search_resource',
      'search_action',
    ])
      assert.ok(authzen.metadata[`${name}_endpoint`]?.startsWith(`${point}/access/v1/`), name);
    for (const path of [`${org.api}`, `/t/${org.slug}/api/v1`]) {
      const below = await org.http.send('GET', `${path}/.well-known/authzen-configuration`);
      assert.deepEqual(below.expect(200).json(), authzen.metadata);
    }
  });

  it('an org that is not there has none', async () => {
    (await org.http.send('GET', '/.well-known/authzen-configuration/orgs/nobody-here/api/v1')).expect(404);
  });
});

describe('AuthZEN: evaluation (section 6)', () => {
  const cases: readonly [string, object, boolean][] = [
    ['2-2-1 permit', { subject: ALICE, action: READ, resource: ONE }, true],
    ['2-2-2 deny', { subject: BOB, action: WRITE, resource: ONE }, false],
    ['rule 2', { subject: ALICE, action: WRITE, resource: ONE }, true],
    ['rule 3', { subject: BOB, action: READ, resource: ONE }, true],
    [
      '2-2-3 context',
      { subject: ALICE, action: READ, resource: ONE, context: { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' } },
      true,
    ],
    ['2-2-4 denied by properties of the resource', { subject: ALICE, action: WRITE, resource: ARCHIVED }, false],
    [
      'the same by what is stored of the resource',
      { subject: ALICE, action: WRITE, resource: { type: 'record', id: 'record-2' } },
      false,
    ],
    ['2-2-5 permitted by properties of the subject', { subject: ADMIN, action: WRITE, resource: ARCHIVED }, true],
    [
      '2-2-6 permitted by properties of the action',
      { subject: ALICE, action: { name: 'delete', properties: { soft: true } }, resource: ONE },
      true,
    ],
    [
      '2-2-7 denied by properties of the action',
      { subject: ALICE, action: { name: 'delete', properties: { soft: false } }, resource: ONE },
      false,
    ],
    [
      '2-2-8 properties that nobody asked for',
      {
        subject: { ...ALICE, properties: { department: 'Sales', role: 'manager' } },
        action: { ...READ, properties: { method: 'GET' } },
        resource: { ...ONE, properties: { status: 'active', owner: 'bob' } },
      },
      true,
    ],
    [
      '2-2-9 unknown members',
      { subject: ALICE, action: READ, resource: ONE, foo: 'bar', futureField: { nested: true } },
      true,
    ],
    ['somebody unknown', { subject: { type: 'user', id: 'nobody' }, action: READ, resource: ONE }, false],
    [
      'a type of subject that nobody knows',
      { subject: { type: 'spaceship', id: 'x' }, action: READ, resource: ONE },
      false,
    ],
  ];
  for (const [name, request, expected] of cases)
    it(`${name}: ${expected}`, async () => assert.equal(await authzen.decide(request), expected));

  const whole = { subject: ALICE, action: READ, resource: ONE };
  const malformed: readonly [string, unknown][] = [
    ['no subject', { action: READ, resource: ONE }],
    ['no action', { subject: ALICE, resource: ONE }],
    ['no resource', { subject: ALICE, action: READ }],
    ['a subject without type', { ...whole, subject: { id: 'alice' } }],
    ['a subject without id', { ...whole, subject: { type: 'user' } }],
    ['an action without name', { ...whole, action: {} }],
    ['a resource without type', { ...whole, resource: { id: 'record-1' } }],
    ['a resource without id', { ...whole, resource: { type: 'record' } }],
    ['a subject that is text', { ...whole, subject: 'alice' }],
    ['a name that is a number', { ...whole, action: { name: 123 } }],
    ['properties that are a list', { ...whole, subject: { ...ALICE, properties: [] } }],
    ['context that is text', { ...whole, context: 'x' }],
    ['an empty id', { ...whole, resource: { type: 'record', id: '' } }],
  ];
  for (const [name, request] of malformed)
    it(`2-4 ${name}: 400`, async () => void (await authzen.post('access_evaluation_endpoint', request)).expect(400));

  it('2-4-3, 2-4-4, 2-4-5: another content type, broken JSON, nothing: 400', async () => {
    const raw = (body: string, type: string) =>
      org.http.send('POST', authzen.metadata.access_evaluation_endpoint ?? '', {
        apiKey: org.apiKey,
        body,
        headers: { 'content-type': type },
      });
    (await raw(JSON.stringify(whole), 'text/plain')).expect(400);
    (await raw('{"subject":', 'application/json')).expect(400);
    (await raw('', 'application/json')).expect(400);
  });

  it('2-5 the answer carries the request id of the request', async () => {
    const headers = { 'x-request-id': 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716' };
    const answer = (await authzen.post('access_evaluation_endpoint', whole, { headers })).expect(200);
    assert.equal(answer.headers.get('x-request-id'), headers['x-request-id']);
    const without = (await authzen.post('access_evaluation_endpoint', whole)).expect(200);
    assert.notEqual(without.headers.get('x-request-id'), headers['x-request-id']);
  });

  it('2-6 the same question has the same answer', async () => {
    for (let i = 0; i < 10; i++) assert.equal(await authzen.decide(whole), true);
  });
});

describe('AuthZEN: evaluations (section 7)', () => {
  const cases: readonly [string, object, readonly boolean[]][] = [
    [
      '3-2-2 defaults, in order',
      { subject: BOB, resource: ONE, evaluations: [{ action: READ }, { action: WRITE }] },
      [true, false],
    ],
    [
      '3-2-3 properties of each resource',
      {
        subject: ALICE,
        action: WRITE,
        evaluations: [{ resource: { ...ONE, properties: { status: 'active' } } }, { resource: ARCHIVED }],
      },
      [true, false],
    ],
    [
      '3-2-4 properties of each subject',
      { action: WRITE, resource: ARCHIVED, evaluations: [{ subject: ALICE }, { subject: ADMIN }] },
      [false, true],
    ],
    [
      '3-2-5 no defaults',
      {
        evaluations: [
          { subject: ALICE, action: READ, resource: ONE },
          { subject: BOB, action: WRITE, resource: ONE },
        ],
      },
      [true, false],
    ],
    [
      '3-2-7 what an entity must have comes from the default',
      {
        subject: ALICE,
        action: WRITE,
        resource: { type: 'record' },
        evaluations: [{ resource: { id: 'record-1', properties: { status: 'active' } } }, { resource: ARCHIVED }],
      },
      [true, false],
    ],
    [
      'an entity replaces the default as a whole: its properties are not inherited (hard case 37)',
      {
        subject: ADMIN,
        action: WRITE,
        resource: ARCHIVED,
        evaluations: [{}, { subject: BOB }, { subject: { id: 'bob' } }],
      },
      [true, false, false],
    ],
    [
      '3-4-1 what is wrong is wrong in its own place',
      {
        subject: ALICE,
        action: READ,
        evaluations: [{ resource: ONE }, {}, 'x', { resource: { type: 'record' } }, { resource: ONE }],
      },
      [true, false, false, false, true],
    ],
  ];
  for (const [name, request, expected] of cases)
    it(name, async () => assert.deepEqual(await decisions(request), expected));

  it('an item that cannot be evaluated says why', async () => {
    const [, broken] = await batch({ subject: ALICE, action: READ, evaluations: [{ resource: ONE }, {}] });
    const error = broken?.context?.error as { status: number; message: string };
    assert.deepEqual([error.status, typeof error.message], [400, 'string']);
  });

  it('3-2-6 context of the request and of an item', async () => {
    const time = '2025-06-27T18:03-07:00';
    const evaluations = [{ resource: ONE }, { resource: ONE, context: { time, source: 'own' } }];
    assert.equal((await decisions({ subject: ALICE, action: READ, context: { time }, evaluations })).length, 2);
  });

  const three = (semantic: string) => ({
    subject: BOB,
    resource: ONE,
    options: { evaluations_semantic: semantic },
    evaluations: [{ action: READ }, { action: WRITE }, { action: READ }],
  });
  for (const [semantic, expected] of [
    ['execute_all', [true, false, true]],
    ['deny_on_first_deny', [true, false]],
    ['permit_on_first_permit', [true]],
  ] as const)
    it(`${semantic} (section 7.1.2.1)`, async () => assert.deepEqual(await decisions(three(semantic)), expected));

  it('an item that cannot be evaluated is a denial that ends deny_on_first_deny', async () => {
    const evaluations = [{ action: READ }, { action: 7 }, { action: READ }];
    assert.deepEqual(await decisions({ ...three('deny_on_first_deny'), evaluations }), [true, false]);
    assert.deepEqual(await decisions({ ...three('permit_on_first_permit'), evaluations: evaluations.slice(1) }), [
      false,
      true,
    ]);
  });

  it('3-4-2 and 3-4-3: without items it is one evaluation', async () => {
    for (const more of [{}, { evaluations: [] }]) {
      const answer = await authzen.post('access_evaluations_endpoint', {
        subject: ALICE,
        action: READ,
        resource: ONE,
        ...more,
      });
      assert.deepEqual(answer.expect(200).json(), { decision: true });
    }
    (await authzen.post('access_evaluations_endpoint', { subject: ALICE, action: READ })).expect(400);
  });

  it('an unknown semantic, too many items: 400', async () => {
    (await authzen.post('access_evaluations_endpoint', three('whatever'))).expect(400);
    const evaluations = Array.from({ length: 501 }, () => ({}));
    (
      await authzen.post('access_evaluations_endpoint', { subject: ALICE, action: READ, resource: ONE, evaluations })
    ).expect(400);
  });
});
