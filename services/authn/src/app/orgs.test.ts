import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { DomainError } from '@lumo/kit';
import { checkTenantTables } from '@lumo/testing';
import { DEFAULT_SETTINGS } from '../core/org-settings.js';
import { type DirectoryStage, openDirectoryStage } from '../testing/directory-stage.js';
import { refusal } from '../testing/refusal.js';

describe('organizations', () => {
  let stage: DirectoryStage;
  before(async () => {
    stage = await openDirectoryStage();
  });
  after(() => stage.close());
  const create = (command: Parameters<DirectoryStage['directory']['createOrg']>[1]) =>
    stage.within(undefined, (ctx) => stage.directory.createOrg(ctx, command), { type: 'instance', id: 'instance' });

  it('come with roles, their first administrator, a key and the events of all of it', async () => {
    const { org, admin, apiKey } = await create({
      slug: 'acme-corp',
      name: 'Acme',
      admin: { email: 'root@acme.example', password: 'gravel-tuba-9' },
      apiKey: { name: 'First', scopes: ['admin:read', 'admin:write'] },
    });
    assert.ok(admin && apiKey);
    assert.ok(stage.authz.provisioned.has(org.id));
    assert.deepEqual(stage.authz.rolesOf(org.id, admin.user.id), ['admin']);
    const verified = await stage.within(org, (ctx) =>
      stage.verifyPassword(ctx, { login: 'root@acme.example', password: 'gravel-tuba-9' }),
    );
    assert.ok(verified.ok);
    const found = await stage.within(undefined, (ctx) =>
      stage.directory.verifyApiKey(ctx, createHash('sha256').update(apiKey.key).digest()),
    );
    assert.equal(found?.org.id, org.id);
    const events = await stage.events(org);
    assert.deepEqual(
      events.map(({ name }) => name),
      ['org.created', 'api_key.created', 'user.created'],
    );
    assert.ok(events.every(({ orgId, actor }) => orgId === org.id && actor.type === 'instance'));
  });

  it('are found by slug and id while active', async () => {
    const { org } = await create({ slug: 'found-me', name: 'F' });
    const d = stage.directory;
    assert.equal((await d.resolveOrg({ slug: 'found-me' }))?.id, org.id);
    assert.equal((await d.resolveOrg({ id: org.id }))?.slug, 'found-me');
    assert.equal(await d.resolveOrg({ slug: 'FOUND-ME' }), undefined);
    assert.equal(await d.resolveOrg({ id: 'no-uuid' }), undefined);
    await stage.database.admin("update authn.orgs set status = 'suspended' where id = $1", [org.id]);
    assert.equal(await d.resolveOrg({ slug: 'found-me' }), undefined);
  });

  it('have one slug each, also in a race, and keep it for ever', async () => {
    await create({ slug: 'one-of-us', name: 'x' });
    await assert.rejects(create({ slug: 'one-of-us', name: 'y' }), refusal('duplicate_resource', 'slug'));
    const race = await Promise.allSettled(Array.from({ length: 8 }, () => create({ slug: 'raced-for', name: 'x' })));
    assert.equal(race.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const outcome of race) if (outcome.status === 'rejected') refusal('duplicate_resource')(outcome.reason);
    await assert.rejects(
      stage.database.admin("update authn.orgs set slug = 'renamed-to' where slug = 'one-of-us'"),
      /immutable/,
    );
  });

  for (const slug of [
    '',
    'a',
    'Acme',
    'acme corp',
    'acme_corp',
    '-acme',
    'xn--acme',
    'admin',
    'a'.repeat(64),
    '../x',
  ]) {
    it(`are not called ${JSON.stringify(slug.slice(0, 20))}`, () =>
      assert.rejects(create({ slug, name: 'x' }), refusal('validation_error', 'slug')));
  }

  it('leave nothing behind when a part of them fails', async () => {
    const admin = { email: 'root@half.example', password: 'short' };
    await assert.rejects(create({ slug: 'half-made', name: 'x', admin }), refusal('validation_error', 'password'));
    for (const call of ['provisionOrg', 'assignRoles']) {
      stage.authz.failNext(call, new DomainError('unavailable', 'temporarily_unavailable', 'down'));
      const good = { ...admin, password: 'gravel-tuba-9' };
      await assert.rejects(
        create({ slug: 'half-made', name: 'x', admin: good, apiKey: { name: 'k', scopes: ['admin:read'] } }),
        refusal('temporarily_unavailable'),
      );
    }
    assert.equal(await stage.directory.resolveOrg({ slug: 'half-made' }), undefined);
    const left = await stage.database.admin("select 1 from authn.users where email_key = 'root@half.example'");
    assert.deepEqual(left, []);
    await create({ slug: 'half-made', name: 'x' });
  });

  it('are listed in pages and searched, for the operator', async () => {
    const list = (query: object) => stage.directory.listOrgs({} as never, { page: 1, limit: 2, ...query });
    assert.ok((await list({})).total >= 4);
    assert.deepEqual(
      (await list({ search: 'acme' })).rows.map(({ slug }) => slug),
      ['acme-corp'],
    );
    const sorted = await list({ sortBy: 'slug', sortDir: 'ASC', limit: 100 });
    const slugs = sorted.rows.map(({ slug }) => slug);
    assert.deepEqual(slugs, [...slugs].sort());
  });

  it('have settings of their own, changed member by member, also in parallel', async () => {
    const one = await stage.newOrg('settings-one');
    const two = await stage.newOrg('settings-two');
    const change = (to: object) => stage.within(one, (ctx) => stage.directory.changeOrgProfile(ctx, to));
    await Promise.all([
      change({ auth: { passwordPolicy: { minLength: 12 } } }),
      change({ auth: { passwordPolicy: { requireNumbers: true } } }),
      change({ auth: { sessionIdleSeconds: 600 } }),
      change({ name: 'One, renamed', general: { displayName: 'One!' } }),
    ]);
    const read = (at: typeof one) => stage.within(at, (ctx) => stage.directory.readOrgProfile(ctx));
    const { org, settings } = await read(one);
    assert.equal(org.name, 'One, renamed');
    assert.deepEqual(settings, {
      ...DEFAULT_SETTINGS,
      general: { displayName: 'One!' },
      auth: {
        ...DEFAULT_SETTINGS.auth,
        sessionIdleSeconds: 600,
        passwordPolicy: { ...DEFAULT_SETTINGS.auth.passwordPolicy, minLength: 12, requireNumbers: true },
      },
    });
    assert.deepEqual((await read(two)).settings, DEFAULT_SETTINGS);
    const names = (await stage.events(one)).map(({ name }) => name).filter((name) => name !== 'org.created');
    assert.deepEqual(names.sort(), [
      'org.settings_changed',
      'org.settings_changed',
      'org.settings_changed',
      'org.settings_changed',
      'org.updated',
    ]);
    await assert.rejects(
      stage.within(one, (ctx) => stage.directory.createUser(ctx, { email: 'p@x.example', password: 'gravel-tuba' })),
      refusal('validation_error', 'password'),
    );
  });

  it('are kept apart by every table of the schema', async () => {
    const { tables, violations } = await checkTenantTables(stage.database.adminUrl);
    assert.ok(tables.includes('authn.users') && tables.includes('authn.api_keys'));
    assert.deepEqual(violations, []);
  });
});
