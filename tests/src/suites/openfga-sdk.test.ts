import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import {
  ClientWriteRequestOnDuplicateWrites,
  ClientWriteRequestOnMissingDeletes,
  ConsistencyPreference,
  CredentialsMethod,
  FgaApiAuthenticationError,
  FgaApiNotFoundError,
  FgaApiValidationError,
  OpenFgaClient,
  type RelationReference,
  TupleOperation,
  type TypeDefinition,
} from '@openfga/sdk';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';

/** A store of another org, and one that never was. */
const NOWHERE = '01JZZZZZZZZZZZZZZZZZZZZZZZ';

const direct = (...types: RelationReference[]) => ({ directly_related_user_types: types });

/** Documents in folders, shared with groups; a share may hold only from an office. */
const TYPES = [
  { type: 'user', relations: {} },
  {
    type: 'group',
    relations: { member: { this: {} } },
    metadata: { relations: { member: direct({ type: 'user' }, { type: 'group', relation: 'member' }) } },
  },
  {
    type: 'folder',
    relations: { viewer: { this: {} } },
    metadata: { relations: { viewer: direct({ type: 'user' }) } },
  },
  {
    type: 'document',
    relations: {
      parent: { this: {} },
      blocked: { this: {} },
      owner: { this: {} },
      viewer: {
        union: {
          child: [
            { this: {} },
            { computedUserset: { object: '', relation: 'owner' } },
            {
              tupleToUserset: {
                tupleset: { object: '', relation: 'parent' },
                computedUserset: { object: '', relation: 'viewer' },
              },
            },
          ],
        },
      },
      can_view: {
        difference: {
          base: { computedUserset: { object: '', relation: 'viewer' } },
          subtract: { computedUserset: { object: '', relation: 'blocked' } },
        },
      },
    },
    metadata: {
      relations: {
        parent: direct({ type: 'folder' }),
        blocked: direct({ type: 'user' }),
        owner: direct({ type: 'user' }),
        viewer: direct(
          { type: 'user' },
          { type: 'user', wildcard: {} },
          { type: 'group', relation: 'member' },
          { type: 'user', condition: 'from_office' },
        ),
      },
    },
  },
] as unknown as TypeDefinition[];

const CONDITIONS = {
  from_office: {
    name: 'from_office',
    expression: 'ip == office',
    parameters: { ip: { type_name: 'TYPE_NAME_STRING' }, office: { type_name: 'TYPE_NAME_STRING' } },
  },
} as never;
const MODEL = { schema_version: '1.1', type_definitions: TYPES, conditions: CONDITIONS };

const tuple = (object: string, relation: string, user: string) => ({ object, relation, user });

let org: OrgWorld;
let url = '';
let credentials: { readonly apiToken: object; readonly clientCredentials: object };

/** The SDK as its documentation configures it. */
function connect(options: Readonly<Record<string, unknown>> = {}): OpenFgaClient {
  return new OpenFgaClient({
    apiUrl: url,
    credentials: credentials.apiToken as never,
    retryParams: { maxRetry: 0 },
    ...options,
  });
}

/** A client of a new store with the model and these tuples. */
async function furnished(name: string, ...tuples: readonly object[]): Promise<OpenFgaClient & { model: string }> {
  const { id } = await connect().createStore({ name });
  const fga = connect({ storeId: id });
  const { authorization_model_id: model } = await fga.writeAuthorizationModel(MODEL);
  if (tuples.length > 0) await fga.writeTuples(tuples as never);
  return Object.assign(fga, { model });
}

/** Any state that the other replicas of a cluster have not heard of yet is not what these tests are about. */
const FRESH = { consistency: ConsistencyPreference.HigherConsistency };

before(async () => {
  org = await createOrgWorld('openfga');
  url = `${org.http.baseUrl}/orgs/${org.slug}/openfga`;
  const machine = await org.addClient({
    applicationType: 'm2m',
    scopes: ['relations.read', 'relations.write', 'relations.models.manage', 'authz:check'],
  });
  credentials = {
    apiToken: { method: CredentialsMethod.ApiToken, config: { token: org.apiKey } },
    clientCredentials: {
      method: CredentialsMethod.ClientCredentials,
      config: {
        clientId: machine.clientId,
        clientSecret: machine.clientSecret,
        apiTokenIssuer: `${org.http.baseUrl}${org.api}/oauth/token`,
        apiAudience: org.issuer,
      },
    },
  };
});

describe('@openfga/sdk, stores', () => {
  it('createStore, getStore, deleteStore', async () => {
    const created = await connect().createStore({ name: 'made by the sdk' });
    assert.match(created.id, /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
    assert.equal(created.name, 'made by the sdk');
    const fga = connect({ storeId: created.id });
    const read = await fga.getStore();
    assert.deepEqual([read.id, read.name, read.created_at], [created.id, created.name, created.created_at]);
    await fga.deleteStore();
    await assert.rejects(fga.getStore(), (error: FgaApiNotFoundError) => {
      assert.ok(error instanceof FgaApiNotFoundError);
      assert.equal(error.apiErrorCode, 'store_id_not_found');
      return true;
    });
  });

  it('listStores, in pages and by name', async () => {
    const names = ['page one', 'page two', 'page three'];
    for (const name of names) await connect().createStore({ name });
    const seen: string[] = [];
    for (let token = ''; ; ) {
      const page = await connect().listStores({ pageSize: 2, ...(token && { continuationToken: token }) });
      assert.ok(page.stores.length <= 2);
      seen.push(...page.stores.map(({ name }) => name));
      token = page.continuation_token;
      if (token === '') break;
    }
    for (const name of names) assert.ok(seen.includes(name), name);
    const { stores } = await connect().listStores({ name: 'page two' });
    assert.deepEqual(
      stores.map(({ name }) => name),
      ['page two'],
    );
  });

  it('a name that OpenFGA refuses is refused, in its words', async () => {
    for (const name of ['', 'ab', '$money', 'x'.repeat(65)]) {
      await assert.rejects(connect().createStore({ name }), (error: FgaApiValidationError) => {
        assert.equal(error.apiErrorCode, 'validation_error');
        assert.equal(error.statusCode, 400);
        return true;
      });
    }
  });
});

describe('@openfga/sdk, authorization models', () => {
  it('writes, reads, lists in pages, and finds the latest', async () => {
    const { id } = await connect().createStore({ name: 'models' });
    const fga = connect({ storeId: id });
    const first = await fga.writeAuthorizationModel(MODEL);
    const second = await fga.writeAuthorizationModel({
      schema_version: '1.1',
      type_definitions: [{ type: 'user' }, { type: 'thing' }],
    });
    assert.match(first.authorization_model_id, /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
    const read = await fga.readAuthorizationModel({ authorizationModelId: first.authorization_model_id });
    const model = read.authorization_model;
    assert.equal(model?.id, first.authorization_model_id);
    assert.deepEqual(
      model?.type_definitions.map(({ type }) => type),
      TYPES.map(({ type }) => type),
    );
    assert.equal(model?.conditions?.from_office?.expression, 'ip == office');
    const latest = await fga.readLatestAuthorizationModel();
    assert.equal(latest.authorization_model?.id, second.authorization_model_id);
    const one = await fga.readAuthorizationModels({ pageSize: 1 });
    assert.deepEqual(
      one.authorization_models.map((item) => item.id),
      [second.authorization_model_id],
    );
    const rest = await fga.readAuthorizationModels({ pageSize: 1, continuationToken: one.continuation_token ?? '' });
    assert.deepEqual(
      rest.authorization_models.map((item) => item.id),
      [first.authorization_model_id],
    );
    assert.equal(rest.continuation_token, '');
    // Written again as it was read: nothing is lost on the way.
    const again = await fga.writeAuthorizationModel(model as never);
    const copy = await fga.readAuthorizationModel({ authorizationModelId: again.authorization_model_id });
    assert.deepEqual({ ...copy.authorization_model, id: '' }, { ...model, id: '' });
    await fga.checkValidApiConnection();
  });

  it('an unsound model is refused with the place', async () => {
    const fga = await furnished('unsound');
    const relations = { viewer: { computedUserset: { relation: 'nobody' } } };
    await assert.rejects(
      fga.writeAuthorizationModel({ schema_version: '1.1', type_definitions: [{ type: 'document', relations }] }),
      (error: FgaApiValidationError) => {
        assert.equal(error.apiErrorCode, 'invalid_authorization_model');
        assert.match(error.apiErrorMessage ?? '', /document.*viewer/);
        return true;
      },
    );
    await assert.rejects(
      fga.writeAuthorizationModel({ schema_version: '1.1', type_definitions: [] }),
      (error: FgaApiValidationError) => error.apiErrorCode === 'type_definitions_too_few_items',
    );
  });

  it('a model that is not there', async () => {
    const fga = await furnished('no such model');
    for (const call of [
      () => fga.readAuthorizationModel({ authorizationModelId: NOWHERE }),
      () => fga.check(tuple('document:1', 'viewer', 'user:anne'), { authorizationModelId: NOWHERE }),
    ]) {
      await assert.rejects(call(), (error: FgaApiValidationError) => {
        assert.equal(error.apiErrorCode, 'authorization_model_not_found');
        return true;
      });
    }
  });
});

describe('@openfga/sdk, tuples', () => {
  it('write: all or nothing', async () => {
    const fga = await furnished('transactions');
    const [anne, bob] = [tuple('document:1', 'owner', 'user:anne'), tuple('document:1', 'owner', 'user:bob')];
    await fga.write({ writes: [anne, bob] });
    const carl = tuple('document:1', 'owner', 'user:carl');
    await assert.rejects(fga.write({ writes: [carl, anne] }), (error: FgaApiValidationError) => {
      assert.equal(error.apiErrorCode, 'write_failed_due_to_invalid_input');
      assert.match(error.apiErrorMessage ?? '', /document:1#owner@user:anne/);
      return true;
    });
    await assert.rejects(
      fga.write({ writes: [carl], deletes: [tuple('document:9', 'owner', 'user:anne')] }),
      (error: FgaApiValidationError) => error.apiErrorCode === 'write_failed_due_to_invalid_input',
    );
    assert.equal((await fga.read({ object: 'document:1' })).tuples.length, 2);
    await fga.write({ writes: [carl], deletes: [anne, bob] });
    const { tuples } = await fga.read({ object: 'document:1' });
    assert.deepEqual(
      tuples.map(({ key }) => key.user),
      ['user:carl'],
    );
  });

  it('on_duplicate and on_missing', async () => {
    const anne = tuple('document:1', 'owner', 'user:anne');
    const fga = await furnished('duplicates', anne);
    const conflict = {
      onDuplicateWrites: ClientWriteRequestOnDuplicateWrites.Ignore,
      onMissingDeletes: ClientWriteRequestOnMissingDeletes.Ignore,
    };
    await fga.write(
      {
        writes: [anne, tuple('document:1', 'owner', 'user:bob')],
        deletes: [tuple('document:2', 'owner', 'user:anne')],
      },
      { conflict },
    );
    assert.equal((await fga.read({})).tuples.length, 2);
  });

  it('write without transaction: each chunk has a result of its own', async () => {
    const anne = tuple('document:1', 'owner', 'user:anne');
    const fga = await furnished('chunks', anne);
    const { writes } = await fga.write(
      { writes: [anne, tuple('document:2', 'owner', 'user:anne'), tuple('document:3', 'nothing', 'user:anne')] },
      { transaction: { disable: true, maxPerChunk: 1, maxParallelRequests: 2 } },
    );
    assert.deepEqual(writes.map(({ status }) => status).sort(), ['failure', 'failure', 'success']);
  });

  it('writeTuples and deleteTuples', async () => {
    const fga = await furnished('short forms');
    const some = [tuple('document:1', 'viewer', 'user:*'), tuple('document:1', 'viewer', 'group:eng#member')];
    await fga.writeTuples(some);
    assert.equal((await fga.read({})).tuples.length, 2);
    await fga.deleteTuples(some);
    assert.equal((await fga.read({})).tuples.length, 0);
  });

  it('what the model does not allow, or what is no tuple, is refused', async () => {
    const fga = await furnished('not allowed');
    const wrong = [
      tuple('document:1', 'owner', 'group:eng#member'),
      tuple('document:1', 'owner', 'user:*'),
      tuple('document:1', 'can_view', 'user:anne'),
      tuple('report:1', 'owner', 'user:anne'),
      tuple('document:1', 'nothing', 'user:anne'),
      tuple('document', 'owner', 'user:anne'),
      tuple('document:1', 'owner', 'anne'),
      tuple('document:1', 'owner', 'user:an ne'),
      tuple('document:*', 'owner', 'user:anne'),
      { ...tuple('document:1', 'owner', 'user:anne'), condition: { name: 'from_office' } },
      { ...tuple('document:1', 'viewer', 'user:anne'), condition: { name: 'from_office', context: { office: 7 } } },
    ];
    for (const item of wrong) {
      await assert.rejects(fga.write({ writes: [item] }), (error: FgaApiValidationError) => {
        assert.equal(error.apiErrorCode, 'validation_error', JSON.stringify(item));
        return true;
      });
    }
    const anne = tuple('document:1', 'owner', 'user:anne');
    await assert.rejects(
      fga.write({ writes: [anne, anne] }),
      (error: FgaApiValidationError) => error.apiErrorCode === 'cannot_allow_duplicate_tuples_in_one_request',
    );
    await assert.rejects(fga.write({}), (error: FgaApiValidationError) => error.apiErrorCode === 'invalid_write_input');
    assert.equal((await fga.read({})).tuples.length, 0);
  });

  it('read: by object, by type and user, everything, in pages', async () => {
    const fga = await furnished(
      'reading',
      ...Array.from({ length: 7 }, (_, n) => tuple(`document:${n}`, 'viewer', 'user:anne')),
      tuple('document:1', 'owner', 'user:bob'),
      tuple('folder:1', 'viewer', 'user:anne'),
    );
    const found = async (filter: object) =>
      (await fga.read(filter)).tuples.map(({ key }) => `${key.object}#${key.relation}@${key.user}`).sort();
    assert.deepEqual(await found({ object: 'document:1' }), [
      'document:1#owner@user:bob',
      'document:1#viewer@user:anne',
    ]);
    assert.deepEqual(await found({ object: 'document:1', relation: 'owner' }), ['document:1#owner@user:bob']);
    assert.equal((await found({ object: 'document:', user: 'user:anne' })).length, 7);
    assert.deepEqual(await found({ object: 'document:', relation: 'owner', user: 'user:bob' }), [
      'document:1#owner@user:bob',
    ]);
    const seen: string[] = [];
    for (let token = ''; ; ) {
      const page = await fga.read({}, { pageSize: 4, ...(token && { continuationToken: token }) });
      seen.push(...page.tuples.map(({ key }) => JSON.stringify(key)));
      token = page.continuation_token;
      if (token === '') break;
    }
    assert.equal(seen.length, 9);
    assert.equal(new Set(seen).size, 9);
    for (const filter of [{ object: 'document:' }, { relation: 'viewer' }, { user: 'user:anne' }]) {
      await assert.rejects(
        fga.read(filter),
        (error: FgaApiValidationError) => error.apiErrorCode === 'validation_error',
      );
    }
    await assert.rejects(
      fga.read({}, { continuationToken: 'made-up' }),
      (error: FgaApiValidationError) => error.apiErrorCode === 'invalid_continuation_token',
    );
    await assert.rejects(
      fga.read({}, { pageSize: 101 }),
      (error: FgaApiValidationError) => error.apiErrorCode === 'page_size_invalid',
    );
  });

  it('readChanges: in order, by type, from a time, and on from a token', async () => {
    const fga = await furnished('changes', tuple('document:1', 'owner', 'user:anne'));
    await fga.writeTuples([tuple('folder:1', 'viewer', 'user:anne')]);
    const middle = new Date(Date.now() + 1).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await fga.deleteTuples([tuple('document:1', 'owner', 'user:anne')]);
    const text = (page: Awaited<ReturnType<typeof fga.readChanges>>) =>
      page.changes.map(({ operation, tuple_key: key }) =>
        [operation === TupleOperation.Write ? '+' : '-', `${key.object}#${key.relation}@${key.user}`].join(''),
      );
    const all = await fga.readChanges();
    assert.deepEqual(text(all), [
      '+document:1#owner@user:anne',
      '+folder:1#viewer@user:anne',
      '-document:1#owner@user:anne',
    ]);
    assert.deepEqual(text(await fga.readChanges({ type: 'folder' })), ['+folder:1#viewer@user:anne']);
    assert.deepEqual(text(await fga.readChanges({ type: '', startTime: middle })), ['-document:1#owner@user:anne']);
    const none = await fga.readChanges(undefined, { continuationToken: all.continuation_token ?? '' });
    assert.deepEqual(none.changes, []);
    await fga.writeTuples([tuple('document:2', 'owner', 'user:anne')]);
    const more = await fga.readChanges(undefined, { continuationToken: none.continuation_token ?? '' });
    assert.deepEqual(text(more), ['+document:2#owner@user:anne']);
    const paged = await fga.readChanges(undefined, { pageSize: 1 });
    const next = await fga.readChanges(undefined, { pageSize: 1, continuationToken: paged.continuation_token ?? '' });
    assert.deepEqual([...text(paged), ...text(next)], text(all).slice(0, 2));
    await assert.rejects(
      fga.readChanges({ type: '', startTime: 'yesterday' }),
      (error: FgaApiValidationError) => error.apiErrorCode === 'invalid_start_time',
    );
  });
});

describe('@openfga/sdk, questions', () => {
  let fga: Awaited<ReturnType<typeof furnished>>;

  before(async () => {
    fga = await furnished(
      'questions',
      tuple('group:eng', 'member', 'user:anne'),
      tuple('group:all', 'member', 'group:eng#member'),
      tuple('folder:f', 'viewer', 'user:bob'),
      tuple('document:1', 'parent', 'folder:f'),
      tuple('document:1', 'viewer', 'group:all#member'),
      tuple('document:1', 'blocked', 'user:bob'),
      tuple('document:2', 'owner', 'user:anne'),
      tuple('document:3', 'viewer', 'user:*'),
      {
        ...tuple('document:4', 'viewer', 'user:carl'),
        condition: { name: 'from_office', context: { office: '10.0.0.1' } },
      },
    );
  });

  it('check', async () => {
    const may = async (object: string, relation: string, user: string, more: object = {}) =>
      (await fga.check({ ...tuple(object, relation, user), ...more }, FRESH)).allowed;
    assert.equal(await may('document:1', 'viewer', 'user:anne'), true);
    assert.equal(await may('document:1', 'viewer', 'user:bob'), true);
    assert.equal(await may('document:1', 'can_view', 'user:anne'), true);
    assert.equal(await may('document:1', 'can_view', 'user:bob'), false);
    assert.equal(await may('document:2', 'viewer', 'user:anne'), true);
    assert.equal(await may('document:3', 'viewer', 'user:anybody'), true);
    assert.equal(await may('document:1', 'viewer', 'group:all#member'), true);
    assert.equal(await may('document:9', 'viewer', 'user:anne'), false);
    const contextualTuples = [tuple('document:9', 'parent', 'folder:f')];
    assert.equal(await may('document:9', 'viewer', 'user:bob', { contextualTuples }), true);
    assert.equal(await may('document:4', 'viewer', 'user:carl', { context: { ip: '10.0.0.1' } }), true);
    assert.equal(await may('document:4', 'viewer', 'user:carl', { context: { ip: '10.0.0.2' } }), false);
    // What is stored with the tuple wins over what is asked with.
    assert.equal(await may('document:4', 'viewer', 'user:carl', { context: { ip: 'x', office: 'x' } }), false);
  });

  it('check: what has no answer says why', async () => {
    const refused = async (call: Promise<unknown>, word: string, text: RegExp) =>
      assert.rejects(call, (error: FgaApiValidationError) => {
        assert.equal(error.apiErrorCode, word);
        assert.match(error.apiErrorMessage ?? '', text);
        return true;
      });
    await refused(fga.check(tuple('document:4', 'viewer', 'user:carl'), FRESH), 'validation_error', /from_office.*ip/s);
    await refused(fga.check(tuple('report:1', 'viewer', 'user:carl')), 'validation_error', /report/);
    await refused(fga.check(tuple('document:1', 'nothing', 'user:carl')), 'validation_error', /nothing/);
    await refused(fga.check(tuple('document', 'viewer', 'user:carl')), 'validation_error', /object/);
    await refused(fga.check(tuple('document:1', 'viewer', '')), 'validation_error', /subject|user/);
    const contextualTuples = [tuple('document:1', 'owner', 'group:eng#member')];
    await refused(
      fga.check({ ...tuple('document:1', 'viewer', 'user:carl'), contextualTuples }),
      'invalid_tuple',
      /document:1#owner@group:eng#member/,
    );
  });

  it('batchCheck, in more than one request, and clientBatchCheck', async () => {
    const checks = Array.from({ length: 60 }, (_, n) => ({
      ...tuple(`document:${n % 4}`, 'viewer', 'user:anne'),
      correlationId: `n-${n}`,
    }));
    const { result } = await fga.batchCheck({ checks }, FRESH);
    assert.equal(result.length, 60);
    for (const { correlationId, allowed, error } of result) {
      assert.equal(error, undefined);
      assert.equal(allowed, Number(correlationId.slice(2)) % 4 !== 0, correlationId);
    }
    const mixed = await fga.batchCheck(
      {
        checks: [
          { ...tuple('document:4', 'viewer', 'user:carl'), correlationId: 'missing' },
          { ...tuple('document:4', 'viewer', 'user:carl'), correlationId: 'here', context: { ip: '10.0.0.1' } },
          { ...tuple('report:4', 'viewer', 'user:carl'), correlationId: 'typo' },
        ],
      },
      FRESH,
    );
    const of = (id: string) => mixed.result.find(({ correlationId }) => correlationId === id);
    assert.equal(of('here')?.allowed, true);
    assert.equal(of('missing')?.error?.input_error, 'validation_error');
    assert.match(of('typo')?.error?.message ?? '', /report/);
    const parallel = await fga.clientBatchCheck([
      tuple('document:1', 'viewer', 'user:anne'),
      tuple('document:0', 'viewer', 'user:anne'),
    ]);
    assert.deepEqual(parallel.result.map(({ allowed }) => allowed).sort(), [false, true]);
  });

  it('listRelations', async () => {
    const { relations } = await fga.listRelations({
      object: 'document:1',
      user: 'user:bob',
      relations: ['viewer', 'can_view', 'owner', 'blocked'],
    });
    assert.deepEqual([...relations].sort(), ['blocked', 'viewer']);
  });

  it('listObjects and streamedListObjects', async () => {
    const context = { ip: '10.0.0.1' };
    const asked = { user: 'user:anne', relation: 'viewer', type: 'document' };
    const { objects } = await fga.listObjects(asked, FRESH);
    assert.deepEqual([...objects].sort(), ['document:1', 'document:2', 'document:3']);
    const streamed: string[] = [];
    for await (const { object } of fga.streamedListObjects(asked, FRESH)) streamed.push(object);
    assert.deepEqual(streamed.sort(), [...objects].sort());
    const carl = await fga.listObjects({ ...asked, user: 'user:carl', context }, FRESH);
    assert.deepEqual([...carl.objects].sort(), ['document:3', 'document:4']);
    for (const [change, word] of [
      [{ type: 'report' }, 'type_not_found'],
      [{ relation: 'nothing' }, 'relation_not_found'],
      [{ user: 'robot:1' }, 'validation_error'],
    ] as const) {
      await assert.rejects(fga.listObjects({ ...asked, ...change }), (error: FgaApiValidationError) => {
        assert.equal(error.apiErrorCode, word);
        return true;
      });
    }
    await assert.rejects(async () => {
      for await (const _ of fga.streamedListObjects({ ...asked, type: 'report' })) assert.fail('there is none');
    }, FgaApiValidationError);
  });

  it('listUsers: objects, usersets, everybody', async () => {
    const asked = async (id: string, relation: string, filter: { type: string; relation?: string }) => {
      const { users } = await fga.listUsers(
        { object: { type: 'document', id }, relation, user_filters: [filter], context: { ip: '10.0.0.1' } },
        FRESH,
      );
      return users.map((user) => JSON.stringify(user)).sort();
    };
    assert.deepEqual(await asked('1', 'can_view', { type: 'user' }), ['{"object":{"type":"user","id":"anne"}}']);
    assert.deepEqual(await asked('1', 'viewer', { type: 'group', relation: 'member' }), [
      '{"userset":{"type":"group","id":"all","relation":"member"}}',
      '{"userset":{"type":"group","id":"eng","relation":"member"}}',
    ]);
    assert.deepEqual(await asked('3', 'viewer', { type: 'user' }), ['{"wildcard":{"type":"user"}}']);
    await assert.rejects(asked('1', 'viewer', { type: 'robot' }), (error: FgaApiValidationError) => {
      assert.equal(error.apiErrorCode, 'type_not_found');
      return true;
    });
  });

  it('expand', async () => {
    const { tree } = await fga.expand({ object: 'document:1', relation: 'viewer' }, FRESH);
    assert.equal(tree?.root?.name, 'document:1#viewer');
    const nodes = tree?.root?.union?.nodes ?? [];
    assert.deepEqual(nodes[0]?.leaf?.users?.users, ['group:all#member']);
    assert.equal(nodes[1]?.leaf?.computed?.userset, 'document:1#owner');
    assert.deepEqual(nodes[2]?.leaf?.tupleToUserset, {
      tupleset: 'document:1#parent',
      computed: [{ userset: 'folder:f#viewer' }],
    });
    const minus = await fga.expand({ object: 'document:1', relation: 'can_view' }, FRESH);
    assert.equal(minus.tree?.root?.difference?.base.leaf?.computed?.userset, 'document:1#viewer');
    assert.equal(minus.tree?.root?.difference?.subtract.leaf?.computed?.userset, 'document:1#blocked');
    const contextualTuples = [tuple('document:7', 'parent', 'folder:f')];
    const contextual = await fga.expand({ object: 'document:7', relation: 'viewer', contextualTuples }, FRESH);
    assert.deepEqual(contextual.tree?.root?.union?.nodes[2]?.leaf?.tupleToUserset?.computed, [
      { userset: 'folder:f#viewer' },
    ]);
  });

  it('a model is chosen by its id', async () => {
    const narrower = await fga.writeAuthorizationModel({
      schema_version: '1.1',
      type_definitions: [
        { type: 'user' },
        {
          type: 'document',
          relations: { viewer: { this: {} } },
          metadata: { relations: { viewer: direct({ type: 'user' }) } },
        },
      ],
    });
    const asked = tuple('document:1', 'viewer', 'user:anne');
    assert.equal((await fga.check(asked, FRESH)).allowed, false, 'the newest model counts');
    assert.equal((await fga.check(asked, { ...FRESH, authorizationModelId: fga.model })).allowed, true);
    const after = await fga.check(asked, { ...FRESH, authorizationModelId: narrower.authorization_model_id });
    assert.equal(after.allowed, false);
    await fga.writeAuthorizationModel(MODEL);
  });
});

describe('@openfga/sdk, assertions', () => {
  it('are kept with their model', async () => {
    const fga = await furnished('assertions');
    const options = { authorizationModelId: fga.model };
    assert.deepEqual((await fga.readAssertions(options)).assertions, []);
    await fga.writeAssertions(
      [
        { ...tuple('document:1', 'viewer', 'user:anne'), expectation: true },
        { ...tuple('document:1', 'owner', 'user:anne'), expectation: false },
      ],
      options,
    );
    const { assertions = [], authorization_model_id: id } = await fga.readAssertions(options);
    assert.equal(id, fga.model);
    assert.deepEqual(
      assertions.map(({ tuple_key: key, expectation }) => [key.object, key.relation, key.user, expectation]),
      [
        ['document:1', 'viewer', 'user:anne', true],
        ['document:1', 'owner', 'user:anne', false],
      ],
    );
    await fga.writeAssertions([], options);
    assert.deepEqual((await fga.readAssertions(options)).assertions, []);
    await assert.rejects(
      fga.writeAssertions([{ ...tuple('document:1', 'nothing', 'user:anne'), expectation: true }], options),
      (error: FgaApiValidationError) => error.apiErrorCode === 'validation_error',
    );
  });
});

describe('@openfga/sdk, credentials', () => {
  it('ClientCredentials of an application of the org', async () => {
    const { id } = await connect().createStore({ name: 'by an application' });
    const fga = connect({ credentials: credentials.clientCredentials, storeId: id });
    await fga.writeAuthorizationModel(MODEL);
    await fga.writeTuples([tuple('document:1', 'owner', 'user:anne')]);
    assert.equal((await fga.check(tuple('document:1', 'viewer', 'user:anne'), FRESH)).allowed, true);
  });

  it('none, a wrong one, and one that may not', async () => {
    const nobody = connect({ credentials: { method: CredentialsMethod.None } });
    await assert.rejects(nobody.listStores(), (error: FgaApiAuthenticationError) => {
      assert.ok(error instanceof FgaApiAuthenticationError);
      assert.equal(error.statusCode, 401);
      return true;
    });
    const wrong = connect({ credentials: { method: CredentialsMethod.ApiToken, config: { token: 'lmk_wrong' } } });
    await assert.rejects(wrong.listStores(), (error: FgaApiAuthenticationError) => error.statusCode === 401);
    const answer = await org.call('POST', '/admin/api-keys', { name: 'users only', scopes: ['admin:users'] }, 201);
    const { key: token } = answer.json<{ data: { key: string } }>().data;
    const narrow = connect({ credentials: { method: CredentialsMethod.ApiToken, config: { token } } });
    await assert.rejects(narrow.listStores(), (error: FgaApiAuthenticationError) => {
      assert.equal(error.statusCode, 403);
      assert.equal(error.apiErrorCode, 'forbidden');
      return true;
    });
  });

  it('of another org open nothing here', async () => {
    const other = await createOrgWorld('openfga-other');
    const fga = await furnished('not theirs', tuple('document:1', 'owner', 'user:anne'));
    const token = { method: CredentialsMethod.ApiToken, config: { token: other.apiKey } };
    await assert.rejects(
      connect({ credentials: token }).listStores(),
      (error: FgaApiAuthenticationError) => error.statusCode === 403,
    );
    // In their own org, our store does not exist.
    const there = new OpenFgaClient({
      apiUrl: `${org.http.baseUrl}/orgs/${other.slug}/openfga`,
      credentials: token as never,
      storeId: (await fga.getStore()).id,
      retryParams: { maxRetry: 0 },
    });
    await assert.rejects(there.read({}), (error: FgaApiNotFoundError) => error.apiErrorCode === 'store_id_not_found');
    await assert.rejects(there.check(tuple('document:1', 'viewer', 'user:anne')), FgaApiNotFoundError);
  });

  it('the same under /t/', async () => {
    const alias = new OpenFgaClient({
      apiUrl: `${org.http.baseUrl}/t/${org.slug}/openfga`,
      credentials: credentials.apiToken as never,
    });
    assert.ok((await alias.listStores()).stores.length > 0);
  });
});
