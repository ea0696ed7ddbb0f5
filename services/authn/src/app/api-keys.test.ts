import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { OrgRecord } from '../core/org.js';
import { type DirectoryStage, openDirectoryStage } from '../testing/directory-stage.js';
import { refusal } from '../testing/refusal.js';

describe('API keys of an org', () => {
  let stage: DirectoryStage;
  let org: OrgRecord;
  let other: OrgRecord;
  before(async () => {
    stage = await openDirectoryStage();
    org = await stage.newOrg('keys-one');
    other = await stage.newOrg('keys-two');
  });
  after(() => stage.close());

  const create = (command: object = {}, at = org, principal = {}) =>
    stage.within(
      at,
      (ctx) => stage.directory.createApiKey(ctx, { name: 'CI', scopes: ['admin:users'], ...command }),
      principal,
    );
  /** As the gateway asks: with the hash of the key and no org. */
  const verify = (key: string) =>
    stage.within(undefined, (ctx) => stage.directory.verifyApiKey(ctx, createHash('sha256').update(key).digest()));

  it('are shown once, stored as a hash, and lead from the hash alone to their org and scopes', async () => {
    const { apiKey, key } = await create();
    assert.match(key, /^lmk_[\w-]{43}$/);
    const verified = await verify(key);
    assert.partialDeepStrictEqual(verified, {
      org: { id: org.id, slug: org.slug },
      apiKey: { scopes: ['admin:users'] },
    });
    assert.equal(await verify(`${key} `), undefined);
    assert.equal(await verify('lmk_unknown'), undefined);
    for (const table of ['api_keys', 'api_key_index', 'outbox']) {
      assert.ok(!JSON.stringify(await stage.database.admin(`select * from authn.${table}`)).includes(key), table);
    }
    assert.equal(apiKey.hint, key.slice(0, 8));
  });

  it('end at their time, when deleted, and with a suspended org', async () => {
    const { key, apiKey } = await create({ expiresAt: new Date(stage.clock.now() + 60_000) });
    assert.ok(await verify(key));
    stage.clock.advance(60_000);
    assert.equal(await verify(key), undefined);
    const extend = (expiresAt: Date | null) =>
      stage.within(org, (ctx) => stage.directory.updateApiKey(ctx, apiKey.keyId, { expiresAt }));
    await assert.rejects(extend(new Date(stage.clock.now())), refusal('validation_error', 'expiresAt'));
    await extend(null);
    assert.ok(await verify(key));
    await stage.database.admin("update authn.orgs set status = 'suspended' where id = $1", [org.id]);
    assert.equal(await verify(key), undefined);
    await stage.database.admin("update authn.orgs set status = 'active' where id = $1", [org.id]);
    await stage.within(org, (ctx) => stage.directory.deleteApiKey(ctx, apiKey.keyId));
    assert.equal(await verify(key), undefined);
    assert.ok(stage.revoked.includes(`key ${apiKey.keyId}`));
    const index = await stage.database.admin('select 1 from authn.api_key_index where sha256 = $1', [
      createHash('sha256').update(key).digest(),
    ]);
    assert.deepEqual(index, []);
  });

  it('remember their use at most once a minute', async () => {
    const { key, apiKey } = await create();
    const lastUsed = async () =>
      (await stage.within(org, (ctx) => stage.directory.readApiKey(ctx, apiKey.keyId))).lastUsedAt?.getTime() ?? null;
    assert.equal(await lastUsed(), null);
    await verify(key);
    const first = stage.clock.now();
    assert.equal(await lastUsed(), first);
    stage.clock.advance(59_000);
    await verify(key);
    assert.equal(await lastUsed(), first);
    stage.clock.advance(2_000);
    await verify(key);
    assert.equal(await lastUsed(), stage.clock.now());
  });

  it('are unknown in another org', async () => {
    const { apiKey } = await create();
    const d = stage.directory;
    await stage.within(other, async (ctx) => {
      await assert.rejects(d.readApiKey(ctx, apiKey.keyId), refusal('resource_not_found'));
      await assert.rejects(d.updateApiKey(ctx, apiKey.keyId, { name: 'x' }), refusal('resource_not_found'));
      await assert.rejects(d.deleteApiKey(ctx, apiKey.keyId), refusal('resource_not_found'));
      assert.equal((await d.listApiKeys(ctx, { page: 1, limit: 100 })).total, 0);
    });
  });

  it('take only scopes that exist', async () => {
    await assert.rejects(create({ scopes: ['admin:everything'] }), refusal('validation_error', 'scopes'));
    await assert.rejects(create({ scopes: [] }), refusal('validation_error', 'scopes'));
  });

  it('never give more than their maker has, on create and on change', async () => {
    const weak = { type: 'api_key', id: 'key_1', scopes: ['admin:keys', 'admin:users'] };
    assert.deepEqual(
      (await create({ scopes: ['admin:users', 'admin:keys'] }, org, weak)).apiKey.createdBy,
      'api_key:key_1',
    );
    for (const scopes of [
      ['admin:clients'],
      ['admin:write'],
      ['admin:read'],
      ['authz:check'],
      ['admin:users', 'admin:roles'],
    ]) {
      await assert.rejects(create({ scopes }, org, weak), refusal('permission_denied', 'scopes'));
    }
    const { apiKey } = await create({}, org, weak);
    const change = (scopes: string[]) =>
      stage.within(
        org,
        (ctx) => stage.directory.updateApiKey(ctx, apiKey.keyId, { scopes }),
        weak as { type: 'api_key' },
      );
    await assert.rejects(change(['admin:settings']), refusal('permission_denied', 'scopes'));
    const { apiKey: strong } = await create({ scopes: ['admin:write'] });
    const edit = (to: object) =>
      stage.within(org, (ctx) => stage.directory.updateApiKey(ctx, strong.keyId, to), weak as { type: 'api_key' });
    await assert.rejects(edit({ expiresAt: null }), refusal('permission_denied', 'scopes'));
    assert.equal((await edit({ name: 'Renamed' })).name, 'Renamed');
    const before = stage.revoked.length;
    assert.deepEqual((await change(['admin:keys'])).scopes, ['admin:keys']);
    assert.equal(stage.revoked.length, before + 1);
  });

  it('of a person follow from the person’s permissions as well as from the token', async () => {
    const make = (name: string, roles: string[]) =>
      stage.within(org, (ctx) => stage.directory.createUser(ctx, { email: `${name}@keys.example`, roles }));
    const { user: boss } = await make('boss', ['admin']);
    const { user: helper } = await make('helper', ['user_manager']);
    const person = (id: string, ...scopes: string[]) => ({ type: 'user', id, scopes });
    await create({ scopes: ['admin:read', 'admin:write'] }, org, person(boss.id, 'admin'));
    await create({ scopes: ['admin:users'] }, org, person(helper.id, 'admin'));
    await assert.rejects(
      create({ scopes: ['admin:write'] }, org, person(helper.id, 'admin')),
      refusal('permission_denied'),
    );
    await assert.rejects(
      create({ scopes: ['admin:users'] }, org, person(boss.id, 'admin:keys')),
      refusal('permission_denied'),
    );
  });
});
