import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Send } from '../support/http.js';
import { createOrgWorld, type OrgWorld, type TestUser } from '../support/org-world.js';
import { DOCUMENTS, key, type RelationsWorld, relationsOf, useModel } from '../support/relations-world.js';

let org: OrgWorld;
let relations: RelationsWorld;
let token = '';

before(async () => {
  org = await createOrgWorld('relations');
  relations = relationsOf(org);
  await useModel(org, DOCUMENTS);
  const answer = await relations.ask<{ token: string }>('tuples', {
    writes: [
      ...[
        'group:eng#member@user:anne',
        'group:all#member@group:eng#member',
        'folder:top#viewer@group:all#member',
        'folder:sub#parent@folder:top',
        'document:1#parent@folder:sub',
        'document:1#blocked@user:bob',
        'document:1#viewer@user:bob',
        'document:2#owner@user:anne',
        'document:3#viewer@user:*',
        'document:3#blocked@user:bob',
      ].map(key),
      { ...key('document:4#viewer@user:carl'), condition: { name: 'at_office', context: { office: '10.0.0.1' } } },
    ],
  });
  token = answer.token;
});

describe('Relations: check', () => {
  const cases: readonly [string, boolean, object?][] = [
    ['document:1#viewer@user:anne', true],
    ['document:1#can_view@user:anne', true],
    ['document:1#viewer@user:bob', true],
    ['document:1#can_view@user:bob', false],
    ['document:1#viewer@user:nobody', false],
    ['document:1#viewer@group:eng#member', true],
    ['document:3#can_view@user:anybody', true],
    ['document:3#can_view@user:bob', false],
    ['document:4#viewer@user:carl', true, { context: { ip: '10.0.0.1' } }],
    ['document:4#viewer@user:carl', false, { context: { ip: '10.0.0.2' } }],
    ['document:9#viewer@user:anne', true, { contextual_tuples: [key('document:9#parent@folder:sub')] }],
    ['document:9#viewer@user:anne', false],
  ];
  for (const [question, expected, more = {}] of cases) {
    it(`${question} ${JSON.stringify(more)}: ${expected}`, async () => {
      const answer = await relations.ask<{ allowed: boolean; token: string }>('check', {
        ...key(question),
        ...more,
        consistency: { at_least_as_fresh: token },
      });
      assert.equal(answer.allowed, expected);
      assert.ok(answer.token.length > 20);
    });
  }

  it('what has no answer is an error that names the place', async () => {
    const cases: readonly [object, string, RegExp][] = [
      [key('report:1#viewer@user:anne'), 'type_not_found', /report/],
      [key('document:1#reader@user:anne'), 'relation_not_found', /document.*reader/],
      [key('document#viewer@user:anne'), 'validation_error', /object/],
      [key('document:1#viewer@anne'), 'validation_error', /subject/],
      [key('document:1#viewer@robot:1'), 'type_not_found', /robot/],
      [key('document:4#viewer@user:carl'), 'condition_failed', /at_office.*document:4.*ip/s],
      [{ ...key('document:4#viewer@user:carl'), context: { ip: 7 } }, 'condition_failed', /ip/],
      [
        { ...key('document:1#viewer@user:x'), contextual_tuples: [key('document:1#owner@group:eng#member')] },
        'invalid_tuple',
        /document:1#owner@group:eng#member/,
      ],
      [{ ...key('document:1#viewer@user:anne'), max_depth: 1 }, 'over_budget', /1 usersets or parents/],
    ];
    for (const [question, code, message] of cases) {
      const refusal = await relations.refused('check', { ...question, consistency: { at_least_as_fresh: token } }, 400);
      assert.equal(refusal.code, code, JSON.stringify(question));
      assert.match(refusal.message, message);
    }
  });

  it('a store without a model says what to do', async () => {
    const empty = relationsOf(await createOrgWorld('relations-empty'));
    const refusal = await empty.refused('check', key('document:1#viewer@user:anne'), 404);
    assert.match(refusal.message, /model/);
  });
});

describe('Relations: many checks at once', () => {
  it('each has an answer of its own, in order, at one state', async () => {
    const { results } = await relations.ask<{ results: readonly Readonly<Record<string, unknown>>[] }>('checks', {
      consistency: { at_least_as_fresh: token },
      checks: [
        { id: 'a', ...key('document:1#viewer@user:anne') },
        { id: 2, ...key('document:1#can_view@user:bob') },
        key('report:1#viewer@user:anne'),
        { id: 'office', ...key('document:4#viewer@user:carl'), context: { ip: '10.0.0.1' } },
        { id: 'elsewhere', ...key('document:4#viewer@user:carl'), context: { ip: '10.0.0.9' } },
        { id: 'nowhere', ...key('document:4#viewer@user:carl') },
      ],
    });
    assert.deepEqual(
      results.map(({ id, allowed, error }) => [id, allowed ?? (error as { code: string }).code]),
      [
        ['a', true],
        [2, false],
        [undefined, 'type_not_found'],
        ['office', true],
        ['elsewhere', false],
        ['nowhere', 'condition_failed'],
      ],
    );
  });

  it('1000 are taken, 1001 and none are not', async () => {
    const checks = Array.from({ length: 1001 }, (_, n) => key(`document:${n}#viewer@user:anne`));
    const { results } = await relations.ask<{ results: unknown[] }>('checks', { checks: checks.slice(1) });
    assert.equal(results.length, 1000);
    assert.equal((await relations.refused('checks', { checks }, 400)).code, 'validation_error');
    assert.equal((await relations.refused('checks', { checks: [] }, 400)).code, 'validation_error');
  });
});

describe('Relations: lists', () => {
  const at = () => ({ consistency: { at_least_as_fresh: token } });

  it('list-objects', async () => {
    const list = async (subject: string, relation: string, more: object = {}) =>
      (
        await relations.ask<{ objects: string[] }>('list-objects', {
          ...{ type: 'document', relation, subject },
          ...at(),
          ...more,
        })
      ).objects;
    assert.deepEqual(await list('user:anne', 'can_view'), ['document:1', 'document:2', 'document:3']);
    assert.deepEqual(await list('user:bob', 'can_view'), []);
    assert.deepEqual(await list('user:bob', 'viewer'), ['document:1', 'document:3']);
    const office = { context: { ip: '10.0.0.1' } };
    assert.deepEqual(await list('user:carl', 'viewer', office), ['document:3', 'document:4']);
    const brought = { contextual_tuples: [key('document:7#viewer@user:bob')] };
    assert.deepEqual(await list('user:bob', 'viewer', brought), ['document:1', 'document:3', 'document:7']);
  });

  it('pages are of one state: what is written between them is not seen', async () => {
    const asked = { type: 'document', relation: 'viewer', subject: 'user:paula', limit: 2 };
    await relations.write(...['a', 'b', 'c', 'd'].map((id) => `document:p${id}#owner@user:paula`));
    type Page = { objects: string[]; cursor?: string };
    const first = await relations.ask<Page>('list-objects', { ...asked, consistency: 'fully_consistent' });
    await relations.write('document:paa#owner@user:paula');
    await relations.remove('document:pc#owner@user:paula');
    const second = await relations.ask<Page>('list-objects', { ...asked, cursor: first.cursor });
    const third = await relations.ask<Page>('list-objects', { ...asked, cursor: second.cursor });
    const seen = [...first.objects, ...second.objects, ...third.objects];
    assert.deepEqual(seen, ['document:3', 'document:pa', 'document:pb', 'document:pc', 'document:pd']);
    assert.equal(third.cursor, undefined);
    const other = await relations.refused('list-objects', { ...asked, relation: 'owner', cursor: first.cursor }, 400);
    assert.equal(other.code, 'cursor_invalid');
  });

  it('list-subjects and who-can', async () => {
    const asked = { object: 'document:3', relation: 'can_view', ...at() };
    type Subjects = { subjects: string[]; excluded: string[] };
    const everybody = await relations.ask<Subjects>('list-subjects', { ...asked, types: ['user'] });
    assert.deepEqual([everybody.subjects, everybody.excluded], [['user:*'], ['user:bob']]);
    const { who } = await relations.ask<{ who: readonly object[] }>('who-can', asked);
    assert.deepEqual(who, [{ type: 'user', everybody: true, subjects: [], except: ['user:bob'] }]);
    const first = { object: 'document:1', relation: 'viewer', ...at() };
    const people = await relations.ask<{ who: readonly object[] }>('who-can', first);
    assert.deepEqual(people.who, [{ type: 'user', everybody: false, subjects: ['user:anne', 'user:bob'], except: [] }]);
    const groups = await relations.ask<Subjects>('list-subjects', { ...first, types: ['group#member'] });
    assert.deepEqual(groups.subjects, ['group:all#member', 'group:eng#member']);
  });

  it('what-can: relations to an object, objects of a type by relation', async () => {
    const one = await relations.ask<{ relations: string[] }>('what-can', {
      ...{ subject: 'user:bob', object: 'document:1' },
      ...at(),
    });
    assert.deepEqual(one.relations, ['blocked', 'viewer']);
    const all = await relations.ask<{ objects: Readonly<Record<string, unknown>> }>('what-can', {
      ...{ subject: 'user:anne', type: 'document', limit: 2 },
      ...at(),
    });
    assert.deepEqual(all.objects, {
      can_view: { objects: ['document:1', 'document:2'], more: true },
      owner: { objects: ['document:2'], more: false },
      viewer: { objects: ['document:1', 'document:2'], more: true },
    });
    const open = await relations.ask<{ relations: string[]; undecided: { relation: string; code: string }[] }>(
      'what-can',
      {
        ...{ subject: 'user:carl', object: 'document:4' },
        ...at(),
      },
    );
    assert.deepEqual(open.relations, []);
    assert.deepEqual(
      open.undecided.map(({ relation, code }) => [relation, code]),
      [
        ['can_view', 'condition_failed'],
        ['viewer', 'condition_failed'],
      ],
    );
    for (const wrong of [{}, { object: 'document:1', type: 'document' }]) {
      assert.equal(
        (await relations.refused('what-can', { subject: 'user:x', ...wrong }, 400)).code,
        'validation_error',
      );
    }
  });
});

describe('Relations: reasons', () => {
  interface Reason {
    readonly question: string;
    readonly allowed: boolean;
    readonly via: string;
    readonly tuple?: { readonly object: string; readonly subject: string };
    readonly missing?: string;
    readonly children?: readonly Reason[];
  }
  const flat = (node: Reason): readonly Reason[] => [node, ...(node.children ?? []).flatMap(flat)];
  const explain = (question: string, more: object = {}) =>
    relations.ask<{ allowed: boolean; explanation: Reason }>('explain', {
      ...key(question),
      consistency: { at_least_as_fresh: token },
      ...more,
    });

  it('why: the tuples on the way', async () => {
    const { allowed, explanation } = await explain('document:1#can_view@user:anne');
    assert.equal(allowed, true);
    const tuples = flat(explanation).flatMap(({ tuple }) => (tuple ? [`${tuple.object}@${tuple.subject}`] : []));
    for (const step of ['document:1@folder:sub', 'folder:sub@folder:top', 'group:eng@user:anne']) {
      assert.ok(tuples.includes(step), `${step} in ${tuples}`);
    }
  });

  it('why not: what is missing, or what takes it away', async () => {
    const { allowed, explanation } = await explain('document:2#owner@user:bob');
    assert.equal(allowed, false);
    assert.ok(flat(explanation).some(({ missing }) => missing !== undefined && missing.length > 0));
    const blocked = await explain('document:1#can_view@user:bob');
    assert.equal(blocked.allowed, false);
    const tuples = flat(blocked.explanation).flatMap(({ tuple }) => (tuple ? [tuple] : []));
    assert.ok(
      tuples.some(({ object, subject }) => object === 'document:1' && subject === 'user:bob'),
      JSON.stringify(blocked.explanation),
    );
  });

  it('expand shows one level', async () => {
    const { tree } = await relations.ask<{ tree: { name: string; union: readonly unknown[] } }>('expand', {
      ...{ object: 'document:1', relation: 'viewer' },
      consistency: { at_least_as_fresh: token },
    });
    assert.equal(tree.name, 'document:1#viewer');
    assert.equal(tree.union.length, 3);
  });
});

describe('Relations: consistency', () => {
  it('a token of a write shows the write, and one of an older answer never hides it', async () => {
    for (let n = 0; n < 20; n++) {
      const written = await relations.write(`document:c${n}#owner@user:cora`);
      const question = key(`document:c${n}#viewer@user:cora`);
      const asked = { ...question, consistency: { at_least_as_fresh: written } };
      assert.equal((await relations.ask<{ allowed: boolean }>('check', asked)).allowed, true);
      const removed = await relations.remove(`document:c${n}#owner@user:cora`);
      const after = { ...question, consistency: { at_least_as_fresh: removed } };
      assert.equal((await relations.ask<{ allowed: boolean }>('check', after)).allowed, false);
      const exact = { ...question, consistency: { at_exact_snapshot: written } };
      assert.equal((await relations.ask<{ allowed: boolean }>('check', exact)).allowed, true, 'as it was then');
    }
  });

  it('tokens that are not ours, or not of this org, are refused', async () => {
    const other = await createOrgWorld('relations-token');
    await useModel(other, DOCUMENTS);
    const foreign = await relationsOf(other).write('document:1#owner@user:anne');
    const question = key('document:1#viewer@user:anne');
    for (const wrong of [foreign, 'made-up', '', `${token}x`, token.slice(1), token.toUpperCase()]) {
      for (const mode of ['at_least_as_fresh', 'at_exact_snapshot']) {
        const refusal = await relations.refused('check', { ...question, consistency: { [mode]: wrong } }, 400);
        assert.ok(['consistency_token_invalid', 'validation_error'].includes(refusal.code), refusal.code);
      }
    }
    for (const wrong of [
      'eventually',
      { at_least_as_fresh: 7 },
      { at_least_as_fresh: token, at_exact_snapshot: token },
    ]) {
      assert.equal(
        (await relations.refused('check', { ...question, consistency: wrong }, 400)).code,
        'validation_error',
      );
    }
  });
});

describe('Relations: who may ask what', () => {
  let person: TestUser;
  let own: Send;
  let agent: { readonly id: string; readonly how: Send };
  let keyOf: (...scopes: readonly string[]) => Promise<Send>;

  before(async () => {
    person = await org.addUser();
    const app = await org.addClient({ scopes: ['openid', 'relations.read', 'relations.write'] });
    own = { bearer: (await org.tokensOf(person, app, 'openid')).access_token };
    const made = await org.addAgent(['read:data']);
    agent = { id: made.agentId, how: { bearer: await org.agentToken(made) } };
    keyOf = async (...scopes) => {
      const answer = await org.call('POST', '/admin/api-keys', { name: 'narrow', scopes }, 201);
      return { apiKey: answer.json<{ data: { key: string } }>().data.key };
    };
    await relations.write(`document:mine#owner@user:${person.id}`, `document:agents#owner@agent:${agent.id}`);
  });

  it('a person and an agent ask about themselves, named or not', async () => {
    const fresh = { consistency: 'fully_consistent' };
    for (const [how, subject, object] of [
      [own, `user:${person.id}`, 'document:mine'],
      [agent.how, `agent:${agent.id}`, 'document:agents'],
    ] as const) {
      for (const named of [{ subject }, {}]) {
        const question = { object, relation: 'viewer', ...named, ...fresh };
        const answer = await relations.ask<{ allowed: boolean; subject: string }>('check', question, how);
        assert.deepEqual([answer.allowed, answer.subject], [true, subject]);
        const list = { type: 'document', relation: 'owner', ...named, ...fresh };
        assert.deepEqual((await relations.ask<{ objects: string[] }>('list-objects', list, how)).objects, [object]);
        const what = await relations.ask<{ relations: string[] }>('what-can', { object, ...named, ...fresh }, how);
        assert.ok(what.relations.includes('owner'));
      }
    }
  });

  it('and about nobody else, nor why, nor with tuples of their own', async () => {
    const other = { object: 'document:1', relation: 'viewer', subject: 'user:anne' };
    const self = { object: 'document:mine', relation: 'viewer', subject: `user:${person.id}` };
    const attempts: readonly [string, object][] = [
      ['check', other],
      ['check', { ...other, subject: 'user:*' }],
      ['check', { ...other, subject: `user:${person.id.toUpperCase()}` }],
      ['check', { ...self, contextual_tuples: [key(`group:eng#member@user:${person.id}`)] }],
      ['checks', { checks: [self, other] }],
      ['list-objects', { type: 'document', relation: 'viewer', subject: 'user:anne' }],
      ['list-subjects', { object: 'document:mine', relation: 'viewer', types: ['user'] }],
      ['who-can', { object: 'document:mine', relation: 'viewer' }],
      ['what-can', { subject: 'user:anne', object: 'document:1' }],
      ['explain', self],
      ['expand', { object: 'document:mine', relation: 'viewer' }],
      ['tuples', { writes: [key(`document:1#owner@user:${person.id}`)] }],
      ['models', { dsl: DOCUMENTS }],
      ['stores', { name: 'mine' }],
      ['dry-run', { dsl: DOCUMENTS, checks: [self] }],
    ];
    for (const how of [own, agent.how]) {
      for (const [path, body] of attempts) {
        assert.equal((await relations.refused(path, body, 403, how)).code, 'permission_denied', path);
      }
      for (const path of ['tuples', 'changes', 'watch', 'models', 'models/latest', 'stores']) {
        (await relations.send('GET', path, undefined, how)).expect(403);
      }
    }
    assert.equal(await relations.may(`document:1#owner@user:${person.id}`), false);
  });

  it('an API key is about nobody, and has what its scopes say', async () => {
    const question = { object: 'document:1', relation: 'viewer' };
    assert.equal((await relations.refused('check', question, 400)).code, 'MISSING_SUBJECT');
    const ask = { ...question, subject: 'user:anne' };
    const write = { writes: [key('document:k#owner@user:k')] };
    const expected: readonly [scopes: readonly string[], ask: number, read: number, write: number, manage: number][] = [
      [['admin:read'], 200, 200, 403, 403],
      [['authz:check'], 200, 403, 403, 403],
      [['admin:roles'], 200, 200, 200, 201],
      [['admin:write'], 200, 200, 200, 201],
      [['admin:users'], 403, 403, 403, 403],
    ];
    for (const [scopes, ...statuses] of expected) {
      const how = await keyOf(...scopes);
      const got = [
        (await relations.send('POST', 'check', ask, how)).status,
        (await relations.send('GET', 'tuples', undefined, how)).status,
        (await relations.send('POST', 'tuples', { ...write, on_duplicate: 'ignore' }, how)).status,
        (await relations.send('POST', 'models', { dsl: DOCUMENTS }, how)).status,
      ];
      assert.deepEqual(got, statuses, scopes.join());
    }
  });

  it('a person needs the permission and a token with the scope', async () => {
    const writer = await org.addUser({ roles: [await org.addRole('relation-writer', ['relations.write'])] });
    const app = await org.addClient({ scopes: ['openid', 'relations.write'] });
    const write = { writes: [key('document:w#owner@user:w')], on_duplicate: 'ignore' };
    const withScope = { bearer: (await org.tokensOf(writer, app, 'openid relations.write')).access_token };
    (await relations.send('POST', 'tuples', write, withScope)).expect(200);
    const withoutScope = { bearer: (await org.tokensOf(writer, app, 'openid')).access_token };
    (await relations.send('POST', 'tuples', write, withoutScope)).expect(403);
    const scopeOnly = { bearer: (await org.tokensOf(person, app, 'openid relations.write')).access_token };
    (await relations.send('POST', 'tuples', write, scopeOnly)).expect(403);
  });

  it('nobody without a credential', async () => {
    (await relations.send('POST', 'check', key('document:1#viewer@user:anne'), {})).expect(401);
  });
});

describe('Relations: stores are worlds of their own', () => {
  it('the same object in two stores', async () => {
    const made = async (name: string) =>
      (await org.call('POST', '/relations/stores', { name }, 201)).json<{ id: string }>().id;
    const [a, b] = [await made('a'), await made('b')];
    for (const store of [a, b]) await useModel(org, DOCUMENTS, store);
    await relations.ask('tuples', { writes: [key('document:1#owner@user:zoe')], store: a });
    assert.equal(await relations.may('document:1#owner@user:zoe', { store: a }), true);
    assert.equal(await relations.may('document:1#owner@user:zoe', { store: b }), false);
    assert.equal(await relations.may('document:1#owner@user:zoe'), false);
    await org.call('DELETE', `/relations/stores/${a}`);
    const question = { ...key('document:1#owner@user:zoe'), store: a };
    assert.equal((await relations.refused('check', question, 404)).code, 'store_not_found');
    await org.call('DELETE', `/relations/stores/${b}`);
  });
});
