import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DomainError, uuidv7 } from '@lumo/kit';
import type { OrgRecord } from '../core/org.js';
import { type DirectoryStage, openDirectoryStage } from '../testing/directory-stage.js';
import { refusal } from '../testing/refusal.js';

describe('people of an org', () => {
  let stage: DirectoryStage;
  let org: OrgRecord;
  let other: OrgRecord;
  before(async () => {
    stage = await openDirectoryStage();
    org = await stage.newOrg('people-one');
    other = await stage.newOrg('people-two');
  });
  after(() => stage.close());

  const create = (email: string, more: object = {}, at: OrgRecord = org) =>
    stage.within(at, (ctx) => stage.directory.createUser(ctx, { email, ...more }));

  it('are created with an event in the same transaction, and found by id and by every spelling of the address', async () => {
    const { user } = await create('Ada@Bücher.example', { username: 'Ada', name: 'Ada L', password: 'gravel-tuba-9' });
    assert.equal(user.email, 'Ada@Bücher.example');
    for (const reference of [user.id, 'ada@bücher.example', 'ADA@xn--bcher-kva.EXAMPLE', 'ａda@bücher.example']) {
      const found = await stage.within(org, (ctx) => stage.directory.readUser(ctx, reference));
      assert.equal(found.user.id, user.id);
    }
    const event = (await stage.events(org)).find(({ target }) => target?.id === user.id);
    assert.partialDeepStrictEqual(event, {
      name: 'user.created',
      orgId: org.id,
      data: { email: 'Ada@Bücher.example', username: 'Ada', name: 'Ada L' },
    });
    assert.ok(!JSON.stringify(await stage.events(org)).includes('gravel'));
  });

  it('have one address and one user name each, whatever the spelling; another org has its own', async () => {
    await create('bob@example.com', { username: 'bob' });
    await assert.rejects(create('BOB@example.com'), refusal('duplicate_resource', 'email'));
    await assert.rejects(create('ｂob@example.com'), refusal('duplicate_resource', 'email'));
    await assert.rejects(create('bob2@example.com', { username: 'BOB' }), refusal('duplicate_resource', 'username'));
    await create('bob@example.com', { username: 'bob' }, other);
  });

  it('keep exactly one of twenty parallel registrations of an address', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => create('race@example.com')));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const outcome of outcomes) if (outcome.status === 'rejected') refusal('duplicate_resource')(outcome.reason);
  });

  it('get their roles with them, or are not made at all', async () => {
    const { user, roles } = await create('roles@example.com', { roles: ['viewer'] });
    assert.deepEqual(
      roles.map(({ slug }) => slug),
      ['viewer'],
    );
    assert.deepEqual(stage.authz.rolesOf(org.id, user.id), ['viewer']);
    await assert.rejects(
      create('half@example.com', { roles: ['viewer', 'nosuch'] }),
      refusal('validation_error', 'roles'),
    );
    stage.authz.failNext('assignRoles', new DomainError('unavailable', 'temporarily_unavailable', 'down'));
    await assert.rejects(create('half@example.com', { roles: ['viewer'] }), refusal('temporarily_unavailable'));
    await assert.rejects(
      stage.within(org, (ctx) => stage.directory.readUser(ctx, 'half@example.com')),
      refusal('resource_not_found'),
    );
    assert.ok(!(await stage.events(org)).some(({ target }) => target?.name === 'half@example.com'));
    await create('half@example.com');
  });

  it('are nobody in another org: not read, changed, blocked or deleted', async () => {
    const { user } = await create('mine@example.com');
    const d = stage.directory;
    await stage.within(other, async (ctx) => {
      for (const attempt of [
        () => d.readUser(ctx, user.id),
        () => d.updateUser(ctx, user.id, { name: 'x' }),
        () => d.blockUser(ctx, user.id),
        () => d.setPassword(ctx, user.id, 'gravel-tuba-9'),
        () => d.addUserRoles(ctx, user.id, ['viewer']),
        () => d.deleteUser(ctx, user.id),
        () => d.readUser(ctx, uuidv7()),
        () => d.readUser(ctx, "' or 1=1 --"),
      ]) {
        await assert.rejects(attempt, refusal('resource_not_found'));
      }
      assert.deepEqual(await d.userStatus(user.id), { active: false, email: '', name: '' });
      const listed = await d.listUsers(ctx, { page: 1, limit: 100, search: 'mine@' });
      assert.equal(listed.total, 0);
    });
  });

  it('are changed member by member; a new address is unverified, the same in another spelling is not', async () => {
    const { user } = await create('change@example.com', {
      emailVerified: true,
      name: 'Before',
      phoneNumber: '+1 555 0100',
    });
    const change = (to: object) => stage.within(org, (ctx) => stage.directory.updateUser(ctx, user.id, to));
    const same = await change({ email: 'CHANGE@example.com', name: null });
    assert.partialDeepStrictEqual(same, {
      email: 'CHANGE@example.com',
      emailVerified: true,
      name: null,
      phoneNumber: '+1 555 0100',
    });
    assert.equal((await change({ email: 'changed@example.com' })).emailVerified, false);
    assert.equal((await change({ email: 'again@example.com', emailVerified: true })).emailVerified, true);
    await create('taken@example.com');
    await assert.rejects(change({ email: 'taken@example.com' }), refusal('duplicate_resource', 'email'));
    await assert.rejects(change({ email: 'no' }), refusal('validation_error', 'email'));
    const seen = (await stage.events(org)).filter((e) => e.name === 'user.updated' && e.target?.id === user.id);
    assert.equal(seen.length, 3);
  });

  it('lose sessions and tokens when blocked, deactivated, deleted or given a password', async () => {
    const { user } = await create('dead@example.com');
    const dead = () => stage.revoked.filter((entry) => entry === `user ${user.id}`).length;
    const d = stage.directory;
    await stage.within(org, async (ctx) => {
      assert.equal((await d.blockUser(ctx, user.id)).blocked, true);
      assert.equal(dead(), 1);
      assert.equal((await d.userStatus(user.id)).active, false);
      await d.blockUser(ctx, user.id);
      assert.equal(dead(), 1, 'the second block changes nothing');
      assert.equal((await d.unblockUser(ctx, user.id)).blockedAt, null);
      assert.equal((await d.userStatus(user.id)).active, true);
      await d.updateUser(ctx, user.id, { isActive: false });
      assert.equal(dead(), 2);
      assert.equal((await d.userStatus(user.id)).active, false);
      await d.setPassword(ctx, 'dead@example.com', 'gravel-tuba-9');
      assert.equal(dead(), 3);
      await d.deleteUser(ctx, user.id);
      assert.equal(dead(), 4);
      await assert.rejects(d.deleteUser(ctx, user.id), refusal('resource_not_found'));
    });
    const names = (await stage.events(org)).filter(({ target }) => target?.id === user.id).map(({ name }) => name);
    assert.deepEqual(names, [
      'user.created',
      'user.blocked',
      'user.unblocked',
      'user.updated',
      'user.password_changed',
      'user.deleted',
    ]);
  });

  it('are listed in pages with one call for all their roles', async () => {
    const crowd = await stage.newOrg('people-crowd');
    for (let i = 0; i < 7; i++) {
      stage.clock.advance(1000);
      await create(
        `u${i}@example.com`,
        { name: i % 2 ? `Odd ${i}` : `50%_${i}`, roles: i === 3 ? ['admin'] : [] },
        crowd,
      );
    }
    const list = (query: object) =>
      stage.within(crowd, (ctx) => stage.directory.listUsers(ctx, { page: 1, limit: 3, ...query }));
    const emails = async (query: object) => (await list(query)).rows.map(({ user }) => user.email.slice(0, 2));
    stage.authz.calls.length = 0;
    const first = await list({});
    assert.deepEqual(stage.authz.calls, ['listRoles']);
    assert.equal(first.total, 7);
    assert.deepEqual(await emails({}), ['u6', 'u5', 'u4']);
    assert.deepEqual(await emails({ page: 3 }), ['u0']);
    assert.deepEqual(await emails({ page: 9 }), []);
    assert.deepEqual(await emails({ sortBy: 'email', sortDir: 'ASC' }), ['u0', 'u1', 'u2']);
    assert.deepEqual(await emails({ search: 'odd' }), ['u5', 'u3', 'u1']);
    assert.deepEqual(await emails({ search: '%_', limit: 9 }), ['u6', 'u4', 'u2', 'u0']);
    assert.deepEqual(await emails({ search: "'; drop table users; --" }), []);
    assert.deepEqual(await emails({ role: 'admin' }), ['u3']);
    assert.deepEqual(await emails({ role: 'viewer' }), []);
    await assert.rejects(list({ role: 'nosuch' }), refusal('resource_not_found'));
    const admin = (await list({ limit: 100 })).rows.find(({ user }) => user.email === 'u3@example.com');
    assert.equal(admin?.roles[0]?.isAdmin, true);
    await stage.within(crowd, (ctx) => stage.directory.blockUser(ctx, 'u2@example.com'));
    await stage.within(crowd, (ctx) => stage.directory.updateUser(ctx, 'u1@example.com', { isActive: false }));
    assert.deepEqual(await emails({ blocked: true }), ['u2']);
    assert.equal((await list({ blocked: false })).total, 6);
    assert.deepEqual(await emails({ active: false }), ['u1']);
  });
});

describe('who may administer whom', () => {
  let stage: DirectoryStage;
  let org: OrgRecord;
  let boss: string;
  let appManager: string;
  let userManager: string;
  let plain: string;
  before(async () => {
    stage = await openDirectoryStage();
    org = await stage.newOrg('people-rank');
    const made = async (name: string, roles: string[]) =>
      (await stage.within(org, (ctx) => stage.directory.createUser(ctx, { email: `${name}@example.com`, roles }))).user
        .id;
    boss = await made('boss', ['admin']);
    appManager = await made('apps', ['app_manager']);
    userManager = await made('users', ['user_manager']);
    plain = await made('plain', ['viewer']);
  });
  after(() => stage.close());

  type Attempt = (
    target: string,
  ) => (
    d: DirectoryStage['directory'],
    ctx: Parameters<DirectoryStage['directory']['readUser']>[0],
  ) => Promise<unknown>;
  const attempts: Readonly<Record<string, Attempt>> = {
    'set the password': (target) => (d, ctx) => d.setPassword(ctx, target, 'gravel-tuba-9'),
    'change the address': (target) => (d, ctx) => d.updateUser(ctx, target, { name: 'Renamed' }),
    block: (target) => async (d, ctx) => {
      await d.blockUser(ctx, target);
      await d.unblockUser(ctx, target);
    },
  };
  const key = (...scopes: string[]) => ({ type: 'api_key' as const, id: 'key_x', scopes });
  const person = (id: string, ...scopes: string[]) => ({ type: 'user' as const, id, scopes });

  for (const [what, attempt] of Object.entries(attempts)) {
    it(`${what}: only of people without rights beyond the own`, async () => {
      const cases: readonly [who: string, principal: object, target: string, allowed: boolean][] = [
        ['a key of users, a plain user', key('admin:users'), plain, true],
        ['a key of users, a user manager', key('admin:users'), userManager, true],
        ['a key of users, an app manager', key('admin:users'), appManager, false],
        ['a key of users, an administrator', key('admin:users'), boss, false],
        ['a key that writes all, an administrator', key('admin:write'), boss, true],
        ['a user manager, an administrator', person(userManager, 'admin'), boss, false],
        ['a user manager, an app manager', person(userManager, 'admin'), appManager, false],
        ['a user manager, a plain user', person(userManager, 'admin'), plain, true],
        ['a user manager, itself', person(userManager, 'admin'), userManager, true],
        ['an administrator, an app manager', person(boss, 'admin'), appManager, true],
        ['an administrator with a narrow token, an app manager', person(boss, 'admin:users'), appManager, false],
      ];
      for (const [who, principal, target, allowed] of cases) {
        const tried = stage.within(org, (ctx) => attempt(target)(stage.directory, ctx), principal);
        if (allowed) await assert.doesNotReject(tried, who);
        else await assert.rejects(tried, refusal('permission_denied'), who);
      }
    });
  }

  it('roles need admin:roles, also on the way in', async () => {
    const make = (principal: object, email: string) =>
      stage.within(org, (ctx) => stage.directory.createUser(ctx, { email, roles: ['viewer'] }), principal);
    await assert.rejects(make(key('admin:users'), 'r1@example.com'), refusal('permission_denied'));
    await assert.rejects(make(person(userManager, 'admin'), 'r1@example.com'), refusal('permission_denied'));
    await make(key('admin:users', 'admin:roles'), 'r1@example.com');
    await make(person(boss, 'admin'), 'r2@example.com');
    const assign = (principal: object) =>
      stage.within(org, (ctx) => stage.directory.replaceUserRoles(ctx, plain, ['admin']), principal);
    await assert.rejects(assign(key('admin:users')), refusal('permission_denied'));
    assert.deepEqual(stage.authz.rolesOf(org.id, plain), ['viewer']);
  });
});
