import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Send } from '../support/http.js';
import { createOrgWorld, type OrgWorld, type TestAgent, type TestClient, type TestUser } from '../support/org-world.js';

type Body = Readonly<Record<string, unknown>>;

/** Contract 3.2, 9.4 rows 1 to 5, 9.6 and appendix B. */
describe('Permission checks', () => {
  let org: OrgWorld;
  let viewer: TestUser;
  let viewerToken = '';
  let agent: TestAgent;
  let agentToken = '';
  let machineToken = '';
  let machine: TestClient;

  before(async () => {
    org = await createOrgWorld('authz');
    await org.addRole('viewer', ['document.read', 'report.read']);
    await org.call('POST', '/admin/permissions', { slug: 'document.edit', name: 'Edit' }, 201);
    viewer = await org.addUser({ roles: ['viewer'] });
    const app = await org.addClient({ scopes: ['openid', 'document.read'] });
    viewerToken = (await org.tokensOf(viewer, app, 'openid')).access_token;
    agent = await org.addAgent(['document.read']);
    agentToken = await org.agentToken(agent);
    machine = await org.addClient({ applicationType: 'm2m', scopes: ['authz:check', 'document.read'] });
    const granted = await org.oauth.grant({
      grant_type: 'client_credentials',
      client_id: machine.clientId,
      client_secret: machine.clientSecret,
    });
    machineToken = granted.access_token;
  });

  const ask = async (path: string, json: unknown, how: Send = { bearer: viewerToken }, status = 200): Promise<Body> =>
    (await org.http.send('POST', `/api/v1/authz/${path}`, { ...how, json })).expect(status).json();

  it('check: allowed, permission and user_id, and nothing that was not asked', async () => {
    assert.deepEqual(await ask('check', { permission: 'document.read' }), {
      allowed: true,
      permission: 'document.read',
      user_id: viewer.id,
      subject_type: 'user',
      subject_id: viewer.id,
    });
    assert.equal((await ask('check', { permission: 'document.edit' })).allowed, false);
  });

  it('check: context comes back as it was sent', async () => {
    const context = { ip: '203.0.113.7', nested: { deep: [1, null, true] } };
    assert.deepEqual((await ask('check', { permission: 'document.read', context })).context, context);
    assert.equal('context' in (await ask('check', { permission: 'document.read' })), false, 'never null, never empty');
  });

  it('check with an agent token: user_id is the id of the agent', async () => {
    const answer = await ask('check', { permission: 'document.read' }, { bearer: agentToken });
    assert.equal(answer.subject_type, 'agent');
    assert.equal(answer.user_id, agent.agentId);
    assert.equal(answer.subject_id, agent.agentId);
  });

  it('check-bulk: one answer for each permission', async () => {
    const answer = await ask('check-bulk', { permissions: ['document.read', 'document.edit', 'nothing.such'] });
    assert.deepEqual(answer.results, { 'document.read': true, 'document.edit': false, 'nothing.such': false });
    assert.equal(answer.user_id, viewer.id);
  });

  it('check-any and check-all', async () => {
    const mixed = { permissions: ['document.read', 'document.edit'] };
    const any = await ask('check-any', mixed);
    assert.deepEqual([any.allowed, any.permissions, any.user_id], [true, mixed.permissions, viewer.id]);
    const all = await ask('check-all', mixed);
    assert.deepEqual([all.allowed, all.permissions, all.user_id], [false, mixed.permissions, viewer.id]);
    assert.equal((await ask('check-all', { permissions: ['document.read', 'report.read'] })).allowed, true);
    assert.equal((await ask('check-any', { permissions: ['document.edit'] })).allowed, false);
  });

  it('permissions: slug, description (the key even when it is null), source, count', async () => {
    const answer = await org.http.send('GET', '/api/v1/authz/permissions', { bearer: viewerToken });
    const body = answer.expect(200).json<{
      user_id: string;
      count: number;
      permissions: readonly { slug: string; description: string | null; source: string }[];
    }>();
    assert.equal(body.user_id, viewer.id);
    assert.deepEqual(body.permissions.map(({ slug }) => slug).sort(), ['document.read', 'report.read']);
    assert.equal(body.count, 2);
    for (const permission of body.permissions) {
      assert.ok('description' in permission);
      assert.match(permission.source, /^role/);
    }
  });

  describe('about somebody else', () => {
    const both = (id: string): readonly Body[] => [
      { permission: 'document.read', user_id: id },
      { permission: 'document.read', subject: { type: 'user', id } },
    ];

    it('is refused to a person and an agent without the right to ask', async () => {
      for (const bearer of [viewerToken, agentToken]) {
        for (const question of both(org.admin.id)) {
          const refusal = await ask('check', question, { bearer }, 403);
          assert.equal(typeof refusal.error, 'string');
        }
      }
    });

    it('is answered to a key and to a client with authz:check, in both spellings', async () => {
      for (const how of [{ apiKey: org.apiKey }, { bearer: machineToken }]) {
        for (const question of both(viewer.id)) {
          const answer = await ask('check', question, how);
          assert.deepEqual([answer.allowed, answer.user_id], [true, viewer.id]);
        }
        assert.equal((await ask('check', { permission: 'document.edit', user_id: viewer.id }, how)).allowed, false);
      }
    });

    it('one that does not exist holds nothing', async () => {
      const answer = await ask(
        'check',
        { permission: 'document.read', user_id: crypto.randomUUID() },
        { apiKey: org.apiKey },
      );
      assert.equal(answer.allowed, false);
    });
  });

  describe('what is malformed', () => {
    const malformed: readonly (readonly [string, unknown, string])[] = [
      ['check', {}, 'MISSING_PERMISSION'],
      ['check', { permission: '' }, 'MISSING_PERMISSION'],
      ['check', { permission: 7 }, 'MISSING_PERMISSION'],
      ['check-bulk', {}, 'INVALID_PERMISSIONS'],
      ['check-bulk', { permissions: [] }, 'INVALID_PERMISSIONS'],
      ['check-bulk', { permissions: 'document.read' }, 'INVALID_PERMISSIONS'],
      ['check-bulk', { permissions: Array.from({ length: 101 }, (_, i) => `p.${i}`) }, 'INVALID_PERMISSIONS'],
      ['check-any', { permissions: [] }, 'INVALID_PERMISSIONS'],
      ['check-all', { permissions: [null] }, 'INVALID_PERMISSIONS'],
    ];
    for (const [path, body, code] of malformed) {
      it(`${path} ${JSON.stringify(body).slice(0, 40)}: 400 ${code}`, async () => {
        assert.equal((await ask(path, body, undefined, 400)).code, code);
      });
    }

    it('100 permissions are not too many', async () => {
      const permissions = Array.from({ length: 100 }, (_, i) => `p.${i}`);
      assert.equal(Object.keys((await ask('check-bulk', { permissions })).results as object).length, 100);
    });

    it('no credential: 401', async () => {
      const refusal = await ask('check', { permission: 'document.read' }, {}, 401);
      assert.equal(typeof refusal.error, 'string');
      assert.equal(typeof refusal.message, 'string');
    });
  });

  describe('what changes, changes the next answer', () => {
    it('a role that was given, extended and taken', async () => {
      const person = await org.addUser();
      const allowed = async (permission = 'document.edit') =>
        (await ask('check', { permission, user_id: person.id }, { apiKey: org.apiKey })).allowed;
      assert.equal(await allowed(), false);
      await org.call('POST', '/admin/roles', { name: 'Editor', slug: 'editor', permissions: [] }, 201);
      await org.call('POST', `/admin/users/${person.id}/roles`, { roles: ['editor'] });
      assert.equal(await allowed(), false);
      await org.call('POST', '/admin/roles/editor/permissions', { permissions: ['document.edit'] });
      assert.equal(await allowed(), true);
      await org.call('PUT', '/admin/roles/editor/permissions', { permissions: [] });
      assert.equal(await allowed(), false);
      await org.call('PUT', '/admin/roles/editor/permissions', { permissions: ['document.edit'] });
      assert.equal(await allowed(), true);
      await org.call('DELETE', `/admin/users/${person.id}/roles/editor`);
      assert.equal(await allowed(), false);
    });
  });

  it('the same questions are answered below the org, only to its own credentials', async () => {
    const question = { json: { permission: 'document.read' } };
    const own = await org.http.send('POST', `${org.api}/authz/check`, { bearer: viewerToken, ...question });
    assert.equal(own.expect(200).json().allowed, true);
    const stranger = await createOrgWorld('authz-other');
    const foreign = await org.http.send('POST', `${org.api}/authz/check`, { apiKey: stranger.apiKey, ...question });
    foreign.expect(403);
  });

  it('a person of another org holds nothing here', async () => {
    const stranger = await createOrgWorld('authz-stranger');
    await stranger.addRole('viewer', ['document.read']);
    const outsider = await stranger.addUser({ roles: ['viewer'] });
    const question = { permission: 'document.read', user_id: outsider.id };
    assert.equal((await ask('check', question, { apiKey: stranger.apiKey })).allowed, true);
    assert.equal((await ask('check', question, { apiKey: org.apiKey })).allowed, false);
  });
});
