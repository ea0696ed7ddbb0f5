import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { matchesClientSecret } from '../core/oauth-client.js';
import type { OrgRecord } from '../core/org.js';
import { type DirectoryStage, openDirectoryStage } from '../testing/directory-stage.js';
import { refusal } from '../testing/refusal.js';

describe('OAuth clients of an org', () => {
  let stage: DirectoryStage;
  let org: OrgRecord;
  let other: OrgRecord;
  before(async () => {
    stage = await openDirectoryStage();
    org = await stage.newOrg('clients-one');
    other = await stage.newOrg('clients-two');
  });
  after(() => stage.close());

  const spa = { name: 'Shop', applicationType: 'spa', redirectUris: ['https://shop.example/cb'] };
  const machine = { name: 'Robot', applicationType: 'm2m', scopes: ['documents.read'] };
  const create = (draft: Parameters<DirectoryStage['directory']['createClient']>[1], at = org, principal = {}) =>
    stage.within(at, (ctx) => stage.directory.createClient(ctx, draft), principal);

  it('get a secret that is shown once and stored as a hash; public ones get none', async () => {
    const { client, secret } = await create(machine);
    assert.match(secret ?? '', /^cs_[\w-]{43}$/);
    assert.match(client.clientId, /^cli_[0-9a-z]{24}$/);
    const read = await stage.within(org, (ctx) => stage.directory.readClient(ctx, client.clientId));
    assert.equal(matchesClientSecret(read.secrets, secret ?? '', new Date(stage.clock.now())), true);
    assert.deepEqual(read, client);
    const rows = await stage.database.admin('select * from authn.client_secrets');
    assert.ok(!JSON.stringify(rows).includes(secret ?? 'x'));
    assert.ok(!JSON.stringify(await stage.events(org)).includes(secret ?? 'x'));
    assert.equal((await create(spa)).secret, undefined);
  });

  it('are found by number and by client id, in their org only', async () => {
    const { client } = await create(machine);
    const read = (id: string, at = org) => stage.within(at, (ctx) => stage.directory.readClient(ctx, id));
    assert.equal((await read(String(client.id))).clientId, client.clientId);
    for (const [id, at] of [
      [client.clientId, other],
      [String(client.id), other],
      ['cli_unknown', org],
      ['99999999999', org],
      ['4294967297', org],
      ['-1', org],
      ['1e3', org],
    ] as const) {
      await assert.rejects(read(id, at), refusal('resource_not_found'), id);
    }
  });

  it('keep a rotated secret as long as the overlap says, however often they rotate', async () => {
    const { client, secret: first = '' } = await create(machine);
    const rotate = (overlap: number) =>
      stage.within(org, (ctx) => stage.directory.rotateClientSecret(ctx, client.clientId, overlap));
    const valid = async (...secrets: string[]) => {
      const { secrets: stored } = await stage.within(org, (ctx) => stage.directory.readClient(ctx, client.clientId));
      return secrets.map((secret) => matchesClientSecret(stored, secret, new Date(stage.clock.now())));
    };
    const { secret: second = '' } = await rotate(3600);
    assert.deepEqual(await valid(first, second), [true, true]);
    const { secret: third = '' } = await rotate(7200);
    assert.deepEqual(await valid(first, second, third), [true, true, true]);
    stage.clock.advance(3600_000);
    assert.deepEqual(await valid(first, second, third), [false, true, true], 'a later rotation prolongs nothing');
    const { secret: fourth = '' } = await rotate(0);
    assert.deepEqual(await valid(first, second, third, fourth), [false, false, false, true]);
    const { client: browser } = await create(spa);
    await assert.rejects(
      stage.within(org, (ctx) => stage.directory.rotateClientSecret(ctx, browser.clientId, 0)),
      refusal('validation_error'),
    );
  });

  it('are judged on update as on create', async () => {
    const { client } = await create(spa);
    const update = (change: object) =>
      stage.within(org, (ctx) => stage.directory.updateClient(ctx, client.clientId, change));
    await assert.rejects(
      update({ redirectUris: ['javascript:alert(1)'] }),
      refusal('validation_error', 'redirectUris'),
    );
    await assert.rejects(update({ requiresPkce: false }), refusal('validation_error', 'requiresPkce'));
    const after = await update({ redirectUris: ['https://new.example/cb'], description: 'd' });
    assert.deepEqual(after.redirectUris, ['https://new.example/cb']);
    assert.equal(after.name, 'Shop');
  });

  it('open the browser origins that follow from them, while they are active', async () => {
    const origins = await stage.newOrg('clients-origins');
    const { client } = await create({ ...spa, allowedOrigins: ['https://extra.example'] }, origins);
    const allowed = (origin: string, at = origins) => stage.within(at, () => stage.directory.checkOrigin(origin));
    assert.equal(await allowed('https://shop.example'), true);
    assert.equal(await allowed('https://extra.example'), true);
    assert.equal(await allowed('https://evil.example'), false);
    assert.equal(await allowed('https://shop.example', other), false);
    assert.equal(await allowed('null'), false);
    assert.equal(await allowed('https://shop.example/'), false);
    const change = (to: object) =>
      stage.within(origins, (ctx) => stage.directory.updateClient(ctx, client.clientId, to));
    await change({ redirectUris: ['https://moved.example/cb'] });
    assert.deepEqual([await allowed('https://shop.example'), await allowed('https://moved.example')], [false, true]);
    await stage.within(origins, (ctx) => stage.directory.disableClient(ctx, client.clientId));
    assert.equal(await allowed('https://moved.example'), false);
  });

  it('lose their tokens when disabled, switched off or deleted, with one event each', async () => {
    const { client } = await create(machine);
    const dead = () => stage.revoked.filter((entry) => entry === `client ${client.clientId}`).length;
    await stage.within(org, async (ctx) => {
      const d = stage.directory;
      await d.disableClient(ctx, String(client.id));
      assert.equal(dead(), 1);
      await d.disableClient(ctx, client.clientId);
      assert.equal(dead(), 1);
      assert.equal((await d.enableClient(ctx, client.clientId)).isActive, true);
      await d.updateClient(ctx, client.clientId, { isActive: false });
      assert.equal(dead(), 2);
      await d.deleteClient(ctx, client.clientId);
      assert.equal(dead(), 3);
      await assert.rejects(d.readClient(ctx, client.clientId), refusal('resource_not_found'));
    });
    const left = await stage.database.admin('select 1 from authn.client_secrets where client_id = $1', [
      client.clientId,
    ]);
    assert.deepEqual(left, []);
    const names = (await stage.events(org))
      .filter(({ target }) => target?.id === client.clientId)
      .map(({ name }) => name);
    assert.deepEqual(names, ['app.created', 'app.updated', 'app.updated', 'app.updated', 'app.deleted']);
  });

  it('are listed in pages, searched and sorted', async () => {
    const many = await stage.newOrg('clients-many');
    for (const name of ['Alpha', 'Beta', 'Gamma_x', 'Delta']) {
      stage.clock.advance(1000);
      await create({ ...machine, name }, many);
    }
    const names = async (query: object) => {
      const page = await stage.within(many, (ctx) => stage.directory.listClients(ctx, { page: 1, limit: 2, ...query }));
      return [page.total, ...page.rows.map(({ name }) => name)];
    };
    assert.deepEqual(await names({}), [4, 'Delta', 'Gamma_x']);
    assert.deepEqual(await names({ page: 2 }), [4, 'Beta', 'Alpha']);
    assert.deepEqual(await names({ sortBy: 'name', sortDir: 'ASC' }), [4, 'Alpha', 'Beta']);
    assert.deepEqual(await names({ search: 'a_x' }), [1, 'Gamma_x']);
    assert.deepEqual(await names({ active: false }), [0]);
  });

  it('never carry more admin rights than who makes or edits them', async () => {
    const key = { type: 'api_key', id: 'key_1', scopes: ['admin:clients'] };
    const strong = { ...machine, scopes: ['admin:write'] };
    await assert.rejects(create(strong, org, key), refusal('permission_denied', 'scopes'));
    await create({ ...machine, scopes: ['documents.write', 'admin:clients'] }, org, key);
    const { client } = await create(strong);
    const as = <T>(work: (ctx: Parameters<DirectoryStage['directory']['readClient']>[0]) => Promise<T>) =>
      stage.within(org, work, key as { type: 'api_key' });
    const d = stage.directory;
    for (const attempt of [
      () => as((ctx) => d.rotateClientSecret(ctx, client.clientId, 0)),
      () => as((ctx) => d.updateClient(ctx, client.clientId, { name: 'mine' })),
      () => as((ctx) => d.enableClient(ctx, client.clientId)),
    ]) {
      await assert.rejects(attempt, refusal('permission_denied', 'scopes'));
    }
    const { client: weak } = await create(machine);
    await assert.rejects(
      as((ctx) => d.updateClient(ctx, weak.clientId, { scopes: ['admin'] })),
      refusal('permission_denied', 'scopes'),
    );
    await as((ctx) => d.disableClient(ctx, client.clientId));
  });
});
