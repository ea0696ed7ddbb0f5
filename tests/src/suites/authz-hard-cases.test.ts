import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { ROOT } from '../shapes/program.js';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';
import { key, type RelationsWorld, relationsOf, textOf, useModel } from '../support/relations-world.js';

/**
 * The hardest cases of authorization engines, each where peers were wrong at least once. Tests are named by the number of
 * their case. What is about operators that our language does not have is tested by what stands in their place. Where a case
 * is shown elsewhere, in whole or in part, `ELSEWHERE` says by which test.
 */

const ENGINE = 'services/authz/src/core/rebac/engine/engine-properties.test.ts';
const REPLICAS = 'services/authz/src/app/relations/replicas.test.ts';
const ELSEWHERE: readonly [cases: string, file: string, test: string][] = [
  ['3, 4, 29', ENGINE, 'check says what the reference says, whatever was asked before'],
  ['9', ENGINE, 'contextual tuples mean what stored ones mean'],
  ['20', 'services/authz/src/core/rebac/conditions/cel/conformance.test.ts', 'the CEL conformance suite'],
  ['23', ENGINE, 'the list of objects is what check allows'],
  ['23', 'tests/src/suites/relations-cases.test.ts', 'OpenFGA cases, by the relations API'],
  ['26', 'tests/src/suites/relations.test.ts', 'pages are of one state: what is written between them is not seen'],
  ['26', REPLICAS, 'lists page after page at one revision while others write'],
  ['27', 'tests/src/suites/relations-data.test.ts', 'preconditions guard against what others do meanwhile'],
  ['28', REPLICAS, 'new enemy A'],
  ['28', REPLICAS, 'new enemy B'],
  ['28', REPLICAS, 'refuses tokens of another organization, of another epoch'],
  ['34', 'tests/src/suites/abac-check.test.ts', 'a policy that cannot be evaluated denies, and says so (hard case 34)'],
  ['35', 'tests/src/suites/decision.test.ts', 'every mixture of answers, against a plain reference'],
  ['37', 'tests/src/suites/authzen.test.ts', 'an entity replaces the default as a whole'],
  ['38', 'tests/src/suites/isolation.test.ts', 'no credential of one opens any guarded operation of the other'],
];

const HEADER = 'model\n  schema 1.1\n\ntype user\n';
let org: OrgWorld;
let relations: RelationsWorld;

before(async () => {
  org = await createOrgWorld('hard-cases');
  relations = relationsOf(org);
});

/** A store of its own with a model and tuples; a tuple may come with its condition. */
interface Ground {
  readonly store: string;
  readonly token: string;
  may(text: string, more?: object): Promise<boolean>;
  /** The code of the error that a check has instead of an answer. */
  undecided(text: string, more?: object): Promise<string>;
  objects(type: string, relation: string, subject: string, more?: object): Promise<readonly string[]>;
  subjects(
    object: string,
    relation: string,
    types: readonly string[],
  ): Promise<{ subjects: string[]; excluded: string[] }>;
  write(...tuples: readonly (string | object)[]): Promise<string>;
}

async function ground(dsl: string, ...tuples: readonly (string | object)[]): Promise<Ground> {
  const { id: store } = (await org.call('POST', '/relations/stores', { name: 'case' }, 201)).json<{ id: string }>();
  await useModel(org, HEADER + dsl, store);
  let consistency: object | string = 'fully_consistent';
  const write: Ground['write'] = async (...more) => {
    const writes = more.map((tuple) => (typeof tuple === 'string' ? key(tuple) : tuple));
    const { token } = await relations.ask<{ token: string }>('tuples', { writes, store });
    consistency = { at_least_as_fresh: token };
    return token;
  };
  const token = tuples.length > 0 ? await write(...tuples) : '';
  const at = () => ({ store, consistency });
  return {
    store,
    token,
    write,
    may: async (text, more = {}) =>
      (await relations.ask<{ allowed: boolean }>('check', { ...key(text), ...at(), ...more })).allowed,
    undecided: async (text, more = {}) =>
      (await relations.refused('check', { ...key(text), ...at(), ...more }, 400)).code,
    objects: async (type, relation, subject, more = {}) =>
      (await relations.ask<{ objects: string[] }>('list-objects', { ...{ type, relation, subject }, ...at(), ...more }))
        .objects,
    subjects: (object, relation, types) => relations.ask('list-subjects', { ...{ object, relation, types }, ...at() }),
  };
}

const withCondition = (text: string, name: string, context?: object) => ({
  ...key(text),
  condition: { name, ...(context && { context }) },
});

describe('Hard cases: cycles', () => {
  it('1 a cycle on the side that is taken away ends, and takes away nobody by itself', async () => {
    const { may } = await ground(
      `
type document
  relations
    define blocked: [user, document#blocked]
    define viewer: [user] but not blocked
`,
      'document:1#viewer@user:anne',
      'document:1#viewer@user:bob',
      'document:1#blocked@document:2#blocked',
      'document:2#blocked@document:1#blocked',
      'document:2#blocked@user:bob',
    );
    assert.equal(await may('document:1#viewer@user:bob'), false);
    assert.equal(await may('document:2#blocked@user:anne'), false);
    assert.equal(await may('document:1#blocked@user:bob'), true);
  });

  it('2 an intersection inside a recursion has one answer, whatever the order; a recursion through "but not" is refused', async () => {
    const model = `
type group
  relations
    define approved: [user]
    define member: [user, group#member] and approved
`;
    const tuples = [
      'group:a#member@user:anne',
      'group:a#approved@user:anne',
      'group:b#member@group:a#member',
      'group:b#approved@user:anne',
      'group:c#member@group:b#member',
      'group:a#member@group:c#member',
    ];
    for (const order of [tuples, [...tuples].reverse()]) {
      const { may } = await ground(model, ...order);
      assert.equal(await may('group:b#member@user:anne'), true);
      assert.equal(await may('group:c#member@user:anne'), false, 'not approved there');
    }
    const dsl = `${HEADER}
type group
  relations
    define banned: [user, group#member]
    define member: [user, group#member] but not banned
`;
    const refusal = await relations.refused('models', { dsl }, 400);
    assert.equal(refusal.code, 'invalid_model');
    assert.match(refusal.message, /group.*member/s);
  });

  it('3 an answer from inside a cycle is not reused for another way in', async () => {
    const groups = ['a', 'b', 'c', 'd'];
    const model = '\ntype group\n  relations\n    define member: [user, group#member]\n';
    const edges = ['a>b', 'b>c', 'c>a', 'c>d'].map((edge) => {
      const [from = '', to = ''] = edge.split('>');
      return `group:${from}#member@group:${to}#member`;
    });
    const { may } = await ground(model, ...edges, 'group:d#member@user:anne');
    for (let rotation = 0; rotation < groups.length; rotation++) {
      const order = [...groups.slice(rotation), ...groups.slice(0, rotation)];
      for (const asked of [order, [...order].reverse()]) {
        for (const group of asked) assert.equal(await may(`group:${group}#member@user:anne`), true, asked.join());
        for (const group of asked) assert.equal(await may(`group:${group}#member@user:eve`), false, asked.join());
      }
    }
  });

  it('14 a userset has the relation that it is made of', async () => {
    const { may } = await ground(
      '\ntype document\n  relations\n    define owner: [user]\n    define viewer: [user] or owner\n',
      'document:1#owner@user:anne',
    );
    assert.equal(await may('document:1#viewer@document:1#viewer'), true);
    assert.equal(await may('document:1#viewer@document:1#owner'), true);
    assert.equal(await may('document:1#owner@document:1#viewer'), false);
    assert.equal(await may('document:1#viewer@document:2#viewer'), false);
  });

  it('17 a parent that leads back to the object, or to the subject', async () => {
    const { may, objects } = await ground(
      `
type folder
  relations
    define parent: [folder]
    define owner: [user]
    define viewer: owner or viewer from parent
`,
      'folder:self#parent@folder:self',
      'folder:a#parent@folder:b',
      'folder:b#parent@folder:a',
      'folder:b#owner@user:anne',
    );
    assert.equal(await may('folder:self#viewer@user:anne'), false);
    assert.equal(await may('folder:a#viewer@user:anne'), true);
    assert.deepEqual(await objects('folder', 'viewer', 'user:anne'), ['folder:a', 'folder:b']);
  });
});

describe('Hard cases: what is remembered', () => {
  const OFFICE = `
type document
  relations
    define viewer: [user with at_office]

condition at_office(ip: string, office: string) {
  ip == office
}
`;

  it('4 a question that was given up leaves nothing behind', async () => {
    const depth = 12;
    const { may, undecided } = await ground(
      '\ntype group\n  relations\n    define member: [user, group#member]\n',
      ...Array.from({ length: depth }, (_, n) => `group:${n}#member@group:${n + 1}#member`),
      `group:${depth}#member@user:anne`,
    );
    for (let round = 0; round < 3; round++) {
      assert.equal(await undecided('group:0#member@user:anne', { max_depth: 3 }), 'over_budget');
      assert.equal(await may('group:0#member@user:anne'), true);
      assert.equal(await may('group:0#member@user:eve'), false);
    }
  });

  it('5 ids that look like separators are ids', async () => {
    const model = '\ntype document\n  relations\n    define a: [user]\n    define b: [user]\n';
    const ids = [
      '1',
      '1|a',
      '1,user',
      '1/a',
      '1\\',
      "1'",
      '1"',
      '1%00',
      '{}',
      '1.a',
      '-',
      '__proto__',
      'constructor',
      '~',
    ];
    const { may, objects } = await ground(model, ...ids.map((id) => `document:${id}#a@user:${id}`));
    for (const document of ids) {
      for (const user of ids) {
        assert.equal(await may(`document:${document}#a@user:${user}`), document === user, `${document} ${user}`);
      }
      assert.equal(await may(`document:${document}#b@user:${document}`), false);
      assert.deepEqual(await objects('document', 'a', `user:${document}`), [`document:${document}`]);
    }
  });

  it('6 the same tuple with another context, or other tuples brought along, is another question', async () => {
    const { store } = await ground(OFFICE, withCondition('document:1#viewer@user:anne', 'at_office', { office: 'x' }));
    const check = key('document:1#viewer@user:anne');
    const { results } = await relations.ask<{ results: { allowed: boolean }[] }>('checks', {
      ...{ store, consistency: 'fully_consistent' },
      checks: [
        { ...check, context: { ip: 'x' } },
        { ...check, context: { ip: 'y' } },
        { ...check, context: { ip: 'x' } },
        {
          ...check,
          context: { ip: 'y' },
          contextual_tuples: [withCondition('document:1#viewer@user:anne', 'at_office', { office: 'y' })],
        },
        { ...check, context: { ip: 'y' } },
      ],
    });
    assert.deepEqual(
      results.map(({ allowed }) => allowed),
      [true, false, true, true, false],
    );
  });

  it('30 under another model, what it does not allow is passed over, and counts again when it does', async () => {
    const wide =
      '\ntype document\n  relations\n    define viewer: [user, user:*, user with c]\n\ncondition c(x: int) {\n  x > 0\n}\n';
    const { store, may, objects } = await ground(
      wide,
      'document:1#viewer@user:anne',
      'document:2#viewer@user:*',
      withCondition('document:3#viewer@user:anne', 'c', { x: 1 }),
    );
    assert.deepEqual(await objects('document', 'viewer', 'user:anne'), ['document:1', 'document:2', 'document:3']);
    const narrow = `${HEADER}\ntype document\n  relations\n    define viewer: [user]\n`;
    await useModel(org, narrow, store);
    assert.deepEqual(await objects('document', 'viewer', 'user:anne', { consistency: 'fully_consistent' }), [
      'document:1',
    ]);
    assert.equal(await may('document:2#viewer@user:anne', { consistency: 'fully_consistent' }), false);
    await useModel(org, `${HEADER}\ntype document\n  relations\n    define reader: [user]\n`, store);
    assert.equal(await may('document:1#reader@user:anne', { consistency: 'fully_consistent' }), false);
    await useModel(org, HEADER + wide, store);
    assert.equal(await may('document:3#viewer@user:anne', { consistency: 'fully_consistent' }), true);
  });

  it('38 the same ids in two organizations have opposite answers', async () => {
    const model = `${HEADER}\ntype document\n  relations\n    define viewer: [user]\n`;
    const worlds = await Promise.all(['left', 'right'].map((side) => createOrgWorld(`hard-${side}`)));
    const ids = Array.from({ length: 20 }, (_, n) => n);
    for (const [side, world] of worlds.entries()) {
      await useModel(world, model);
      await relationsOf(world).write(...ids.filter((n) => n % 2 === side).map((n) => `document:${n}#viewer@user:anne`));
    }
    for (const [side, world] of worlds.entries()) {
      const { results } = await relationsOf(world).ask<{ results: { allowed: boolean }[] }>('checks', {
        consistency: 'fully_consistent',
        checks: ids.map((n) => key(`document:${n}#viewer@user:anne`)),
      });
      assert.deepEqual(
        results.map(({ allowed }) => allowed),
        ids.map((n) => n % 2 === side),
      );
    }
  });

  it('29 an answer that was on its way during a write is not taken for one after it', async () => {
    const { store } = await ground(
      '\ntype document\n  relations\n    define viewer: [user]\n',
      'document:0#viewer@user:anne',
    );
    const check = { ...key('document:1#viewer@user:anne'), store };
    for (let round = 0; round < 15; round++) {
      const readers = Array.from({ length: 4 }, () => relations.ask('check', check));
      const { token } = await relations.ask<{ token: string }>('tuples', {
        writes: [key('document:1#viewer@user:anne')],
        store,
      });
      const after = { ...check, consistency: { at_least_as_fresh: token } };
      assert.equal((await relations.ask<{ allowed: boolean }>('check', after)).allowed, true);
      await Promise.all(readers);
      const removed = await relations.ask<{ token: string }>('tuples', {
        deletes: [key('document:1#viewer@user:anne')],
        store,
      });
      const gone = { ...check, consistency: { at_least_as_fresh: removed.token } };
      assert.equal((await relations.ask<{ allowed: boolean }>('check', gone)).allowed, false);
    }
  });
});

describe('Hard cases: wildcards and usersets', () => {
  it('7 everybody without a condition, where only everybody with one is allowed', async () => {
    const model = `
type document
  relations
    define viewer: [user, user:* with c]

condition c(x: int) {
  x > 0
}
`;
    const { store, write, may } = await ground(model);
    const refusal = await relations.refused('tuples', { writes: [key('document:1#viewer@user:*')], store }, 400);
    assert.equal(refusal.code, 'invalid_tuple');
    const one = withCondition('document:1#viewer@user:anne', 'c', { x: 1 });
    assert.equal((await relations.refused('tuples', { writes: [one], store }, 400)).code, 'invalid_tuple');
    await write(withCondition('document:1#viewer@user:*', 'c', { x: 1 }));
    assert.equal(await may('document:1#viewer@user:anne'), true);
  });

  it('8 a tuple that is brought along is judged like one that is written', async () => {
    const { undecided, may } = await ground(
      '\ntype group\n  relations\n    define member: [user]\n\ntype document\n  relations\n    define viewer: [group#member]\n',
      'group:g#member@user:anne',
    );
    for (const wrong of ['document:1#viewer@user:anne', 'document:1#viewer@user:*', 'document:1#viewer@group:g']) {
      const more = { contextual_tuples: [key(wrong)] };
      assert.equal(await undecided('document:1#viewer@user:anne', more), 'invalid_tuple', wrong);
    }
    const right = { contextual_tuples: [key('document:1#viewer@group:g#member')] };
    assert.equal(await may('document:1#viewer@user:anne', right), true);
  });

  it('9 tuples that are brought along stand among those that are stored, wherever they sort', async () => {
    const ids = Array.from({ length: 40 }, (_, n) => String(n).padStart(2, '0'));
    const stored = ids.filter((_, n) => n % 2 === 0).map((id) => `document:${id}#viewer@group:${id}#member`);
    const { may, objects } = await ground(
      '\ntype group\n  relations\n    define member: [user]\n\ntype document\n  relations\n    define viewer: [group#member]\n',
      ...stored,
      ...ids.map((id) => `group:${id}#member@user:anne`),
    );
    const contextual = ids.filter((_, n) => n % 2 === 1).map((id) => key(`document:${id}#viewer@group:${id}#member`));
    for (const brought of [contextual, [...contextual].reverse()]) {
      const more = { contextual_tuples: brought };
      for (const id of ids) assert.equal(await may(`document:${id}#viewer@user:anne`, more), true, id);
      assert.equal((await objects('document', 'viewer', 'user:anne', more)).length, ids.length);
    }
  });

  it('10 everybody but one, and everybody but everybody', async () => {
    const { may, objects, subjects } = await ground(
      '\ntype document\n  relations\n    define blocked: [user, user:*]\n    define viewer: [user, user:*] but not blocked\n',
      'document:1#viewer@user:*',
      'document:1#blocked@user:bob',
      'document:2#viewer@user:*',
      'document:2#viewer@user:anne',
      'document:2#blocked@user:*',
    );
    assert.equal(await may('document:1#viewer@user:anybody'), true);
    assert.equal(await may('document:1#viewer@user:bob'), false);
    assert.equal(await may('document:2#viewer@user:anne'), false);
    assert.equal(await may('document:2#viewer@user:anybody'), false);
    assert.deepEqual(await objects('document', 'viewer', 'user:anne'), ['document:1']);
    const { subjects: who, excluded } = await subjects('document:1', 'viewer', ['user']);
    assert.deepEqual([who, excluded], [['user:*'], ['user:bob']]);
    assert.deepEqual((await subjects('document:2', 'viewer', ['user'])).subjects, []);
  });

  it('11 an exclusion of an exclusion under everybody', async () => {
    const { may, subjects } = await ground(
      `
type document
  relations
    define pardoned: [user]
    define banned: [user]
    define blocked: banned but not pardoned
    define viewer: [user:*] but not blocked
`,
      'document:1#viewer@user:*',
      'document:1#banned@user:bob',
      'document:1#banned@user:carl',
      'document:1#pardoned@user:carl',
    );
    assert.equal(await may('document:1#viewer@user:anne'), true);
    assert.equal(await may('document:1#viewer@user:bob'), false);
    assert.equal(await may('document:1#viewer@user:carl'), true);
    const { subjects: who, excluded } = await subjects('document:1', 'viewer', ['user']);
    assert.ok(who.includes('user:*') && !who.includes('user:bob'));
    assert.deepEqual(excluded, ['user:bob']);
  });

  it('12 one type as everybody and as members', async () => {
    const { may, objects } = await ground(
      `
type group
  relations
    define member: [user, user:*]

type document
  relations
    define viewer: [user:*, group#member]
`,
      'group:open#member@user:*',
      'group:closed#member@user:anne',
      'document:1#viewer@group:open#member',
      'document:2#viewer@group:closed#member',
      'document:3#viewer@user:*',
    );
    assert.deepEqual(await objects('document', 'viewer', 'user:bob'), ['document:1', 'document:3']);
    assert.deepEqual(await objects('document', 'viewer', 'user:anne'), ['document:1', 'document:2', 'document:3']);
    assert.equal(await may('document:2#viewer@user:bob'), false);
  });

  it('13 a userset or everybody as the one asked about stands for itself, not for each of its members', async () => {
    const { may } = await ground(
      `
type group
  relations
    define member: [user]

type document
  relations
    define blocked: [user]
    define reader: [user:*, group#member] but not blocked
`,
      'group:finance#member@user:anne',
      'document:1#reader@group:finance#member',
      'document:1#blocked@user:anne',
      'document:2#reader@user:*',
      'document:2#blocked@user:anne',
    );
    // As OpenFGA documents it: the set has the relation although one of its members has not.
    assert.equal(await may('document:1#reader@group:finance#member'), true);
    assert.equal(await may('document:1#reader@user:anne'), false);
    assert.equal(await may('document:2#reader@user:*'), true);
    assert.equal(await may('document:2#reader@user:anne'), false);
    assert.equal(await may('document:1#reader@user:*'), false);
  });

  it('15 parents of several types, one without the relation', async () => {
    const { may, objects } = await ground(
      `
type folder
  relations
    define viewer: [user]

type shelf
  relations
    define keeper: [user]

type document
  relations
    define parent: [folder, shelf]
    define viewer: viewer from parent
`,
      'document:1#parent@shelf:s',
      'document:1#parent@folder:f',
      'document:2#parent@shelf:s',
      'folder:f#viewer@user:anne',
      'shelf:s#keeper@user:bob',
    );
    assert.equal(await may('document:1#viewer@user:anne'), true);
    assert.equal(await may('document:2#viewer@user:anne'), false);
    assert.equal(await may('document:2#viewer@user:bob'), false);
    assert.deepEqual(await objects('document', 'viewer', 'user:anne'), ['document:1']);
  });

  it('16 "all of them" of nobody grants nothing: an intersection with an empty side (there is no .all() here)', async () => {
    const { may, objects } = await ground(
      '\ntype document\n  relations\n    define a: [user]\n    define b: [user]\n    define both: a and b\n',
      'document:1#a@user:anne',
    );
    assert.equal(await may('document:1#both@user:anne'), false);
    assert.equal(await may('document:2#both@user:anne'), false);
    assert.deepEqual(await objects('document', 'both', 'user:anne'), []);
  });
});

describe('Hard cases: conditions', () => {
  const model = `
type document
  relations
    define sure: [user]
    define perhaps: [user with c]
    define either: sure or perhaps
    define both: sure and perhaps
    define without: sure but not perhaps

condition c(x: int) {
  x > 0
}
`;

  it('18 what is not known decides only where it can: true or unknown, false and unknown, base without unknown', async () => {
    const { may, undecided } = await ground(
      model,
      'document:1#sure@user:anne',
      withCondition('document:1#perhaps@user:anne', 'c'),
      withCondition('document:2#perhaps@user:anne', 'c'),
    );
    assert.equal(await may('document:1#either@user:anne'), true);
    assert.equal(await undecided('document:2#either@user:anne'), 'condition_failed');
    assert.equal(await undecided('document:1#both@user:anne'), 'condition_failed');
    assert.equal(await may('document:2#both@user:anne'), false);
    assert.equal(await undecided('document:1#without@user:anne'), 'condition_failed');
    assert.equal(await may('document:2#without@user:anne'), false);
    assert.equal(await may('document:1#both@user:anne', { context: { x: 1 } }), true);
    assert.equal(await may('document:1#without@user:anne', { context: { x: 1 } }), false);
    assert.equal(await may('document:1#without@user:anne', { context: { x: 0 } }), true);
  });

  it('19 two ways, one true and one that cannot be decided: true', async () => {
    const { may } = await ground(
      `
type group
  relations
    define member: [user]

type document
  relations
    define viewer: [user with c, group#member, group#member with c]

condition c(x: int) {
  x > 0
}
`,
      withCondition('document:1#viewer@user:anne', 'c'),
      'document:1#viewer@group:g#member',
      withCondition('document:1#viewer@group:h#member', 'c'),
      'group:g#member@user:anne',
      'group:h#member@user:anne',
    );
    assert.equal(await may('document:1#viewer@user:anne'), true);
  });

  it('20 numbers are what they say: 1 and "1", beyond 2^53, fractions, text', async () => {
    const types = `
type document
  relations
    define viewer: [user with big, user with part]

condition big(n: int) {
  n == 9007199254740993
}

condition part(d: double) {
  d < 0.5
}
`;
    const { may, undecided } = await ground(
      types,
      withCondition('document:1#viewer@user:anne', 'big'),
      withCondition('document:2#viewer@user:anne', 'part'),
    );
    assert.equal(await may('document:1#viewer@user:anne', { context: { n: '9007199254740993' } }), true);
    assert.equal(await may('document:1#viewer@user:anne', { context: { n: '9007199254740992' } }), false);
    for (const n of [1.5, 'many', true, '9223372036854775808', null]) {
      assert.equal(await undecided('document:1#viewer@user:anne', { context: { n } }), 'condition_failed', String(n));
    }
    assert.equal(await may('document:2#viewer@user:anne', { context: { d: '0.25' } }), true);
    assert.equal(await undecided('document:2#viewer@user:anne', { context: { d: '1e999' } }), 'condition_failed');
  });

  it('21 what is stored with a tuple wins over what is asked with', async () => {
    const { may, undecided } = await ground(
      `
type document
  relations
    define viewer: [user with at_office]

condition at_office(ip: string, office: string) {
  ip == office
}
`,
      withCondition('document:1#viewer@user:anne', 'at_office', { office: '10.0.0.1' }),
    );
    assert.equal(await may('document:1#viewer@user:anne', { context: { ip: 'evil', office: 'evil' } }), false);
    assert.equal(await may('document:1#viewer@user:anne', { context: { ip: '10.0.0.1', office: 'evil' } }), true);
    assert.equal(await undecided('document:1#viewer@user:anne', { context: { office: 'evil' } }), 'condition_failed');
  });

  it('22 at the very moment of its end it is over', async () => {
    const { may, objects } = await ground(
      `
type document
  relations
    define viewer: [user with until]

condition until(now: timestamp, end: timestamp) {
  now < end
}
`,
      withCondition('document:1#viewer@user:anne', 'until', { end: '2030-01-01T00:00:00Z' }),
    );
    const at = (now: string) => ({ context: { now } });
    assert.equal(await may('document:1#viewer@user:anne', at('2029-12-31T23:59:59.999999999Z')), true);
    assert.equal(await may('document:1#viewer@user:anne', at('2030-01-01T00:00:00Z')), false);
    assert.equal(await may('document:1#viewer@user:anne', at('2030-01-01T01:00:00+01:00')), false);
    assert.deepEqual(await objects('document', 'viewer', 'user:anne', at('2030-01-01T00:00:00Z')), []);
    assert.deepEqual(await objects('document', 'viewer', 'user:anne', at('2029-01-01T00:00:00Z')), ['document:1']);
  });

  it('24 a list in which one cannot be decided is an error, never a part that looks like all of it', async () => {
    const { store } = await ground(
      model,
      'document:1#sure@user:anne',
      withCondition('document:2#perhaps@user:anne', 'c'),
    );
    const asked = {
      ...{ type: 'document', relation: 'either', subject: 'user:anne' },
      store,
      consistency: 'fully_consistent',
    };
    assert.equal((await relations.refused('list-objects', asked, 400)).code, 'condition_failed');
    const { objects } = await relations.ask<{ objects: string[] }>('list-objects', { ...asked, context: { x: 1 } });
    assert.deepEqual(objects, ['document:1', 'document:2']);
  });
});

describe('Hard cases: lists, limits and names', () => {
  it('23 a list is what the checks allow', async () => {
    const { may, objects, subjects } = await ground(
      `
type group
  relations
    define member: [user, group#member]

type document
  relations
    define blocked: [user, group#member]
    define viewer: [user, user:*, group#member]
    define can: viewer but not blocked
`,
      'group:a#member@user:u1',
      'group:b#member@group:a#member',
      'group:b#member@user:u2',
      'document:1#viewer@group:b#member',
      'document:1#blocked@group:a#member',
      'document:2#viewer@user:*',
      'document:2#blocked@user:u2',
      'document:3#viewer@user:u1',
    );
    const users = ['u1', 'u2', 'u3'];
    const documents = ['1', '2', '3'];
    for (const user of users) {
      const listed = await objects('document', 'can', `user:${user}`);
      for (const id of documents) {
        const allowed = await may(`document:${id}#can@user:${user}`);
        assert.equal(listed.includes(`document:${id}`), allowed, `${user} ${id}`);
        const { subjects: who, excluded } = await subjects(`document:${id}`, 'can', ['user']);
        const isListed = who.includes(`user:${user}`) || (who.includes('user:*') && !excluded.includes(`user:${user}`));
        assert.equal(isListed, allowed, `who: ${user} ${id}`);
      }
    }
  });

  it('25 a list that is cut says so, and goes on', async () => {
    const { store, token } = await ground(
      '\ntype document\n  relations\n    define viewer: [user]\n',
      ...Array.from({ length: 25 }, (_, n) => `document:${String(n).padStart(2, '0')}#viewer@user:anne`),
    );
    const asked = { ...{ type: 'document', relation: 'viewer', subject: 'user:anne' }, store, limit: 10 };
    type Page = { objects: string[]; cursor?: string };
    const first = await relations.ask<Page>('list-objects', { ...asked, consistency: { at_least_as_fresh: token } });
    const second = await relations.ask<Page>('list-objects', { ...asked, cursor: first.cursor });
    const third = await relations.ask<Page>('list-objects', { ...asked, cursor: second.cursor });
    assert.deepEqual([first.objects.length, second.objects.length, third.objects.length], [10, 10, 5]);
    assert.ok(first.cursor && second.cursor && third.cursor === undefined);
    assert.equal(new Set([...first.objects, ...second.objects, ...third.objects]).size, 25);
  });

  it('27 one tuple written twice at once, and written and deleted in one request', async () => {
    const { store } = await ground('\ntype document\n  relations\n    define viewer: [user]\n');
    const tuple = key('document:1#viewer@user:anne');
    const both = { writes: [tuple], deletes: [tuple], store };
    assert.equal((await relations.refused('tuples', both, 400)).code, 'validation_error');
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => relations.send('POST', 'tuples', { writes: [tuple], store })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 9 }, () => 409)]);
  });

  it('28 who wrote it sees it, at once and everywhere it takes the token', async () => {
    const { store } = await ground('\ntype document\n  relations\n    define viewer: [user]\n');
    for (let n = 0; n < 10; n++) {
      const tuple = key(`document:${n}#viewer@user:anne`);
      const { token } = await relations.ask<{ token: string }>('tuples', { writes: [tuple], store });
      const asked = { ...tuple, store, consistency: { at_least_as_fresh: token } };
      assert.equal((await relations.ask<{ allowed: boolean }>('check', asked)).allowed, true, textOf(tuple));
    }
  });

  it('31 ids that differ in case, in normal form or by an invisible character are different', async () => {
    const names = [
      'Foo',
      'foo',
      'FOO',
      'caf\u00e9',
      'cafe\u0301',
      '\u212b',
      '\u00c5',
      'a\u200bb',
      'ab',
      '\u0131',
      'i',
      'stra\u00dfe',
      'strasse',
    ];
    const { may, objects } = await ground(
      '\ntype document\n  relations\n    define viewer: [user]\n',
      ...names.map((name) => `document:${name}#viewer@user:${name}`),
    );
    for (const document of names) {
      for (const user of names) {
        assert.equal(await may(`document:${document}#viewer@user:${user}`), document === user, `${document} ${user}`);
      }
    }
    assert.deepEqual(await objects('document', 'viewer', 'user:foo'), ['document:foo']);
  });

  it('32 too deep is an error with a code, never a no', async () => {
    const depth = 40;
    const { store, may, undecided } = await ground(
      '\ntype group\n  relations\n    define member: [user, group#member]\n',
      ...Array.from({ length: depth }, (_, n) => `group:${n}#member@group:${n + 1}#member`),
      `group:${depth}#member@user:anne`,
    );
    assert.equal(await may('group:0#member@user:anne'), true, 'ours has no limit of its own');
    assert.equal(await undecided('group:0#member@user:anne', { max_depth: 25 }), 'over_budget');
    const answer = await org.http.send('POST', `/orgs/${org.slug}/openfga/stores/${store}/check`, {
      apiKey: org.apiKey,
      json: {
        tuple_key: { object: 'group:0', relation: 'member', user: 'user:anne' },
        consistency: 'HIGHER_CONSISTENCY',
      },
    });
    assert.equal(answer.expect(400).json<{ code: string }>().code, 'authorization_model_resolution_too_complex');
  });

  for (const count of [99, 100, 101, 1000]) {
    it(`33 an object that is shared with ${count} groups, a subject in ${count} groups`, async () => {
      const numbers = Array.from({ length: count }, (_, n) => n);
      const { may, objects, write } = await ground(
        '\ntype group\n  relations\n    define member: [user]\n\ntype document\n  relations\n    define viewer: [group#member]\n',
        ...numbers.map((n) => `document:1#viewer@group:${n}#member`),
      );
      await write(`group:${count - 1}#member@user:last`);
      assert.equal(await may('document:1#viewer@user:last'), true);
      assert.equal(await may('document:1#viewer@user:nobody'), false);
      await write(...numbers.map((n) => `group:${n}#member@user:joiner`));
      await write(`document:2#viewer@group:${count - 1}#member`);
      assert.deepEqual(await objects('document', 'viewer', 'user:joiner'), ['document:1', 'document:2']);
    });
  }

  it('36 the same operand twice, and a double negation', async () => {
    const { may } = await ground(
      `
type document
  relations
    define a: [user]
    define b: [user]
    define twice: a or a
    define same: a and a
    define nothing: a but not a
    define back: a but not nothing
`,
      'document:1#a@user:anne',
      'document:1#b@user:bob',
    );
    assert.equal(await may('document:1#twice@user:anne'), true);
    assert.equal(await may('document:1#same@user:anne'), true);
    assert.equal(await may('document:1#nothing@user:anne'), false);
    assert.equal(await may('document:1#back@user:anne'), true);
    assert.equal(await may('document:1#back@user:bob'), false);
    const nobody = `${HEADER}\ntype document\n  relations\n    define a: []\n`;
    assert.equal((await relations.refused('models', { dsl: nobody }, 400)).code, 'invalid_model');
  });
});

describe('Hard cases: none is left out', () => {
  it('tests elsewhere are where this file says', () => {
    for (const [cases, file, test] of ELSEWHERE) {
      assert.ok(readFileSync(join(ROOT, file), 'utf8').includes(test), `case ${cases}: ${file} has "${test}"`);
    }
  });

  it('each of the 38 is here or there', () => {
    const here = readFileSync(join(ROOT, 'tests/src/suites/authz-hard-cases.test.ts'), 'utf8');
    const there = ELSEWHERE.flatMap(([cases]) => cases.split(', ').map(Number));
    for (let number = 1; number <= 38; number++) {
      const isHere = ["'", '"', '\u0060'].some((quote) => here.includes(`it(${quote}${number} `));
      assert.ok(isHere || there.includes(number), `case ${number}`);
    }
  });
});
