import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuthorizationModel } from '../authorization-model.js';
import { canonicalJson } from '../json-value.js';
import { problemText } from '../model-problem.js';
import { modelFromDsl, modelToDsl } from './dsl.js';
import { modelFromNamespaces, replaceNamespace } from './read-namespace.js';
import { namespaceOf, namespacesOf } from './write-namespace.js';

const model = (dsl: string): AuthorizationModel => {
  const read = modelFromDsl(`model\n  schema 1.1\n${dsl}`);
  assert.ok(read.ok, read.ok ? '' : read.error.map(problemText).join('\n'));
  return read.value;
};
const replaced = (before: AuthorizationModel | undefined, name: string, json: unknown): AuthorizationModel => {
  const after = replaceNamespace(before, name, json);
  assert.ok(after.ok, after.ok ? '' : after.error.map(problemText).join('\n'));
  return after.value;
};
const dslOf = (of: AuthorizationModel) => {
  const dsl = modelToDsl(of);
  assert.ok(dsl.ok);
  return dsl.value;
};
const refusal = (before: AuthorizationModel | undefined, name: string, json: unknown) => {
  const after = replaceNamespace(before, name, json);
  return after.ok ? 'accepted' : after.error.map(problemText).join('\n');
};

const FOLDERS = model(`
type user
type group
  relations
    define member: [user, group#member]
type folder
  relations
    define parent: [folder]
    define editor: [user, group#member] or editor from parent
    define can_view: editor or can_view from parent
`);

describe('a namespace, contract 3.5', () => {
  it('is one type of the model: lists of types and relations, permissions with arrows', () => {
    const after = replaced(FOLDERS, 'document', {
      relations: {
        parent: ['folder'],
        owner: ['user', 'agent'],
        editor: ['user', 'group#member', 'parent.editor', 'owner'],
        reader: ['user:*'],
      },
      permissions: {
        can_view: { union: ['editor', 'reader', 'parent.can_view'] },
        can_share: { intersection: ['owner', 'editor'] },
        can_edit: 'editor',
        can_print: ['can_view', { intersection: ['owner', 'can_edit'] }],
      },
    });
    assert.match(
      dslOf(after),
      /type document\n {2}relations\n {4}define parent: \[folder\]\n {4}define owner: \[user, agent\]\n {4}define editor: \[user, group#member\] or editor from parent or owner\n {4}define reader: \[user:\*\]\n {4}define can_view: editor or reader or can_view from parent\n {4}define can_share: owner and editor\n {4}define can_edit: editor\n {4}define can_print: can_view or \(owner and can_edit\)\n/,
    );
  });

  it('keeps the rest of the model, and its own place in it', () => {
    const after = replaced(FOLDERS, 'group', { relations: { member: ['user', 'agent', 'group#member'] } });
    assert.deepEqual(
      after.type_definitions.map(({ type }) => type),
      ['agent', 'user', 'group', 'folder'],
    );
    assert.equal(
      canonicalJson(after.type_definitions.filter(({ type }) => type === 'folder')),
      canonicalJson(FOLDERS.type_definitions.filter(({ type }) => type === 'folder')),
    );
  });

  it('may be the first of an org: subjects of the platform need no namespace of their own', () => {
    const after = replaced(undefined, 'document', { relations: { owner: ['user', 'client'] }, permissions: {} });
    assert.equal(after.schema_version, '1.1');
    assert.deepEqual(
      after.type_definitions.map(({ type }) => type),
      ['user', 'client', 'document'],
    );
    assert.match(
      refusal(undefined, 'document', { relations: { owner: ['team'] } }),
      /relation owner: 'team' is no type/,
    );
  });

  it('is written as it is read', () => {
    const form = {
      relations: {
        parent: ['folder'],
        editor: ['user', 'parent.editor'],
        banned: { intersection: [['user'], 'editor'] },
      },
      permissions: { can_view: ['editor', 'parent.can_view'] },
    };
    const after = replaced(FOLDERS, 'document', form);
    assert.deepEqual(namespaceOf(after, 'document'), { name: 'document', ...form });
    assert.equal(namespaceOf(after, 'nothing'), undefined);
    for (const namespace of namespacesOf(after)) {
      assert.equal(canonicalJson(replaced(after, namespace.name, namespace)), canonicalJson(after));
    }
  });

  it('says with an object what a text would say differently', () => {
    const odd = model(`
type user
type group
type document
  relations
    define group: [group]
    define a: [document]
    define a.b: [document]
    define x: [user] or group
    define b.c: [user]
    define y: b.c from a
    define c: [user]
    define z: c from a.b
    define user: [user]
    define w: [group] or user
`);
    const view = namespaceOf(odd, 'document');
    assert.deepEqual(view?.relations.x, ['user', { relation: 'group' }]);
    assert.deepEqual(view?.permissions.y, [{ from: 'a', relation: 'b.c' }]);
    assert.deepEqual(view?.permissions.z, [{ from: 'a.b', relation: 'c' }]);
    assert.deepEqual(view?.relations.w, ['group', { relation: 'user' }]);
    assert.equal(canonicalJson(replaced(odd, 'document', view)), canonicalJson(odd));
    const text = { relations: { a: ['document'], 'a.b': ['document'], c: ['user'], 'b.c': ['user'] } };
    assert.match(refusal(odd, 'document', { ...text, permissions: { y: ['a.b.c'] } }), /can be read in several ways/);
  });
});

describe('what a namespace cannot say', () => {
  const CONDITIONED = model(`
type user
type document
  relations
    define owner: [user]
    define banned: [user]
    define viewer: [user with at_work] or owner
    define can_view: viewer but not banned
    define can_list: can_view or owner
condition at_work(hour: int) {
  hour >= 9
}
`);

  it('is marked when it is written', () => {
    assert.deepEqual(namespaceOf(CONDITIONED, 'document'), {
      name: 'document',
      relations: { owner: ['user'], banned: ['user'] },
      permissions: { can_list: ['can_view', 'owner'] },
      not_expressible: [
        { relation: 'viewer', reason: 'condition' },
        { relation: 'can_view', reason: 'exclusion' },
      ],
    });
  });

  it('is kept when the namespace comes back with its mark', () => {
    const view = namespaceOf(CONDITIONED, 'document');
    const order = (of: AuthorizationModel) => canonicalJson(of);
    assert.equal(order(replaced(CONDITIONED, 'document', view)), order(CONDITIONED));
    const more = replaced(CONDITIONED, 'document', { ...view, permissions: { can_list: ['can_view', 'banned'] } });
    assert.match(dslOf(more), /define viewer: \[user with at_work\] or owner/);
    assert.match(dslOf(more), /define can_list: can_view or banned/);
  });

  it('is never dropped without a word', () => {
    const without = refusal(CONDITIONED, 'document', { relations: { owner: ['user'] } });
    assert.match(without, /type document, relation viewer: it is defined with a condition/);
    assert.match(without, /type document, relation can_view: it is defined with 'but not'/);
    const other = { relations: { owner: ['user'], viewer: ['user'] }, permissions: { can_view: ['viewer'] } };
    assert.match(dslOf(replaced(CONDITIONED, 'document', other)), /define viewer: \[user\]\n/);
    assert.match(
      refusal(FOLDERS, 'group', { relations: { member: ['user'] }, not_expressible: [{ relation: 'x' }] }),
      /not_expressible names 'x', which is none here/,
    );
  });

  const refused: readonly [title: string, json: unknown, detail: RegExp][] = [
    [
      'exclusion',
      { permissions: { p: { exclusion: ['member', 'x'] } } },
      /relation p: a namespace cannot say exclusion/,
    ],
    ['conditions', { relations: { r: ['user with c'] } }, /relation r: a namespace cannot say conditions/],
    ['types in a permission', { permissions: { p: ['user'] } }, /'user' is no relation or permission.*but a type/],
    ['usersets in a permission', { permissions: { p: ['group#member'] } }, /stands under relations/],
    ['relations without types', { relations: { a: ['user'], r: ['a'] } }, /names at least one type/],
    ['types in two lists', { relations: { r: { intersection: [['user'], ['group']] } } }, /types stand in one list/],
    ['nothing', { permissions: { p: [] } }, /a list names something/],
    [
      'an intersection of one',
      { relations: { a: ['user'] }, permissions: { p: { intersection: ['a'] } } },
      /at least two/,
    ],
    ['a name twice', { relations: { a: ['user'] }, permissions: { a: ['a'] } }, /a relation and a permission/],
    [
      'a loop',
      { relations: { member: ['user'] }, permissions: { a: ['b'], b: ['a'] } },
      /it is defined by itself: a → b → a/,
    ],
    ['unknown arrows', { permissions: { p: ['parent.x'] } }, /'parent.x' is no relation/],
    ['unknown members', { relations: {}, rules: [] }, /not 'rules'/],
    ['another name', { name: 'team' }, /its name is 'group'/],
    ['a list', [], /a namespace is an object/],
    ['names that are none', { relations: { 'a b': ['user'] } }, /'a b' is no name of a relation/],
    ['names of the language', JSON.parse('{"permissions":{"p":["__proto__"]}}'), /'__proto__' is no relation/],
  ];
  for (const [title, json, detail] of refused) {
    it(`is refused with its place: ${title}`, () => assert.match(refusal(FOLDERS, 'group', json), detail));
  }

  it('nor are types removed that others name', () => {
    const gone = modelFromNamespaces(FOLDERS, new Map([['folder', namespaceOf(FOLDERS, 'folder')]]));
    assert.ok(!gone.ok);
    assert.match(
      gone.error.map(problemText).join('\n'),
      /type folder, relation editor: 'group' is no type of the model/,
    );
  });
});

describe('all namespaces at once', () => {
  const team = {
    relations: { member: ['user', 'team#member'], room: ['room'] },
    permissions: { enter: ['room.owner'] },
  };
  const room = { relations: { owner: ['team#member'] } };
  const of = (before: AuthorizationModel | undefined, namespaces: object) =>
    modelFromNamespaces(before, new Map(Object.entries(namespaces)));

  it('may name each other, and are the whole model then', () => {
    const model = of(FOLDERS, { team, room });
    assert.ok(model.ok, model.ok ? '' : model.error.map(problemText).join('\n'));
    assert.deepEqual(
      namespacesOf(model.value).map(({ name }) => name),
      ['user', 'team', 'room'],
    );
  });

  it('are refused together, each problem with its namespace', () => {
    const model = of(undefined, { team: { permissions: { p: ['x'] } }, room: [] });
    assert.ok(!model.ok);
    const said = model.error.map(problemText).join('\n');
    assert.match(said, /type team, relation p: 'x' is no relation or permission/);
    assert.match(said, /type room: a namespace is an object/);
  });

  it('keep what they cannot say only where they are told to', () => {
    const before = replaced(FOLDERS, 'group', { relations: { member: ['user'], banned: ['user'] } });
    const dsl = dslOf(before).replace(
      'define banned: [user]',
      'define banned: [user]\n    define ok: member but not banned',
    );
    const excluding = modelFromDsl(dsl);
    assert.ok(excluding.ok);
    const { relations } = namespaceOf(excluding.value, 'group') ?? {};
    const folder = namespaceOf(excluding.value, 'folder');
    assert.ok(!of(excluding.value, { group: { relations }, folder }).ok);
    const kept = of(excluding.value, { group: { relations, not_expressible: [{ relation: 'ok' }] }, folder });
    assert.ok(kept.ok && /define ok: member but not banned/.test(dslOf(kept.value)));
  });
});
