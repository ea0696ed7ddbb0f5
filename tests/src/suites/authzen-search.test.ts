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
import { createOrgWorld, type OrgWorld, type TestUser } from '../support/org-world.js';

/** AuthZEN Authorization API 1.0; the fixture and the requests are those of its certification scenario. */

let org: OrgWorld;
let authzen: AuthzenWorld;

before(async () => {
  org = await createOrgWorld('authzen');
  authzen = await furnishAuthzen(org);
});

describe('AuthZEN: search (section 8)', () => {
  type Found = { readonly type?: string; readonly id?: string; readonly name?: string };
  const search = async (kind: string, json: unknown) =>
    (await authzen.post(`search_${kind}_endpoint`, json))
      .expect(200)
      .json<{ results: readonly Found[]; page: { next_token: string; count: number } }>();
  const found = async (kind: string, json: unknown) => {
    const { results, page } = await search(kind, json);
    assert.equal(page.next_token, '');
    assert.equal(page.count, results.length);
    return results;
  };

  it('4-2 subjects', async () => {
    const readers = await found('subject', { subject: { type: 'user' }, action: READ, resource: ONE, context: {} });
    assert.deepEqual(readers, [ALICE, BOB]);
    assert.deepEqual(
      await found('subject', { subject: { type: 'user', id: 'ignored' }, action: WRITE, resource: ONE }),
      [ALICE],
    );
    assert.deepEqual(await found('subject', { subject: { type: 'spaceship' }, action: READ, resource: ONE }), []);
    assert.deepEqual(await found('subject', { subject: { type: 'user' }, action: { name: 'fly' }, resource: ONE }), []);
  });

  it('4-3 resources', async () => {
    assert.deepEqual(await found('resource', { subject: ALICE, action: READ, resource: { type: 'record' } }), [
      { type: 'record', id: 'record-1' },
      { type: 'record', id: 'record-2' },
    ]);
    assert.deepEqual(await found('resource', { subject: ALICE, action: WRITE, resource: { type: 'record' } }), [
      { type: 'record', id: 'record-1' },
    ]);
    const admins = await found('resource', { subject: ADMIN, action: WRITE, resource: { type: 'record' } });
    assert.ok(admins.some(({ id }) => id === 'record-2'));
    assert.deepEqual(await found('resource', { subject: ALICE, action: READ, resource: { type: 'galaxy' } }), []);
  });

  it('4-4 actions', async () => {
    assert.deepEqual(await found('action', { subject: ALICE, resource: ONE, context: {} }), [READ, WRITE]);
    assert.deepEqual(await found('action', { subject: ADMIN, resource: ARCHIVED }), [READ, WRITE]);
    assert.deepEqual(await found('action', { subject: { type: 'user', id: 'nonexistent-user' }, resource: ONE }), []);
  });

  it('whatever is found is permitted when it is evaluated', async () => {
    const { results } = await search('subject', { subject: { type: 'user' }, action: READ, resource: ONE });
    for (const subject of results) assert.equal(await authzen.decide({ subject, action: READ, resource: ONE }), true);
  });

  it('4-5 pages: all of it, once, and a token is of its search', async () => {
    const query = { subject: { type: 'user' }, action: READ, resource: ONE };
    const first = await search('subject', { ...query, page: { limit: 1 } });
    assert.deepEqual(first.results, [ALICE]);
    assert.notEqual(first.page.next_token, '');
    const second = await search('subject', { ...query, page: { token: first.page.next_token, limit: 1 } });
    assert.deepEqual([second.results, second.page.next_token], [[BOB], '']);
    for (const [body, token] of [
      [{ ...query, action: WRITE }, first.page.next_token],
      [query, 'nonsense'],
      [query, Buffer.from('["x","y"]').toString('base64url')],
    ] as const)
      (await authzen.post('search_subject_endpoint', { ...body, page: { token } })).expect(400);
    (await authzen.post('search_subject_endpoint', { ...query, page: { limit: 0 } })).expect(400);
  });

  it('4-7 what must be there', async () => {
    const missing: readonly [string, object][] = [
      ['subject', { subject: { type: 'user' }, resource: ONE }],
      ['subject', { subject: { type: 'user' }, action: READ, resource: { type: 'record' } }],
      ['resource', { action: READ, resource: { type: 'record' } }],
      ['resource', { subject: { type: 'user' }, action: READ, resource: { type: 'record' } }],
      ['action', { subject: ALICE }],
    ];
    for (const [kind, body] of missing) (await authzen.post(`search_${kind}_endpoint`, body)).expect(400);
  });
});

describe('AuthZEN: who may ask, and who is told why', () => {
  let person: TestUser;
  let token = '';
  let auditorToken = '';
  before(async () => {
    const app = await org.addClient({ scopes: ['openid'] });
    person = await org.addUser();
    token = (await org.tokensOf(person, app, 'openid')).access_token;
    const auditor = await org.addUser({ roles: ['auditor'] });
    auditorToken = (await org.tokensOf(auditor, app, 'openid')).access_token;
  });
  const about = (id: string) => ({ subject: { type: 'user', id }, action: READ, resource: ONE });

  it('a person asks about itself, not about others; in a batch each on its own', async () => {
    const how = { bearer: token };
    const asked = (path: string, json: object) =>
      org.http.send('POST', `${org.api}/access/v1/${path}`, { ...how, json });
    assert.deepEqual((await asked('evaluation', about(person.id))).expect(200).json(), { decision: false });
    (await asked('evaluation', about('alice'))).expect(403);
    (await asked('search/subject', { ...about(''), subject: { type: 'user' } })).expect(403);
    (await asked('search/resource', { ...about('alice'), resource: { type: 'record' } })).expect(403);
    (await asked('search/resource', { ...about(person.id), resource: { type: 'record' } })).expect(200);
    const { evaluations } = (await asked('evaluations', { ...about(person.id), evaluations: [{}, about('alice')] }))
      .expect(200)
      .json<{ evaluations: readonly Decided[] }>();
    assert.deepEqual(evaluations[0], { decision: false });
    const error = evaluations[1]?.context?.error as { status: number };
    assert.deepEqual([evaluations[1]?.decision, error.status], [false, 403]);
  });

  it('holders of policies.view are told why (contract 3.6)', async () => {
    const denied = await authzen.evaluate({ subject: BOB, action: WRITE, resource: ONE });
    const { id: reasonId, reason_admin: reason } = denied.context ?? {};
    assert.deepEqual([reasonId, Object.keys(reason ?? {})], ['0', ['en']]);
    assert.match(JSON.stringify(reason), /No policy about this allows it/);
    const me = await org.http.send('GET', `${org.api}/abac/my-attributes`, { bearer: auditorToken });
    const id = me.expect(200).json<{ user_id: string }>().user_id;
    const own = await org.http.send('POST', `${org.api}/authz/v1/evaluation`, {
      bearer: auditorToken,
      json: about(id),
    });
    assert.ok('reason_admin' in (own.expect(200).json<Decided>().context ?? {}));
    const other = await org.http.send('POST', `${org.api}/authz/v1/evaluation`, {
      bearer: token,
      json: about(person.id),
    });
    assert.equal('context' in other.expect(200).json(), false);
  });

  it('nobody asks without a credential, nor with one of another org', async () => {
    (await org.http.send('POST', authzen.metadata.access_evaluation_endpoint ?? '', { json: about('alice') })).expect(
      401,
    );
    const stranger = await createOrgWorld('authzen-other');
    const foreign = await org.http.send('POST', authzen.metadata.access_evaluation_endpoint ?? '', {
      apiKey: stranger.apiKey,
      json: about('alice'),
    });
    foreign.expect(403);
    const own = await org.http.send('POST', '/api/v1/authz/v1/evaluation', {
      apiKey: stranger.apiKey,
      json: about('alice'),
    });
    assert.equal(own.expect(200).json().decision, false, 'the org of the credential has no such policy');
  });
});
