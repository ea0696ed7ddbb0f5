import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DomainError } from '@lumo/kit';
import { authz } from '../authz.module.js';
import type { TestOrg } from '../store/test-org.fixture.js';
import { API_KEY, type Caller, type HttpService, startHttpService } from './http.fixture.js';

const ALICE = '018f0000-0000-7000-8000-00000000000a';
const BOB = '018f0000-0000-7000-8000-00000000000b';
const CHECK = '/api/v1/authz/check';

describe('permission checks (contract 3.2, 9.4 rows 1-5, 9.6)', () => {
  let http: HttpService;
  let org: TestOrg;
  let alice: Caller;
  let bob: Caller;
  let key: Caller;
  before(async () => {
    http = await startHttpService();
    org = await http.newOrg();
    alice = { org, principal: { type: 'user', id: ALICE } };
    bob = { org, principal: { type: 'user', id: BOB } };
    key = { org, principal: API_KEY };
    for (const slug of ['document.edit', 'document.view'])
      await http.call(key, 'POST', '/admin/permissions', { slug, description: `${slug}!` });
    await http.call(key, 'POST', '/admin/roles', { name: 'Editor', permissions: ['document.edit'] });
    const rpc = http.rpc(org);
    await rpc.assignRoles({ subject: { type: 1, id: ALICE }, roleSlugs: ['editor'] });
    await rpc.grantPermissions({ subject: { type: 1, id: ALICE }, permissions: ['document.view'] });
  });
  after(() => http.close());

  describe('check', () => {
    it('answers with exactly the keys that the SDKs read', async () => {
      assert.deepEqual(await http.call(alice, 'POST', CHECK, { permission: 'document.edit' }), {
        status: 200,
        body: { allowed: true, permission: 'document.edit', user_id: ALICE, subject_type: 'user', subject_id: ALICE },
      });
      assert.equal((await http.call(bob, 'POST', CHECK, { permission: 'document.edit' })).body.allowed, false);
    });

    it('gives the context back, and has no such key where none was sent', async () => {
      const context = { ip: '::1', nested: { a: [1, null] } };
      const sent = await http.call(alice, 'POST', CHECK, { permission: 'x', context });
      assert.deepEqual(sent.body.context, context);
      assert.deepEqual((await http.call(alice, 'POST', CHECK, { permission: 'x', context: {} })).body.context, {});
      const none = await http.call(alice, 'POST', CHECK, { permission: 'x', context: null });
      assert.equal('context' in none.body, false);
    });

    it('is the same below the org', async () => {
      const atRoot = await http.call(alice, 'POST', CHECK, { permission: 'document.edit' });
      assert.deepEqual(await http.call(alice, 'POST', '/authz/check', { permission: 'document.edit' }), atRoot);
    });

    it('takes user_id and subject for the caller itself without a privilege', async () => {
      for (const about of [{ user_id: ALICE }, { subject: { type: 'user', id: ALICE } }]) {
        const { body } = await http.call(alice, 'POST', CHECK, { permission: 'document.edit', ...about });
        assert.equal(body.allowed, true);
      }
    });

    it('refuses a question about somebody else without the privilege, known or not', async () => {
      for (const user_id of [ALICE, 'nobody', 'agt_1']) {
        const { status, body } = await http.call(bob, 'POST', CHECK, { permission: 'document.edit', user_id });
        assert.deepEqual([status, body.code, body.error], [403, 'permission_denied', 'permission_denied']);
      }
    });

    it('answers an API key about anybody', async () => {
      const about = async (question: object) =>
        (await http.call(key, 'POST', CHECK, { permission: 'document.edit', ...question })).body;
      assert.deepEqual(await about({ user_id: ALICE }), {
        allowed: true,
        permission: 'document.edit',
        user_id: ALICE,
        subject_type: 'user',
        subject_id: ALICE,
      });
      assert.equal((await about({ subject: { type: 'user', id: BOB } })).allowed, false);
      assert.equal((await about({ user_id: 'agt_1' })).subject_type, 'agent');
      assert.equal((await about({ user_id: 7 })).user_id, '7');
    });

    it('asks an API key to name a subject', async () => {
      const { status, body } = await http.call(key, 'POST', CHECK, { permission: 'document.edit' });
      assert.deepEqual([status, body.code], [400, 'MISSING_SUBJECT']);
      assert.match(body.message, /user_id/);
    });

    it('refuses an API key without the privilege', async () => {
      const narrow: Caller = { org, principal: { ...API_KEY, scopes: ['admin:webhooks'] } };
      assert.equal((await http.call(narrow, 'POST', CHECK, { permission: 'x', user_id: ALICE })).status, 403);
    });

    it('answers a token with authz:check about others', async () => {
      const oracle: Caller = { org, principal: { type: 'client', id: 'cli_1', scopes: ['authz:check'] } };
      const { body } = await http.call(oracle, 'POST', CHECK, { permission: 'document.edit', user_id: ALICE });
      assert.equal(body.allowed, true);
    });

    it('tells nothing apart about somebody of another organization', async () => {
      const other: Caller = { org: await http.newOrg(), principal: API_KEY };
      const about = async (user_id: string) => {
        const { status, body } = await http.call(other, 'POST', CHECK, { permission: 'document.edit', user_id });
        return { status, allowed: body.allowed, keys: Object.keys(body) };
      };
      assert.deepEqual(await about(ALICE), await about('018f0000-0000-7000-8000-0000000000ff'));
      assert.equal((await about(ALICE)).allowed, false);
    });

    it('needs scope and permission where an agent acts for a person', async () => {
      const actors = [{ type: 'agent' as const, id: 'agt_1' }];
      const as = (id: string, ...scopes: string[]): Caller => ({
        org,
        principal: { type: 'user', id, scopes, actors },
      });
      const allowed = async (caller: Caller) =>
        (await http.call(caller, 'POST', CHECK, { permission: 'document.edit', user_id: caller.principal.id })).body
          .allowed;
      assert.equal(await allowed(as(ALICE, 'document.edit')), true);
      assert.equal(await allowed(as(ALICE, 'document.view')), false);
      assert.equal(await allowed(as(BOB, 'document.edit')), false);
    });

    it('lets an agent use its capabilities, under its own id', async () => {
      const agent: Caller = { org, principal: { type: 'agent', id: 'agt_1', scopes: ['document.view'] } };
      const { body } = await http.call(agent, 'POST', CHECK, { permission: 'document.view' });
      assert.deepEqual([body.allowed, body.user_id, body.subject_type], [true, 'agt_1', 'agent']);
      assert.equal((await http.call(agent, 'POST', CHECK, { permission: 'document.edit' })).body.allowed, false);
    });

    it('knows a change of roles in the next request', async () => {
      const rpc = http.rpc(org);
      const carol = { org, principal: { type: 'user' as const, id: 'carol' } };
      const allowed = async () => (await http.call(carol, 'POST', CHECK, { permission: 'document.edit' })).body.allowed;
      assert.equal(await allowed(), false);
      await rpc.assignRoles({ subject: { type: 1, id: 'carol' }, roleSlugs: ['editor'] });
      assert.equal(await allowed(), true);
      await http.call(key, 'PUT', '/admin/roles/editor/permissions', { permissions: [] });
      assert.equal(await allowed(), false);
      await http.call(key, 'PUT', '/admin/roles/editor/permissions', { permissions: ['document.edit'] });
      assert.equal(await allowed(), true);
      await rpc.unassignRole({ subject: { type: 1, id: 'carol' }, role: 'editor' });
      assert.equal(await allowed(), false);
    });
  });

  describe('bulk, any, all', () => {
    const ask = (name: string, permissions: unknown, more: object = {}) =>
      http.call(alice, 'POST', `/api/v1/authz/${name}`, { permissions, ...more });

    it('bulk answers each', async () => {
      assert.deepEqual(await ask('check-bulk', ['document.edit', 'other', 'document.edit'], { context: { a: 1 } }), {
        status: 200,
        body: {
          results: { 'document.edit': true, other: false },
          user_id: ALICE,
          subject_type: 'user',
          subject_id: ALICE,
          context: { a: 1 },
        },
      });
    });

    it('any and all echo the question', async () => {
      assert.deepEqual((await ask('check-any', ['other', 'document.edit'])).body, {
        allowed: true,
        permissions: ['other', 'document.edit'],
        user_id: ALICE,
        subject_type: 'user',
        subject_id: ALICE,
      });
      const table: readonly [string, readonly string[], boolean][] = [
        ['check-any', ['other', 'another'], false],
        ['check-all', ['document.view', 'document.edit'], true],
        ['check-all', ['document.view', 'other'], false],
      ];
      for (const [name, permissions, expected] of table)
        assert.equal((await ask(name, permissions)).body.allowed, expected, `${name} ${permissions}`);
    });

    it('takes 100 permissions and not 101', async () => {
      const slugs = Array.from({ length: 101 }, (_, i) => `p.${i}`);
      assert.equal(Object.keys((await ask('check-bulk', slugs.slice(1))).body.results).length, 100);
      const { status, body } = await ask('check-bulk', slugs);
      assert.deepEqual(
        [status, body.code, body.error, body.status],
        [400, 'INVALID_PERMISSIONS', 'INVALID_PERMISSIONS', 400],
      );
    });

    it('takes names that mean something to the language for what they are', async () => {
      const slugs = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];
      const { body } = await ask('check-bulk', slugs);
      assert.deepEqual(Object.keys(body.results).sort(), slugs.toSorted());
    });
  });

  describe('bad input', () => {
    const codeOf = async (path: string, body: unknown) => {
      const answer = await http.call(alice, 'POST', `/api/v1/authz/${path}`, body);
      assert.equal(answer.status, 400);
      assert.equal(answer.body.error, answer.body.code);
      assert.equal(typeof answer.body.message, 'string');
      return answer.body.code;
    };
    for (const permission of [undefined, null, '', 7, true, [], {}, ['document.edit'], 'x'.repeat(10_000)]) {
      it(`permission ${JSON.stringify(permission)?.slice(0, 20)}`, async () =>
        assert.equal(await codeOf('check', { permission }), 'MISSING_PERMISSION'));
    }
    for (const body of [undefined, null, [], 'text', 7]) {
      it(`body ${JSON.stringify(body)}`, async () => assert.equal(await codeOf('check', body), 'MISSING_PERMISSION'));
    }
    for (const permissions of [
      undefined,
      null,
      [],
      '',
      'document.edit',
      {},
      [null],
      [''],
      [7],
      [['a']],
      ['x'.repeat(10_000)],
    ]) {
      it(`permissions ${JSON.stringify(permissions)?.slice(0, 20)}`, async () => {
        for (const path of ['check-bulk', 'check-any', 'check-all'])
          assert.equal(await codeOf(path, { permissions }), 'INVALID_PERMISSIONS');
      });
    }
    for (const context of [[], 'text', 7, true]) {
      it(`context ${JSON.stringify(context)}`, async () =>
        assert.equal(await codeOf('check', { permission: 'x', context }), 'INVALID_CONTEXT'));
    }
    for (const about of [
      { user_id: '' },
      { user_id: {} },
      { user_id: 1.5 },
      { user_id: 'x'.repeat(10_000) },
      { subject: 'alice' },
      { subject: { type: 'user' } },
      { subject: { type: 'group', id: 'x' } },
      { subject: { type: 'user', id: ALICE }, user_id: BOB },
    ]) {
      it(`subject ${JSON.stringify(about).slice(0, 40)}`, async () =>
        assert.equal(await codeOf('check', { permission: 'x', ...about }), 'INVALID_SUBJECT'));
    }
    it('a member that stands twice', async () => {
      const { status } = await http.raw('POST', CHECK, {
        headers: http.seal(org.as({ type: 'user', id: ALICE })),
        payload: '{"permission":"document.edit","permission":"document.view"}',
      });
      assert.equal(status, 400);
    });
  });

  describe('the list of permissions', () => {
    it('has the keys that the SDKs read', async () => {
      const { status, body } = await http.call(alice, 'GET', '/api/v1/authz/permissions');
      const permissions = [
        { slug: 'document.edit', description: 'document.edit!', source: 'role:Editor' },
        { slug: 'document.view', description: 'document.view!', source: 'direct' },
      ];
      const paging = { total: 2, page: 1, limit: 2, totalPages: 1, hasNextPage: false, hasPreviousPage: false };
      assert.equal(status, 200);
      assert.deepEqual(body, {
        user_id: ALICE,
        subject_type: 'user',
        subject_id: ALICE,
        permissions,
        count: 2,
        data: permissions,
        meta: paging,
        pagination: paging,
        resourceType: 'permissions',
      });
    });

    it('pages only data', async () => {
      const { body } = await http.call(alice, 'GET', '/api/v1/authz/permissions?limit=1&page=2');
      assert.deepEqual(
        [body.data.length, body.data[0].slug, body.permissions.length, body.count],
        [1, 'document.view', 2, 2],
      );
      assert.equal(body.pagination.hasPreviousPage, true);
    });

    it('is empty for who has nothing, with the same keys', async () => {
      const { body } = await http.call(bob, 'GET', '/authz/permissions');
      assert.deepEqual([body.permissions, body.count, body.data], [[], 0, []]);
    });

    it('is about somebody else with the privilege only', async () => {
      const url = `/api/v1/authz/permissions?user_id=${ALICE}`;
      assert.equal((await http.call(key, 'GET', url)).body.count, 2);
      assert.equal((await http.call(bob, 'GET', url)).status, 403);
      assert.equal((await http.call(key, 'GET', '/api/v1/authz/permissions')).body.code, 'MISSING_SUBJECT');
      assert.equal(
        (await http.call(key, 'GET', '/api/v1/authz/permissions?subject_type=user')).body.code,
        'INVALID_SUBJECT',
      );
    });
  });

  describe('who may call', () => {
    it('nobody without a context of the gateway', async () => {
      assert.equal((await http.raw('POST', CHECK, { payload: '{"permission":"x"}' })).status, 401);
      const forged = { 'x-lumo-context': `${Buffer.from('{}').toString('base64url')}.AAAA` };
      assert.equal((await http.raw('POST', CHECK, { headers: forged, payload: '{"permission":"x"}' })).status, 401);
    });

    it('nobody anonymous, no operator, nobody without an organization', async () => {
      const call = (type: 'anonymous' | 'instance') =>
        http.call({ org, principal: { type, id: '' } }, 'POST', CHECK, {});
      assert.equal((await call('anonymous')).status, 401);
      assert.equal((await call('instance')).status, 403);
    });
  });

  it('records decisions as activity, one event for a burst', async () => {
    const quiet = await http.newOrg();
    const dora: Caller = { org: quiet, principal: { type: 'user', id: 'dora' } };
    for (let i = 0; i < 5; i++) await http.call(dora, 'POST', CHECK, { permission: 'x' });
    await http.call(dora, 'POST', '/api/v1/authz/check-bulk', { permissions: ['x', 'y'] });
    const deadline = Date.now() + 10_000;
    let checked: Awaited<ReturnType<TestOrg['events']>> = [];
    while (checked.length === 0 && Date.now() < deadline)
      checked = (await quiet.events()).filter(({ name }) => name === 'authz.checked');
    const decisions = checked.flatMap(({ data }) => data.decisions as { permission: string; count: number }[]);
    const counts = (slug: string) =>
      decisions.filter(({ permission }) => permission === slug).reduce((sum, { count }) => sum + count, 0);
    assert.deepEqual([counts('x'), counts('y')], [6, 1]);
  });
});

describe('permission checks that fail', () => {
  let http: HttpService;
  let failure: Error;
  before(async () => {
    http = await startHttpService({
      ...authz,
      createApp: (platform) => {
        const app = authz.createApp(platform) as Awaited<ReturnType<typeof authz.createApp>>;
        const fail = async () => {
          throw failure;
        };
        return { ...app, checkPermissions: fail, listEffectivePermissions: fail };
      },
    });
  });
  after(() => http.close());

  const codes = async () => {
    const caller: Caller = { org: await http.newOrg(), principal: { type: 'user', id: ALICE } };
    const check = await http.call(caller, 'POST', CHECK, { permission: 'x' });
    const list = await http.call(caller, 'GET', '/api/v1/authz/permissions');
    return [check.status, check.body.code, list.status, list.body.code, check.body.message];
  };

  it('say 500 CHECK_FAILED and LIST_FAILED, and nothing of the cause', async () => {
    failure = new Error('secret detail');
    const [checkStatus, check, listStatus, list, message] = await codes();
    assert.deepEqual([checkStatus, check, listStatus, list], [500, 'CHECK_FAILED', 500, 'LIST_FAILED']);
    assert.doesNotMatch(String(message), /secret/);
  });

  it('say 503 where it may work soon', async () => {
    failure = new DomainError('unavailable', 'temporarily_unavailable', 'busy', { retryAfterSeconds: 1 });
    assert.deepEqual((await codes()).slice(0, 4), [503, 'CHECK_FAILED', 503, 'LIST_FAILED']);
  });
});
