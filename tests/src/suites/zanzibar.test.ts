import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Send } from '../support/http.js';
import { createOrgWorld, type OrgWorld, type TestUser } from '../support/org-world.js';

type Body = Readonly<Record<string, unknown>>;

/** Contract 3.5, and rows 6 and 7 of contract 9.4: relations as the public SDKs and the documentation speak of them. */
describe('Zanzibar API', () => {
  let org: OrgWorld;
  let person: TestUser;
  let own: Send;
  let mounts: readonly string[];

  before(async () => {
    org = await createOrgWorld('zanzibar');
    mounts = [
      '/api/v1/authz/zanzibar',
      '/api/v1/zanzibar',
      `${org.api}/zanzibar`,
      `${org.api}/authz/zanzibar`,
      `/t/${org.slug}/api/v1/zanzibar`,
    ];
    await org.call('PUT', '/admin/zanzibar/namespaces', {
      user: {},
      group: { relations: { member: ['user', 'group#member'] } },
      folder: { relations: { owner: ['user'] }, permissions: { can_view: ['owner'] } },
      document: {
        relations: { parent: ['folder'], owner: ['user'], editor: ['user', 'group#member'], banned: ['user'] },
        permissions: {
          edit: { union: ['editor', 'owner'] },
          can_view: ['edit', 'parent.can_view'],
        },
      },
    });
    person = await org.addUser();
    const app = await org.addClient({ scopes: ['openid'] });
    own = { bearer: (await org.tokensOf(person, app, 'openid')).access_token };
    for (const tuple of [
      { object: 'document:1', relation: 'owner', subject: 'user:anne' },
      { object: 'document:1', relation: 'editor', subject: 'group:eng#member' },
      { object: 'group:eng', relation: 'member', subject: 'user:bob' },
      { object: 'document:1', relation: 'parent', subject: 'folder:f' },
      { object: 'folder:f', relation: 'owner', subject: 'user:carl' },
      { object: 'document:1', relation: 'owner', subject: `user:${person.id}` },
    ]) {
      await post(`${org.api}/zanzibar/tuples`, tuple, 201);
    }
  });

  const post = async (path: string, json: unknown, status = 200, how: Send = { apiKey: org.apiKey }): Promise<Body> =>
    (await org.http.send('POST', path, { ...how, json })).expect(status).json();

  it('check, as the SDKs send it (9.4 row 6), under every mount', async () => {
    const body = { object: 'document:1', relation: 'owner', subject: 'user:anne', consistency: 'fully_consistent' };
    for (const mount of mounts) {
      const answer = await post(`${mount}/check`, body);
      assert.equal(answer.allowed, true, mount);
      assert.deepEqual(
        [answer.object, answer.relation, answer.subject, answer.user],
        ['document:1', 'owner', 'user:anne', 'user:anne'],
        mount,
      );
      assert.equal((await post(`${mount}/check`, { ...body, subject: 'user:bob' })).allowed, false, mount);
    }
  });

  it('check: the key of the credential in each of its headers', async () => {
    const json = { object: 'document:1', relation: 'owner', subject: 'user:anne' };
    const spelled: readonly Readonly<Record<string, string>>[] = [
      { 'x-api-key': org.apiKey },
      { authorization: `Bearer ${org.apiKey}` },
      { authorization: `ApiKey ${org.apiKey}` },
    ];
    for (const headers of spelled) await post('/api/v1/authz/zanzibar/check', json, 200, { headers });
  });

  it('check: every spelling of a tuple is the same question', async () => {
    const same: readonly Body[] = [
      { object: 'document:1', relation: 'edit', subject: 'user:bob' },
      { object: 'document:1', relation: 'edit', user: 'user:bob' },
      { object: 'document:1', permission: 'edit', user: 'user:bob' },
      { object: 'document:1', permission: 'edit', relation: 'edit', user: 'user:bob', subject: 'user:bob' },
      { object_type: 'document', object_id: '1', relation: 'edit', user_type: 'user', user_id: 'bob' },
      { object_type: 'document', object_id: 1, relation: 'edit', subject_type: 'user', subject_id: 'bob' },
      { object: 'document:1', object_type: 'document', object_id: '1', permission: 'edit', user: 'user:bob' },
      { object: 'document:1', relation: 'edit', subject: 'user:bob', context: null, consistency: null },
    ];
    for (const body of same) {
      const answer = await post('/api/v1/authz/zanzibar/check', body);
      assert.deepEqual(
        [answer.allowed, answer.object, answer.relation, answer.permission, answer.subject, answer.user],
        [true, 'document:1', 'edit', 'edit', 'user:bob', 'user:bob'],
        JSON.stringify(body),
      );
    }
    const userset = {
      object: 'document:1',
      relation: 'edit',
      user_type: 'group',
      user_id: 'eng',
      user_relation: 'member',
    };
    assert.deepEqual((await post('/api/v1/authz/zanzibar/check', userset)).subject, 'group:eng#member');
  });

  it('check: permissions follow from relations, and through parents', async () => {
    const may = async (subject: string, permission: string) =>
      (await post('/api/v1/authz/zanzibar/check', { object: 'document:1', permission, subject })).allowed;
    assert.equal(await may('user:anne', 'edit'), true);
    assert.equal(await may('user:bob', 'can_view'), true);
    assert.equal(await may('user:carl', 'can_view'), true);
    assert.equal(await may('user:carl', 'edit'), false);
  });

  it('check: resolution_metadata says how', async () => {
    const ask = async (subject: string, relation: string) =>
      (
        await post('/api/v1/authz/zanzibar/check', {
          ...{ object: 'document:1', relation, subject },
          resolution_metadata: true,
        })
      ).resolution_metadata as { resolved_via: string | null; depth: number; path: readonly string[] };
    assert.deepEqual(await ask('user:anne', 'owner'), {
      resolved_via: 'direct',
      depth: 0,
      path: ['document:1#owner@user:anne'],
    });
    const inherited = await ask('user:carl', 'can_view');
    assert.equal(inherited.resolved_via, 'inheritance');
    assert.ok(inherited.path.includes('folder:f#owner@user:carl'), JSON.stringify(inherited));
    assert.equal((await ask('user:nobody', 'owner')).resolved_via, null);
    const silent = await post('/api/v1/authz/zanzibar/check', {
      object: 'document:1',
      relation: 'owner',
      user: 'user:anne',
    });
    assert.equal('resolution_metadata' in silent, false);
  });

  it('check: what is missing and what is malformed', async () => {
    const cases: readonly [unknown, string, RegExp][] = [
      [{}, 'MISSING_FIELDS', /object, relation, subject/],
      [undefined, 'MISSING_FIELDS', /object/],
      [[], 'ZANZIBAR_CHECK_FAILED', /./],
      [{ object: 'document:1', relation: 'owner' }, 'MISSING_FIELDS', /subject/],
      [{ object: 'document:1', subject: 'user:anne' }, 'MISSING_FIELDS', /relation/],
      [{ object_type: 'document', relation: 'owner', subject: 'user:anne' }, 'MISSING_FIELDS', /object/],
      [{ object: '', relation: 'owner', subject: 'user:anne' }, 'MISSING_FIELDS', /object/],
      [
        { object: 'document:1', relation: 'owner', subject: 'user:a', user: 'user:b' },
        'ZANZIBAR_CHECK_FAILED',
        /subject/,
      ],
      [{ object: 'document', relation: 'owner', subject: 'user:anne' }, 'ZANZIBAR_CHECK_FAILED', /object/],
      [{ object: 'document:1', relation: 'owner', subject: 'anne' }, 'ZANZIBAR_CHECK_FAILED', /subject/],
      [{ object: 'report:1', relation: 'owner', subject: 'user:anne' }, 'ZANZIBAR_CHECK_FAILED', /report/],
      [{ object: 'document:1', relation: 'reads', subject: 'user:anne' }, 'ZANZIBAR_CHECK_FAILED', /reads/],
      [{ object: ['document:1'], relation: 'owner', subject: 'user:anne' }, 'ZANZIBAR_CHECK_FAILED', /object/],
      [
        { object: 'document:1', relation: 'owner', subject: 'user:anne', context: 7 },
        'ZANZIBAR_CHECK_FAILED',
        /context/,
      ],
    ];
    for (const [body, code, message] of cases) {
      const answer = await org.http.send('POST', '/api/v1/authz/zanzibar/check', {
        apiKey: org.apiKey,
        ...(body !== undefined && { json: body }),
      });
      const refusal = answer.expect(400).json<{ code: string; error: string; message: string }>();
      assert.deepEqual([refusal.code, refusal.error], [code, code], `${JSON.stringify(body)}: ${answer.text}`);
      assert.match(refusal.message, message);
    }
  });

  it('expand (9.4 row 7): a tree with type, object and relation at every node', async () => {
    interface Node {
      readonly type: string;
      readonly object: string;
      readonly relation: string;
      readonly children?: readonly Node[];
      readonly subjects?: readonly string[];
    }
    const flat = (node: Node): readonly Node[] => [node, ...(node.children ?? []).flatMap(flat)];
    for (const mount of mounts) {
      const { tree } = (await post(`${mount}/expand`, { object: 'document:1', relation: 'can_view' })) as {
        tree: Node;
      };
      assert.deepEqual([tree.object, tree.relation], ['document:1', 'can_view']);
      const nodes = flat(tree);
      for (const node of nodes) {
        assert.ok(['union', 'intersection', 'leaf'].includes(node.type), node.type);
        assert.ok(typeof node.object === 'string' && typeof node.relation === 'string');
      }
      const subjects = nodes.flatMap((node) => node.subjects ?? []);
      for (const subject of ['user:anne', 'group:eng#member', 'user:carl'])
        assert.ok(subjects.includes(subject), subject);
    }
    assert.equal((await post(`${org.api}/zanzibar/expand`, { object: 'document:1' }, 400)).code, 'MISSING_FIELDS');
    const unknown = { object: 'report:1', relation: 'owner' };
    assert.equal((await post(`${org.api}/zanzibar/expand`, unknown, 400)).code, 'ZANZIBAR_CHECK_FAILED');
  });

  it('a person asks about itself, and needs a right for everybody else and for expand', async () => {
    const about = (subject: string) => ({ object: 'document:1', relation: 'owner', subject });
    for (const mount of mounts) {
      assert.equal((await post(`${mount}/check`, about(`user:${person.id}`), 200, own)).allowed, true);
      assert.equal((await post(`${mount}/check`, about('user:anne'), 403, own)).code, 'permission_denied');
      const expand = await post(`${mount}/expand`, { object: 'document:1', relation: 'owner' }, 403, own);
      assert.equal(expand.code, 'insufficient_permissions');
    }
    await post(`${org.api}/zanzibar/tuples`, about('user:eve'), 403, own);
    (await org.http.send('GET', `${org.api}/zanzibar/tuples`, own)).expect(403);
    (await org.http.send('GET', `${org.api}/admin/zanzibar/namespaces`, own)).expect(403);
  });

  it('tuples: written once, listed, deleted once, also under /t/', async () => {
    const path = `/t/${org.slug}/api/v1/zanzibar/tuples`;
    const split = { object_type: 'document', object_id: 't', relation: 'editor', user_type: 'user', user_id: 'dora' };
    const written = await post(path, split, 201);
    assert.deepEqual(written.data, {
      object: 'document:t',
      relation: 'editor',
      subject: 'user:dora',
      user: 'user:dora',
    });
    await post(path, { object: 'document:t', relation: 'editor', subject: 'user:dora' }, 201);
    const list = async (query: string) =>
      (await org.http.send('GET', `${path}?${query}`, { apiKey: org.apiKey })).expect(200).json<{ data: Body[] }>()
        .data;
    for (const query of ['object=document:t', 'object_type=document&object_id=t&user=user:dora', 'subject=user:dora']) {
      assert.deepEqual(
        (await list(query)).map(({ object, relation, subject, user }) => ({ object, relation, subject, user })),
        [written.data],
        query,
      );
    }
    const remove = () => org.http.send('DELETE', path, { apiKey: org.apiKey, json: split });
    (await remove()).expect(200);
    (await remove()).expect(404);
    assert.deepEqual(await list('object=document:t'), []);
    assert.equal(
      (await post(path, { object: 'document:t', relation: 'can_view', subject: 'user:x' }, 400)).code,
      'ZANZIBAR_CHECK_FAILED',
    );
    assert.equal((await post(path, { object: 'document:t' }, 400)).code, 'MISSING_FIELDS');
  });

  it('list-objects', async () => {
    const path = `/t/${org.slug}/api/v1/zanzibar/list-objects`;
    const answer = await post(path, {
      subject: 'user:carl',
      permission: 'can_view',
      object_type: 'document',
      consistency: 'fully_consistent',
    });
    assert.deepEqual(answer.objects, ['document:1']);
    assert.deepEqual(answer.object_ids, ['1']);
    assert.deepEqual([answer.object_type, answer.permission, answer.subject], ['document', 'can_view', 'user:carl']);
    const mine = await post(path, { permission: 'owner', object_type: 'document' }, 200, own);
    assert.deepEqual(mine.objects, ['document:1']);
    assert.equal((await post(path, { subject: 'user:carl', object_type: 'document' }, 400)).code, 'MISSING_FIELDS');
    assert.equal((await post(path, { subject: 'user:carl', permission: 'can_view' }, 400)).code, 'MISSING_FIELDS');
    const unknown = { subject: 'user:carl', permission: 'can_view', object_type: 'report' };
    assert.equal((await post(path, unknown, 400)).code, 'ZANZIBAR_CHECK_FAILED');
    assert.equal(
      (await post(path, { ...unknown, object_type: 'document', limit: 0 }, 400)).code,
      'ZANZIBAR_CHECK_FAILED',
    );
    await post(path, { subject: 'user:anne', permission: 'owner', object_type: 'document' }, 403, own);
  });

  it('namespaces: a view of the model, as it was written', async () => {
    const read = async (name: string) =>
      (await org.call('GET', `/admin/zanzibar/namespaces/${name}`)).json<{ data: Body }>().data;
    const document = await read('document');
    assert.equal(document.name, 'document');
    assert.deepEqual(Object.keys(document.relations as Body).sort(), ['banned', 'editor', 'owner', 'parent']);
    assert.deepEqual(Object.keys(document.permissions as Body).sort(), ['can_view', 'edit']);
    const all = (await org.call('GET', '/admin/zanzibar/namespaces')).json<{ data: readonly Body[] }>().data;
    assert.deepEqual(all.map(({ name }) => name).sort(), ['document', 'folder', 'group', 'user']);
    await org.call('PUT', '/admin/zanzibar/namespaces/report', { relations: { reader: ['user'] }, permissions: {} });
    assert.deepEqual((await read('report')).relations, { reader: ['user'] });
    assert.deepEqual(await read('document'), document, 'the others stay');
    await org.call('PUT', '/admin/zanzibar/namespaces/bad', { relations: { reader: ['robot'] } }, 400);
    await org.call('GET', '/admin/zanzibar/namespaces/bad', undefined, 404);
    // The same model in the other forms.
    const model = (await org.call('GET', '/relations/models/latest')).json<{ dsl: string }>();
    assert.match(model.dsl, /define can_view: edit or can_view from parent/);
  });
});
