import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';
import { DOCUMENTS, key, type RelationsWorld, relationsOf, useModel } from '../support/relations-world.js';

/** Models and stores of the relations API: written in every form, read back, refused with the place, tried before they count. */

interface ModelView {
  readonly id: string;
  readonly created_at: string;
  readonly json: { readonly schema_version: string; readonly type_definitions: readonly { readonly type: string }[] };
  readonly dsl: string;
}
interface Refused {
  readonly code: string;
  readonly message: string;
  readonly details: {
    readonly problems: readonly string[];
    readonly codes: readonly string[];
    /** `file:line:column`. */
    readonly places: readonly string[];
  };
}
interface Tried {
  readonly checked: number;
  readonly changed: readonly {
    readonly object: string;
    readonly relation: string;
    readonly subject: string;
    readonly before: { readonly allowed?: boolean; readonly error?: { readonly code: string } };
    readonly after: { readonly allowed?: boolean; readonly error?: { readonly code: string } };
  }[];
  readonly token: string;
}

const SMALL = 'model\n  schema 1.1\n\ntype user\n\ntype document\n  relations\n    define viewer: [user]\n';
const MODULES = [
  { name: 'core.fga', contents: 'module core\n\ntype user\n\ntype group\n  relations\n    define member: [user]\n' },
  {
    name: 'wiki.fga',
    contents: 'module wiki\n\ntype page\n  relations\n    define reader: [user, group#member]\n',
  },
];

let org: OrgWorld;
let relations: RelationsWorld;

before(async () => {
  org = await createOrgWorld('relation-models');
  relations = relationsOf(org);
});

async function read(id: string, store?: string): Promise<ModelView> {
  return (await relations.send('GET', `models/${id}${store ? `?store=${store}` : ''}`)).expect(200).json();
}

async function newStore(name: string): Promise<string> {
  return (await relations.send('POST', 'stores', { name })).expect(201).json<{ id: string }>().id;
}

async function refusedModel(body: object): Promise<Refused> {
  return (await relations.send('POST', 'models', body)).expect(400).json();
}

describe('Relation models', () => {
  it('written as text, read as text and as JSON', async () => {
    const store = await newStore('as text');
    const id = await useModel(org, DOCUMENTS, store);
    const model = await read(id, store);
    const again = await relations.send('POST', 'models', { dsl: model.dsl, store });
    assert.equal(again.expect(201).json<{ created: boolean }>().created, false, 'the text that was read says the same');
    assert.match(model.dsl, /define can_view: viewer but not blocked/);
    assert.equal(model.json.schema_version, '1.1');
    assert.deepEqual(
      model.json.type_definitions.map(({ type }) => type),
      ['user', 'agent', 'group', 'folder', 'document'],
    );
    assert.deepEqual(await read('latest', store), model);
  });

  it('written as JSON, as it was read', async () => {
    const [one, two] = [await newStore('one'), await newStore('two')];
    const { json, dsl } = await read(await useModel(org, DOCUMENTS, one), one);
    const answer = await relations.send('POST', 'models', { json, store: two });
    const { id, created } = answer.expect(201).json<{ id: string; created: boolean }>();
    assert.equal(created, true);
    assert.equal((await read(id, two)).dsl, dsl);
  });

  it('written as modules, with a manifest and without', async () => {
    const store = await newStore('modules');
    const manifest = { name: 'fga.mod', contents: "schema: '1.2'\ncontents:\n  - core.fga\n  - wiki.fga\n" };
    const write = async (modules: object) =>
      (await relations.send('POST', 'models', { modules, store }))
        .expect(201)
        .json<{ id: string; created: boolean; token: string }>();
    const { id } = await write(MODULES);
    assert.deepEqual(
      (await read(id, store)).json.type_definitions.map(({ type }) => type),
      ['user', 'group', 'page'],
    );
    const again = await write([manifest, ...MODULES]);
    assert.deepEqual([again.id, again.created], [id, false], 'they say the same');
    const extended = [
      ...MODULES,
      {
        name: 'hr.fga',
        contents: 'module hr\n\nextend type group\n  relations\n    define owner: [user]\n',
      },
    ];
    const { id: newer } = await write(extended);
    assert.notEqual(newer, id);
    await relations.ask('tuples', { writes: [key('group:1#owner@user:anne')], store });
    const without = await refusedModel({ modules: [manifest, ...extended], store });
    assert.match(JSON.stringify(without), /hr\.fga/, 'a file that the manifest does not list');
  });

  it('one that says what the newest says is not written again', async () => {
    const store = await newStore('again');
    const write = async (dsl: string) =>
      (await relations.send('POST', 'models', { dsl, store })).expect(201).json<{ id: string; created: boolean }>();
    const first = await write(SMALL);
    const second = await write(SMALL.replace('define viewer', '# who may see it\n    define   viewer'));
    assert.deepEqual([first.created, second.created, second.id], [true, false, first.id]);
    const third = await write(SMALL.replace('[user]', '[user, user:*]'));
    const fourth = await write(SMALL);
    assert.equal(
      new Set([first.id, third.id, fourth.id]).size,
      3,
      'an earlier one is a newer model when it comes back',
    );
  });

  it('are listed, newest first, in pages', async () => {
    const store = await newStore('many');
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift(await useModel(org, SMALL.replace('viewer', `viewer${n}`), store));
    const listed: string[] = [];
    for (let cursor: string | undefined, pages = 0; ; pages++) {
      const query = `models?store=${store}&limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
      const page = (await relations.send('GET', query)).expect(200).json<{ models: ModelView[]; cursor?: string }>();
      listed.push(...page.models.map(({ id }) => id));
      cursor = page.cursor;
      if (cursor === undefined) {
        assert.equal(pages, 2);
        break;
      }
    }
    assert.deepEqual(listed, ids);
    assert.equal((await read('latest', store)).id, ids[0]);
    for (const id of ['01JD0000000000000000000000', 'none', '%20'])
      assert.equal(
        (await relations.send('GET', `models/${id}?store=${store}`)).expect(404).json<Refused>().code,
        'model_not_found',
      );
  });

  it('an answer may be asked of an earlier one', async () => {
    const store = await newStore('earlier');
    const old = await useModel(org, SMALL, store);
    await relations.ask('tuples', { writes: [key('document:1#viewer@user:anne')], store });
    await useModel(org, SMALL.replace('define viewer', 'define owner: [user]\n    define viewer'), store);
    const may = async (text: string, model?: string) => relations.may(text, { store, ...(model && { model }) });
    assert.equal(await may('document:1#viewer@user:anne'), true);
    assert.equal(await may('document:1#viewer@user:anne', old), true);
    assert.equal(await may('document:1#owner@user:anne'), false);
    const unknown = { ...key('document:1#owner@user:anne'), store, model: old };
    assert.equal((await relations.refused('check', unknown, 400)).code, 'relation_not_found');
  });

  for (const [what, dsl, line, words] of [
    ['a relation that is not there', SMALL.replace('[user]', '[user] or editor'), 8, /editor/],
    ['a type that is not there', SMALL.replace('[user]', '[person]'), 8, /person/],
    ['a word out of place', SMALL.replace('type document', 'typ document'), 6, /./],
    ['two types of one name', `${SMALL}\ntype user\n`, 4, /user/],
    [
      'a condition that does not compile',
      `${SMALL.replace('[user]', '[user with late]')}\ncondition late(at: int) {\n  at > "x"\n}\n`,
      10,
      /\(int, string\)/,
    ],
    ['nothing', '', 1, /./],
  ] as const) {
    it(`refused with its line: ${what}`, async () => {
      const refused = await refusedModel({ dsl });
      assert.equal(refused.code, 'invalid_model');
      const { problems, codes, places } = refused.details;
      const at = places.findIndex((place) => place.startsWith(`${line}:`));
      assert.match(problems[at] ?? '', words, JSON.stringify(refused.details));
      assert.ok(codes[at]);
    });
  }

  it('every problem of a model is told at once, and those of modules with their file', async () => {
    const broken = SMALL.replace('[user]', '[person] or editor\n    define other: nobody');
    const { details } = await refusedModel({ dsl: broken });
    assert.ok(details.problems.length >= 2, JSON.stringify(details));
    const [core, wiki] = MODULES;
    const modules = [core, { name: wiki?.name, contents: wiki?.contents.replace('group#member', 'group#boss') }];
    const ofModules = await refusedModel({ modules });
    assert.ok(
      ofModules.details.places.some((place) => place.startsWith('wiki.fga:5:')),
      JSON.stringify(ofModules.details),
    );
  });

  it('sent in no form, in two, or in one that is none', async () => {
    for (const body of [
      {},
      { dsl: SMALL, json: {} },
      { modules: [] },
      { dsl: 7 },
      { json: 'x' },
      { modules: [{ name: 'a' }] },
    ])
      assert.equal((await refusedModel(body)).code, 'validation_error');
    const twice = [...MODULES, ...MODULES];
    assert.equal((await refusedModel({ modules: twice })).code, 'validation_error');
    for (const json of [{}, { schema_version: '0.9' }, { schema_version: '1.1', type_definitions: [{}] }])
      assert.equal((await refusedModel({ json })).code, 'invalid_model');
  });

  it('nothing that was refused counts', async () => {
    const store = await newStore('untouched');
    const id = await useModel(org, SMALL, store);
    await refusedModel({ dsl: SMALL.replace('[user]', '[person]'), store });
    assert.equal((await read('latest', store)).id, id);
  });
});

describe('Stores', () => {
  it('are made, listed, found by name, and deleted with all that they hold', async () => {
    const world = await createOrgWorld('relation-stores');
    const own = relationsOf(world);
    const list = async (query = '') =>
      (await own.send('GET', `stores${query}`))
        .expect(200)
        .json<{ stores: { id: string; name: string }[]; cursor?: string }>();
    assert.deepEqual((await list()).stores, [], 'the own store comes with its first model');
    await useModel(world, SMALL);
    const [{ id: first = '' } = {}] = (await list()).stores;
    const made = (await own.send('POST', 'stores', { name: 'staging' }))
      .expect(201)
      .json<{ id: string; model: null }>();
    assert.equal(made.model, null);
    assert.deepEqual(
      (await list()).stores.map(({ id }) => id),
      [made.id, first],
    );
    assert.deepEqual(
      (await list('?name=staging')).stores.map(({ id }) => id),
      [made.id],
    );
    const page = await list('?limit=1');
    assert.deepEqual(
      [page.stores[0]?.id, (await list(`?limit=1&cursor=${encodeURIComponent(page.cursor ?? '')}`)).stores[0]?.id],
      [made.id, first],
    );
    await useModel(world, SMALL, made.id);
    await own.ask('tuples', { writes: [key('document:1#viewer@user:anne')], store: made.id });
    (await own.send('DELETE', `stores/${made.id}`)).expect(200);
    (await own.send('DELETE', `stores/${made.id}`)).expect(404);
    (await own.send('GET', `stores/${made.id}`)).expect(404);
    const gone = { ...key('document:1#viewer@user:anne'), store: made.id };
    assert.equal((await own.refused('check', gone, 404)).code, 'store_not_found');
    assert.equal(
      (await own.refused('tuples', { writes: [key('document:1#viewer@user:x')], store: made.id }, 404)).code,
      'store_not_found',
    );
  });

  it('the own store of the org stays', async () => {
    await useModel(org, SMALL);
    const { stores } = (await relations.send('GET', 'stores?limit=100')).expect(200).json<{
      stores: readonly { id: string; name: string }[];
    }>();
    const own = stores.at(-1);
    assert.ok(own);
    const answer = await relations.send('DELETE', `stores/${own.id}`);
    assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
    (await relations.send('GET', `stores/${own.id}`)).expect(200);
    const named = await relations.ask<{ allowed: boolean }>('check', {
      ...key('document:1#viewer@user:x'),
      store: own.id,
    });
    assert.equal(named.allowed, false, 'its id names it too');
  });

  it('a name is readable text', async () => {
    for (const name of ['', ' ', 'a\nb', '\u0007', 'x'.repeat(65), 7, null])
      assert.equal((await relations.refused('stores', { name }, 400)).code, 'validation_error', JSON.stringify(name));
  });
});

describe('Dry runs', () => {
  const open = SMALL.replace('[user]', '[user, user:*]').replace(
    'define viewer',
    'define owner: [user]\n    define viewer',
  );
  const given = (text: string, more: object = {}) => ({ ...key(text), ...more });

  it('which of these answers would change, and nothing changes', async () => {
    const store = await newStore('dry');
    const id = await useModel(org, open, store);
    await relations.ask('tuples', {
      writes: ['document:1#viewer@user:*', 'document:2#owner@user:anne', 'document:3#viewer@user:bob'].map(key),
      store,
    });
    const dsl = SMALL.replace('viewer: [user]', 'owner: [user]\n    define viewer: [user] or owner');
    const tried = await relations.ask<Tried>('dry-run', {
      dsl,
      store,
      consistency: 'fully_consistent',
      checks: [
        given('document:1#viewer@user:anne'),
        given('document:2#viewer@user:anne'),
        given('document:2#owner@user:anne'),
        given('document:3#viewer@user:bob'),
        given('document:4#viewer@user:bob'),
        given('document:4#viewer@user:bob', { contextual_tuples: [key('document:4#owner@user:bob')] }),
      ],
    });
    assert.equal(tried.checked, 6);
    assert.deepEqual(
      tried.changed.map(({ object, relation, subject, before, after }) => [
        `${object}#${relation}@${subject}`,
        before.allowed,
        after.allowed,
      ]),
      [
        ['document:1#viewer@user:anne', true, false],
        ['document:2#viewer@user:anne', false, true],
        ['document:4#viewer@user:bob', false, true],
      ],
    );
    assert.equal((await read('latest', store)).id, id, 'it was only tried');
    assert.equal(await relations.may('document:1#viewer@user:anne', { store }), true);
    const renamed = await relations.ask<Tried>('dry-run', {
      dsl: SMALL,
      store,
      checks: [given('document:2#owner@user:anne')],
    });
    assert.deepEqual(
      [renamed.changed[0]?.before.allowed, renamed.changed[0]?.after.error?.code],
      [true, 'relation_not_found'],
    );
  });

  it('of those that were asked lately', async () => {
    const store = await newStore('lately');
    await useModel(org, open, store);
    await relations.ask('tuples', { writes: [key('document:1#viewer@user:*')], store });
    assert.equal((await relations.ask<Tried>('dry-run', { dsl: SMALL, store })).checked, 0);
    for (const subject of ['user:anne', 'user:bob', 'user:anne'])
      await relations.ask('check', {
        object: 'document:1',
        relation: 'viewer',
        subject,
        store,
        consistency: 'fully_consistent',
      });
    await relations.ask('checks', { checks: [given('document:2#viewer@user:anne')], store });
    const tried = await relations.ask<Tried>('dry-run', { dsl: SMALL, store, consistency: 'fully_consistent' });
    assert.equal(tried.checked, 3, 'each once');
    assert.deepEqual(tried.changed.map(({ object, subject }) => [object, subject]).sort(), [
      ['document:1', 'user:anne'],
      ['document:1', 'user:bob'],
    ]);
  });

  it('a model that is none is refused as when it is written', async () => {
    const refused = await relations.refused('dry-run', { dsl: SMALL.replace('[user]', '[person]') }, 400);
    assert.equal(refused.code, 'invalid_model');
  });
});

describe('Who may write models', () => {
  it('who manages them; readers read and try', async () => {
    const answer = await org.call('POST', '/admin/api-keys', { name: 'reader', scopes: ['admin:read'] }, 201);
    const reader = { apiKey: answer.json<{ data: { key: string } }>().data.key };
    await useModel(org, SMALL);
    const store = await newStore('kept');
    const dsl = SMALL.replace('viewer', 'reader');
    (await relations.send('GET', 'models/latest', undefined, reader)).expect(200);
    (await relations.send('GET', 'stores', undefined, reader)).expect(200);
    await relations.ask('dry-run', { dsl, checks: [key('document:1#viewer@user:x')] }, reader);
    await relations.refused('models', { dsl }, 403, reader);
    await relations.refused('stores', { name: 'x' }, 403, reader);
    (await relations.send('DELETE', `stores/${store}`, undefined, reader)).expect(403);
    (await relations.send('DELETE', `stores/${store}`)).expect(200);
  });
});
