import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type AbacWorld, abacOf } from '../support/abac-world.js';
import { createOrgWorld, type OrgWorld, type TestUser } from '../support/org-world.js';
import { waitUntil } from '../support/wait-until.js';

let org: OrgWorld;
let abac: AbacWorld;
let person: TestUser;
let bearer = '';

before(async () => {
  org = await createOrgWorld('abac-directory');
  abac = abacOf(org);
  const app = await org.addClient({ scopes: ['openid'] });
  person = await org.addUser();
  bearer = (await org.tokensOf(person, app, 'openid')).access_token;
});

/** The directory tells of people by events, which take a moment. */
async function eventually(check: () => Promise<unknown>): Promise<void> {
  await waitUntil(async () => (await check()) !== false, { what: 'the news of the directory' });
}

describe('ABAC: what the directory says (contract 3.4)', () => {
  it('a person who is blocked is blocked for policies too', async () => {
    const target = await org.addUser();
    await abac.policy({
      name: 'Not the blocked',
      resourceType: 'door',
      action: 'open',
      conditions: {
        all: [
          { attribute: 'user.email_verified', operator: 'equals', value: true },
          { attribute: 'user.blocked', operator: 'equals', value: false },
        ],
      },
    });
    const open = () => abac.may({ resourceType: 'door', action: 'open', user_id: target.id });
    await eventually(async () => assert.equal(await open(), true));
    await org.call('POST', `/admin/users/${target.id}/block`);
    await eventually(async () => assert.equal(await open(), false));
    await org.call('POST', `/admin/users/${target.id}/unblock`);
    await eventually(async () => assert.equal(await open(), true));
    await org.call('PATCH', `/admin/users/${target.id}`, { emailVerified: false });
    await eventually(async () => assert.equal(await open(), false));
  });

  it('roles and permissions count at once', async () => {
    await org.addRole('guard', ['gate.watch']);
    await abac.policy({
      name: 'Guards',
      resourceType: 'gate',
      action: 'open',
      conditions: { any: [{ attribute: 'user.roles', operator: 'contains', value: 'guard' }] },
    });
    await abac.policy({
      name: 'Watchers',
      resourceType: 'gate',
      action: 'watch',
      conditions: { any: [{ attribute: 'user.permissions', operator: 'contains', value: 'gate.watch' }] },
    });
    const member = await org.addUser();
    const may = (action: string) => abac.may({ resourceType: 'gate', action, user_id: member.id });
    assert.deepEqual([await may('open'), await may('watch')], [false, false]);
    await org.call('POST', `/admin/users/${member.id}/roles`, { roles: ['guard'] });
    assert.deepEqual([await may('open'), await may('watch')], [true, true]);
  });

  it('how a person signed in', async () => {
    await abac.policy({
      name: 'By password',
      resourceType: 'safe',
      action: 'open',
      conditions: { subject: 'environment.auth_method', operator: 'in', value: ['pwd'] },
    });
    assert.equal(await abac.may({ resourceType: 'safe', action: 'open' }, { bearer }), true);
    assert.equal(
      await abac.may({ resourceType: 'safe', action: 'open', user_id: person.id }),
      false,
      'nothing is known of somebody else’s sign-in',
    );
  });
});
