import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { OrgRecord } from '../core/org.js';
import { type DirectoryStage, openDirectoryStage } from '../testing/directory-stage.js';

describe('checking a password', () => {
  let stage: DirectoryStage;
  let org: OrgRecord;
  before(async () => {
    stage = await openDirectoryStage();
    org = await stage.newOrg('passwords');
  });
  after(() => stage.close());

  const create = (name: string, at = org) =>
    stage.within(at, async (ctx) => {
      const command = { email: `${name}@example.com`, username: name, password: 'gravel-tuba-9' };
      return (await stage.directory.createUser(ctx, command)).user;
    });
  const verify = async (login: string, password = 'gravel-tuba-9', at = org) => {
    const result = await stage.within(at, (ctx) => stage.verifyPassword(ctx, { login, password }));
    return result.ok ? result.value.id : result.error;
  };
  const minutes = (n: number) => stage.clock.advance(n * 60_000);

  it('knows a person by address and by user name, in every spelling', async () => {
    const { id } = await create('ada');
    for (const login of ['ada@example.com', ' ADA@Example.com ', 'ada', 'Ada', 'ａda'])
      assert.equal(await verify(login), id);
  });

  it('answers nothing secret', async () => {
    const result = await stage.within(org, (ctx) =>
      stage.verifyPassword(ctx, { login: 'ada', password: 'gravel-tuba-9' }),
    );
    assert.ok(result.ok);
    assert.deepEqual(
      Object.keys(result.value).filter((member) => /hash|key/i.test(member)),
      [],
    );
  });

  it('takes two spellings of one password as one', async () => {
    await stage.within(org, (ctx) =>
      stage.directory.createUser(ctx, { email: 'nfc@example.com', password: 'cafe\u0301-gravel' }),
    );
    assert.notEqual(await verify('nfc@example.com', 'caf\u00e9-gravel'), 'invalid_credentials');
  });

  it('refuses alike what is wrong and who is unknown, of another org, or has no password', async () => {
    const other = await stage.newOrg('passwords-other');
    await create('elsewhere', other);
    await stage.within(org, (ctx) => stage.directory.createUser(ctx, { email: 'none@example.com' }));
    for (const [login, password] of [
      ['ada@example.com', 'gravel-tuba-8'],
      ['ada@example.com', ''],
      ['ada@example.com', 'x'.repeat(100_000)],
      ['nobody@example.com', 'gravel-tuba-9'],
      ['elsewhere@example.com', 'gravel-tuba-9'],
      ['none@example.com', ''],
      ['none@example.com', 'gravel-tuba-9'],
      ['', 'gravel-tuba-9'],
      ["' or '1'='1", 'gravel-tuba-9'],
    ] as const) {
      const before = stage.comparisons();
      assert.equal(await verify(login, password), 'invalid_credentials', login);
      assert.equal(stage.comparisons() - before, 1, 'every refusal costs one comparison');
    }
  });

  it('says blocked and inactive only to who knows the password', async () => {
    const blocked = await create('blocked');
    const inactive = await create('inactive');
    await stage.within(org, async (ctx) => {
      await stage.directory.blockUser(ctx, blocked.id);
      await stage.directory.updateUser(ctx, inactive.id, { isActive: false });
    });
    assert.equal(await verify('blocked', 'wrong'), 'invalid_credentials');
    assert.equal(await verify('blocked'), 'blocked');
    assert.equal(await verify('inactive', 'wrong'), 'invalid_credentials');
    assert.equal(await verify('inactive'), 'inactive');
  });

  for (const [who, login] of [
    ['a person', 'locked'],
    ['a login that names nobody', 'phantom'],
  ] as const) {
    it(`locks ${who} for 15 minutes after five failures, also for the right password`, async () => {
      if (who === 'a person') await create(login);
      for (let i = 0; i < 5; i++) assert.equal(await verify(login, `wrong ${i}`), 'invalid_credentials');
      assert.equal(await verify(login), 'locked');
      assert.equal(await verify(login, 'wrong'), 'locked');
      minutes(14.9);
      assert.equal(await verify(login), 'locked');
      minutes(0.2);
      assert.notEqual(await verify(login), 'locked');
    });
  }

  it('counts both names of a person together, forgets after a success, and after a lock that ran out', async () => {
    const { id } = await create('counted');
    for (const login of ['counted', 'counted@example.com', 'counted', 'counted@example.com'])
      await verify(login, 'wrong');
    assert.equal(await verify('counted'), id);
    for (let i = 0; i < 4; i++) await verify('counted', 'wrong');
    assert.equal(await verify('counted'), id, 'the success before started a new count');
    for (let i = 0; i < 5; i++) await verify('counted', 'wrong');
    minutes(16);
    assert.equal(await verify('counted', 'wrong'), 'invalid_credentials');
    assert.equal(await verify('counted'), id, 'one failure after the lock does not lock again');
  });

  it('does not let old failures add up with new ones', async () => {
    const { id } = await create('slow');
    for (let i = 0; i < 8; i++) {
      await verify('slow', 'wrong');
      minutes(16);
    }
    assert.equal(await verify('slow'), id);
  });

  it('gives a burst of parallel guesses no more than five', async () => {
    await create('burst');
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => verify('burst', `wrong ${i}`)));
    assert.ok(answers.every((answer) => answer === 'invalid_credentials' || answer === 'locked'));
    assert.equal(answers.filter((answer) => answer === 'invalid_credentials').length, 5);
    assert.equal(await verify('burst'), 'locked');
    const [row] = await stage.database.admin<{ failures: number }>(
      'select max(failures) as failures from authn.login_failures',
    );
    assert.ok((row?.failures ?? 0) >= 5);
  });

  it('lifts a lock when an administrator sets the password', async () => {
    const { id } = await create('lifted');
    for (let i = 0; i < 5; i++) await verify('lifted', 'wrong');
    assert.equal(await verify('lifted'), 'locked');
    await stage.within(org, (ctx) => stage.directory.setPassword(ctx, id, 'basalt-flute-7'));
    assert.equal(await verify('lifted', 'basalt-flute-7'), id);
    assert.equal(await verify('lifted', 'gravel-tuba-9'), 'invalid_credentials');
  });

  it('follows the limits of the org', async () => {
    const strict = await stage.newOrg('passwords-strict');
    await stage.within(strict, (ctx) =>
      stage.directory.changeOrgProfile(ctx, { security: { lockoutMaxFailures: 3, lockoutSeconds: 60 } }),
    );
    await create('strict', strict);
    for (let i = 0; i < 3; i++) await verify('strict', 'wrong', strict);
    assert.equal(await verify('strict', undefined, strict), 'locked');
    minutes(1.1);
    assert.notEqual(await verify('strict', undefined, strict), 'locked');
  });

  it('records failures and the lock, and never what was typed where no address was', async () => {
    const audited = await stage.newOrg('passwords-audit');
    const { id } = await create('audited', audited);
    await verify('audited', 'hunter2-typed', audited);
    await verify('my secret typed into the wrong field', 'x', audited);
    await verify('stranger@example.com', 'x', audited);
    for (let i = 0; i < 5; i++) await verify('audited', 'wrong', audited);
    const events = (await stage.events(audited)).filter(({ name }) => /login|locked/.test(name));
    const text = JSON.stringify(events);
    assert.ok(!/hunter2|wrong field/.test(text));
    assert.equal(events.filter(({ name }) => name === 'user.locked').length, 1);
    assert.ok(events.some(({ data }) => data.reason === 'locked'));
    assert.ok(events.some(({ data }) => data.login === 'stranger@example.com'));
    assert.ok(events.every(({ name, result }) => name !== 'auth.login.failure' || result === 'failure'));
    assert.ok(events.some(({ actor }) => actor.id === id));
  });

  it('leaves no trail of forgotten counts behind', async () => {
    const swept = await stage.newOrg('passwords-swept');
    for (let i = 0; i < 12; i++) await verify(`ghost${i}@example.com`, 'x', swept);
    minutes(16);
    await verify('last@example.com', 'x', swept);
    await verify('last2@example.com', 'x', swept);
    const [row] = await stage.database.admin<{ count: number }>(
      'select count(*)::int as count from authn.login_failures where org_id = $1',
      [swept.id],
    );
    assert.equal(row?.count, 2);
  });

  it('brings a hash of an older cost to the cost of today', async () => {
    const { id } = await create('rehashed');
    const old = '$argon2id$v=19$m=32,t=1,p=1$';
    const { hash } = await import('@node-rs/argon2');
    const stored = await hash('gravel-tuba-9', { algorithm: 2, memoryCost: 32, timeCost: 1, parallelism: 1 });
    assert.ok(stored.startsWith(old));
    await stage.database.admin('update authn.users set password_hash = $1 where id = $2', [stored, id]);
    assert.equal(await verify('rehashed'), id);
    const [row] = await stage.database.admin<{ password_hash: string }>(
      'select password_hash from authn.users where id = $1',
      [id],
    );
    assert.match(row?.password_hash ?? '', /m=64,t=1,p=1/);
    assert.equal(await verify('rehashed'), id);
  });
});
