import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuthorizationModel } from './authorization-model.js';
import { compileModel, modelHash } from './compile-model.js';
import { modelFromDsl } from './language/dsl.js';
import { problemText } from './model-problem.js';
import { validateModel } from './validate-model.js';

/** What is said of a model: its problems, or nothing. */
const verdict = (json: unknown) => {
  const model = validateModel(json);
  return model.ok ? '' : model.error.map(problemText).join('\n');
};
const ofDsl = (dsl: string) => {
  const model = modelFromDsl(`model\n  schema 1.1\n${dsl}`);
  return model.ok ? '' : model.error.map(problemText).join('\n');
};

const USER = { type: 'user' };
const direct = (type: string) => ({ directly_related_user_types: [{ type }] });
const model = (relations: object, metadata: object = {}): object => ({
  schema_version: '1.1',
  type_definitions: [USER, { type: 'doc', relations, metadata: { relations: metadata } }],
});

describe('models that are refused, with the place', () => {
  const cases: readonly [title: string, json: unknown, problem: RegExp][] = [
    ['no object', null, /^a model is a JSON object$/],
    ['a list', [], /a model is a JSON object/],
    ['a text', 'model', /a model is a JSON object/],
    ['without a version', { type_definitions: [] }, /schema_version is required/],
    ['of an unknown version', { schema_version: '1.0' }, /is "1.1" or "1.2", not 1.0/],
    ['of a version that is no text', { schema_version: 1.1 }, /is "1.1" or "1.2", not 1.1/],
    ['types that are no list', { schema_version: '1.1', type_definitions: {} }, /type_definitions is a list/],
    [
      'a type without a name',
      { schema_version: '1.1', type_definitions: [{}] },
      /type_definitions\[0\] is an object with/,
    ],
    ['a type twice', { schema_version: '1.1', type_definitions: [USER, USER] }, /^type user: .* is defined twice/],
    ['a type called self', { schema_version: '1.1', type_definitions: [{ type: 'self' }] }, /cannot be named 'self'/],
    [
      'a type with a colon',
      { schema_version: '1.1', type_definitions: [{ type: 'a:b' }] },
      /'a:b' is no name of a type/,
    ],
    [
      'a type with half a character',
      { schema_version: '1.1', type_definitions: [{ type: '\ud800' }] },
      /no name of a type/,
    ],
    [
      'a relation called this',
      model({ this: { this: {} } }, { this: direct('user') }),
      /type doc, relation this: a relation/,
    ],
    ['a long relation', model({ [`r${'x'.repeat(50)}`]: { this: {} } }), /1 to 50 characters/],
    ['a definition of nothing', model({ r: {} }), /type doc, relation r: a definition is one of this, computedUserset/],
    [
      'a definition of two things',
      model({ r: { this: {}, union: { child: [] } } }),
      /relation r: a definition is one of/,
    ],
    [
      'a union of one',
      model({ r: { union: { child: [{ this: {} }] } } }),
      /relation r: union has a list of at least two/,
    ],
    ['half an exclusion', model({ r: { difference: { base: { this: {} } } } }), /relation r: a definition is one of/],
    [
      'an unknown computed relation',
      model({ r: { computedUserset: { relation: 'x' } } }),
      /relation r: the relation 'x' does/,
    ],
    [
      'a member of every object',
      model({ r: { computedUserset: { relation: 'constructor' } } }),
      /'constructor' does not exist/,
    ],
    [
      'an unknown type',
      model({ r: { this: {} } }, { r: direct('team') }),
      /relation r: 'team' is no type of the model/,
    ],
    ['this without types', model({ r: { this: {} } }), /relation r: a direct relation names the types/],
    [
      'types without this',
      model({ r: { computedUserset: { relation: 's' } }, s: { this: {} } }, { r: direct('user'), s: direct('user') }),
      /relation r: type restrictions have no effect/,
    ],
    ['metadata of no relation', model({}, { r: direct('user') }), /relation r: the metadata name a relation/],
    [
      'a wildcard userset',
      model(
        { r: { this: {} } },
        { r: { directly_related_user_types: [{ type: 'doc', relation: 'r', wildcard: {} }] } },
      ),
      /cannot be both a wildcard and a userset/,
    ],
    [
      'an unknown condition',
      model({ r: { this: {} } }, { r: { directly_related_user_types: [{ type: 'user', condition: 'c' }] } }),
      /relation r: 'c' is no condition/,
    ],
    [
      'a condition of another name',
      { schema_version: '1.1', conditions: { a: { name: 'b', expression: 'true' } } },
      /^condition a: it is called 'b' inside/,
    ],
    [
      'a condition that is no expression',
      { schema_version: '1.1', conditions: { a: { name: 'a', expression: '1 +' } } },
      /^condition a: the expression cannot be read: line 1/,
    ],
    [
      'too many types',
      { schema_version: '1.1', type_definitions: Array.from({ length: 101 }, (_, i) => ({ type: `t${i}` })) },
      /has 101 types, more than 100/,
    ],
    [
      'too many bytes',
      model(Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`r${i}`.padEnd(45, 'x'), { this: {} }]))),
      /bytes, more than 262144/,
    ],
    [
      'too many operators inside each other',
      model({
        r: Array.from({ length: 25 }).reduce((inner) => ({ union: { child: [inner, { this: {} }] } }), { this: {} }),
      }),
      /relation r: more than 24 operators/,
    ],
    [
      'an abyss',
      JSON.parse(`${'['.repeat(9_999)}${']'.repeat(9_999)}`),
      /a model is a JSON object|operators stand inside/,
    ],
    [
      'conditions that take too long to compile',
      {
        schema_version: '1.1',
        conditions: Object.fromEntries(
          Array.from({ length: 20 }, (_, i) => [
            `c${i}`,
            { name: `c${i}`, expression: `true || ${'1 == 1 || '.repeat(300)}true` },
          ]),
        ),
      },
      /the conditions have \d+ characters, more than 32768/,
    ],
    [
      'regular expressions that take too long to compile',
      {
        schema_version: '1.1',
        conditions: Object.fromEntries(
          Array.from({ length: 20 }, (_, i) => [`c${i}`, { name: `c${i}`, expression: '"a".matches("a{900}")' }]),
        ),
      },
      /condition c\d+: the regular expressions of all conditions together/,
    ],
  ];
  for (const [title, json, problem] of cases) it(title, () => assert.match(verdict(json), problem));

  it('as JSON of either spelling, with empty texts and nulls as absent, and members of other tools left out', () => {
    const read = validateModel({
      id: '01H',
      schemaVersion: '1.1',
      typeDefinitions: [
        { type: 'user', relations: null, metadata: null },
        {
          type: 'doc',
          relations: {
            parent: { this: {} },
            r: {
              tuple_to_userset: {
                tupleset: { object: '', relation: 'parent' },
                computed_userset: { object: '', relation: 'own' },
              },
            },
            own: { this: {} },
          },
          metadata: {
            relations: {
              parent: { directlyRelatedUserTypes: [{ type: 'doc', relation: '', condition: '' }] },
              own: { directly_related_user_types: [{ type: 'user' }] },
              r: null,
            },
          },
        },
      ],
      conditions: {},
    });
    assert.ok(read.ok, read.ok ? '' : read.error.map(problemText).join());
    assert.deepEqual(read.value.type_definitions[1]?.relations?.r, {
      tupleToUserset: { tupleset: { relation: 'parent' }, computedUserset: { relation: 'own' } },
    });
    assert.ok(!('conditions' in read.value) && !('id' in read.value));
  });
});

describe('models that can be decided, docs/decisions/0013', () => {
  const accepted: readonly [title: string, dsl: string][] = [
    ['recursion through or', 'define member: [user, group#member] or owner\n    define owner: [user]'],
    ['recursion through and', 'define member: [user, group#member] and approved\n    define approved: [user]'],
    [
      'recursion through and, over two relations',
      'define a: [user, group#b] and x\n    define b: [user] or a\n    define x: [user]',
    ],
    ['the kept side of an exclusion', 'define member: [user, group#member] but not banned\n    define banned: [user]'],
    [
      'a subtracted relation that is recursive itself',
      'define member: [user] but not banned\n    define banned: [user, group#banned]',
    ],
    [
      'exclusions above each other',
      'define a: [user] but not b\n    define b: [user] but not c\n    define c: [user, group#c]',
    ],
    [
      'recursion over parents',
      'define parent: [group]\n    define can: ([user] but not banned) or can from parent\n    define banned: [user]',
    ],
  ];
  for (const [title, group] of accepted) {
    it(`accepted: ${title}`, () => assert.equal(ofDsl(`type user\ntype group\n  relations\n    ${group}\n`), ''));
  }

  const refused: readonly [title: string, group: string, problem: RegExp][] = [
    [
      'in unless in',
      'define r: [user, group#m]\n    define m: [user] but not r',
      /type group, relation m, line 7, column \d+: it subtracts .*\(group#m but not group#r → group#m\)/,
    ],
    ['itself', 'define m: [user, group#n]\n    define n: [user] but not m', /line 7/],
    [
      'through parents',
      'define parent: [group]\n    define m: [user] but not m from parent',
      /relation m, line 7, column 30: .*group#m but not group#m\)/,
    ],
    [
      'two exclusions inside each other, although that is monotone',
      'define a: [user]\n    define m: a but not (a but not b)\n    define b: [user, group#m]',
      /relation m, line 7/,
    ],
    [
      'inside of an intersection',
      'define a: [user]\n    define m: a and (a but not b)\n    define b: [user, group#m]',
      /relation m/,
    ],
  ];
  for (const [title, group, problem] of refused) {
    it(`refused: ${title}`, () => assert.match(ofDsl(`type user\ntype group\n  relations\n    ${group}\n`), problem));
  }

  it('a cycle over several types is told as a whole', () => {
    const dsl = `
type user
type team
  relations
    define member: [user, org#staff]
type org
  relations
    define team: [team]
    define blocked: member from team
    define staff: [user] but not blocked
`;
    assert.match(
      ofDsl(dsl),
      /type org, relation staff, line 12.*org#staff but not org#blocked → team#member → org#staff/,
    );
  });
});

describe('relations that nobody can have', () => {
  const type = (relations: string) => ofDsl(`type user\ntype doc\n  relations\n    ${relations}\n`);
  it('are refused: cycles of computed relations, and ways that end nowhere', () => {
    assert.match(type('define a: b\n    define b: a'), /relation a.*defined by itself: a → b → a/);
    assert.match(type('define a: [user] or b\n    define b: [user] or a'), /defined by itself: a → b → a/);
    assert.match(type('define a: a'), /defined by itself: a → a/);
    assert.match(type('define a: [doc#a]'), /relation a.*nobody can ever have it/);
    assert.match(type('define p: [doc]\n    define a: a from p'), /relation a.*nobody can ever have it/);
    assert.match(type('define b: [user]\n    define a: [doc#a] and b'), /relation a.*nobody can ever have it/);
    assert.match(type('define b: [user]\n    define a: b but not c\n    define c: [doc#c]'), /relation a.*nobody/);
    assert.equal(type('define a: [user, doc#a]\n    define b: [user:*] or a'), '');
  });

  it('take linear time to find, however they hang together', () => {
    const many = Array.from({ length: 1_200 }, (_, i) => [
      `r${i}`,
      i === 0
        ? { this: {} }
        : {
            intersection: {
              child: [{ computedUserset: { relation: `r${i - 1}` } }, { computedUserset: { relation: 'r0' } }],
            },
          },
    ]);
    assert.equal(verdict(model(Object.fromEntries(many), { r0: direct('user') })), '');
  });
});

describe('a compiled model', () => {
  const compiled = (dsl: string) => {
    const read = modelFromDsl(`model\n  schema 1.1\ntype user\ntype doc\n  relations\n${dsl}`);
    assert.ok(read.ok, read.ok ? '' : read.error.map(problemText).join());
    return compileModel(read.value);
  };

  it('has unions and intersections flattened, and each operand once', () => {
    const doc = compiled(
      '    define a: [user]\n    define b: [user]\n    define u: a or (b or (a or b))\n    define i: a and (b and a)\n    define x: a but not (b or a)\n    define s: a or (a or a)\n',
    ).types.get('doc');
    const computed = (relation: string) => ({ kind: 'computed', relation });
    assert.deepEqual(doc?.relations.get('u')?.rewrite, { kind: 'union', operands: [computed('a'), computed('b')] });
    assert.deepEqual(doc?.relations.get('i')?.rewrite, {
      kind: 'intersection',
      operands: [computed('a'), computed('b')],
    });
    assert.deepEqual(doc?.relations.get('s')?.rewrite, computed('a'));
    assert.deepEqual(doc?.relations.get('x')?.rewrite, {
      kind: 'exclusion',
      base: computed('a'),
      subtract: { kind: 'union', operands: [computed('b'), computed('a')] },
    });
  });

  it('is known by a hash of what it says, whatever the order of members', () => {
    const a = { schema_version: '1.1', type_definitions: [{ type: 'user', relations: {} }] } as AuthorizationModel;
    const b = { type_definitions: [{ relations: {}, type: 'user' }], schema_version: '1.1' } as AuthorizationModel;
    assert.equal(modelHash(a), modelHash(b));
    assert.match(modelHash(a), /^[0-9a-f]{64}$/);
    assert.notEqual(modelHash(a), modelHash({ ...a, schema_version: '1.2' }));
  });
});
