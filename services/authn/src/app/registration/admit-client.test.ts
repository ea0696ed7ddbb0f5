import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clientDigest } from '../../core/client-document.js';
import type { OrgRecord } from '../../core/org.js';
import type { RegistrationSettings } from '../../core/registration-settings.js';
import type { FetchedDocument } from '../../document-ports.js';
import { type DirectoryStage, openDirectoryStage } from '../../testing/directory-stage.js';

const HOUR = 3600;

describe('clients that describe themselves', () => {
  let stage: DirectoryStage;
  let number = 0;
  before(async () => {
    stage = await openDirectoryStage();
  });
  after(() => stage.close());

  const newOrg = async (auth: Partial<RegistrationSettings> = {}): Promise<OrgRecord> => {
    const org = await stage.newOrg(`cimd-${++number}`);
    await stage.within(org, (ctx) => stage.directory.changeOrgProfile(ctx, { auth }));
    return org;
  };
  const url = (name = `app-${++number}`) => `https://${name}.example/client.json`;
  const document = (client_id: string, more: object = {}) => ({
    client_id,
    client_name: 'App',
    redirect_uris: [`${new URL(client_id).origin}/cb`],
    ...more,
  });
  const publish = (client_id: string, more: object = {}, answer: Partial<FetchedDocument> = {}) =>
    stage.clientDocuments.answers.set(client_id, {
      kind: 'document',
      document: document(client_id, more),
      freshSeconds: HOUR,
      ...answer,
    } as FetchedDocument);
  const admit = (org: OrgRecord, id: string) => stage.within(org, () => stage.clientDocuments.admit(id));
  const find = (org: OrgRecord, id: string) => stage.within(org, () => stage.clients.byClientId(id));
  const known = (org: OrgRecord, id: string) => stage.within(org, () => stage.clientDocuments.store.find(id));
  const askedFor = (id: string) => stage.clientDocuments.asked.filter((asked) => asked.url === id).length;
  const eventsOf = async (org: OrgRecord, id: string) =>
    (await stage.events(org)).filter(({ target }) => target?.id === id).map(({ name }) => name);

  it('are kept, and asked for again when they are no longer fresh', async () => {
    const [org, id] = [await newOrg(), url()];
    publish(id);
    await admit(org, id);
    const client = await find(org, id);
    assert.equal(client?.origin, 'metadata_document');
    assert.equal(client?.name, 'App');
    assert.equal(client?.requiresPkce, true);
    assert.deepEqual(client?.grantTypes, ['authorization_code']);
    await admit(org, id);
    assert.equal(askedFor(id), 1);

    stage.clock.advance(HOUR * 1000 + 1);
    publish(id, { client_name: 'Renamed' });
    await admit(org, id);
    assert.equal(askedFor(id), 2);
    assert.equal((await find(org, id))?.name, 'Renamed');
    assert.deepEqual(await eventsOf(org, id), ['app.created', 'app.updated']);
  });

  it('are written once by requests at the same time', async () => {
    const [org, id] = [await newOrg(), url()];
    publish(id);
    await Promise.all(Array.from({ length: 8 }, () => admit(org, id)));
    assert.ok(await find(org, id));
    assert.deepEqual(await eventsOf(org, id), ['app.created']);
  });

  it('are asked for with their etag, and count for longer where nothing changed', async () => {
    const [org, id] = [await newOrg(), url()];
    publish(id, {}, { etag: '"1"' } as Partial<FetchedDocument>);
    await admit(org, id);
    stage.clock.advance(HOUR * 1000 + 1);
    stage.clientDocuments.answers.set(id, { kind: 'unchanged', freshSeconds: HOUR });
    await admit(org, id);
    assert.equal(stage.clientDocuments.asked.at(-1)?.etag, '"1"');
    await admit(org, id);
    assert.equal(askedFor(id), 2);
    assert.deepEqual(await eventsOf(org, id), ['app.created']);
    // More scopes than before: the same document means more.
    await stage.within(org, (ctx) =>
      stage.directory.changeOrgProfile(ctx, { auth: { dynamicClientScopes: ['openid', 'documents.read'] } }),
    );
    stage.clock.advance(HOUR * 1000 + 1);
    publish(id);
    await admit(org, id);
    assert.equal(stage.clientDocuments.asked.at(-1)?.etag, undefined);
    assert.deepEqual((await find(org, id))?.scopes, ['openid', 'documents.read']);
  });

  it('keep their last good document while their server is away, for a day', async () => {
    const [org, id] = [await newOrg(), url()];
    publish(id);
    await admit(org, id);
    const refused = stage.clientDocuments.refused.length;
    stage.clientDocuments.answers.set(id, { kind: 'failed', why: 'timeout' });
    stage.clock.advance(23 * HOUR * 1000);
    await admit(org, id);
    assert.equal(stage.clientDocuments.refused.length, refused);
    stage.clock.advance(2 * HOUR * 1000);
    await admit(org, id);
    assert.equal(stage.clientDocuments.refused.at(-1), 'timeout');
  });

  it('are withdrawn by a server that says so, until it says otherwise', async () => {
    const [org, id] = [await newOrg(), url()];
    publish(id);
    await admit(org, id);
    stage.clock.advance(HOUR * 1000 + 1);
    stage.clientDocuments.answers.set(id, { kind: 'withdrawn' });
    await admit(org, id);
    await admit(org, id);
    assert.ok((await known(org, id))?.withdrawnAt);
    assert.equal(askedFor(id), 3, 'it may be back at any time');
    publish(id);
    await admit(org, id);
    assert.equal((await known(org, id))?.withdrawnAt, undefined);
    assert.deepEqual(await eventsOf(org, id), ['app.created', 'app.updated']);
  });

  it('stay as they were where the new document is not valid, and are not kept where the first is not', async () => {
    const [org, id, never] = [await newOrg(), url(), url()];
    publish(id);
    await admit(org, id);
    stage.clock.advance(HOUR * 1000 + 1);
    publish(id, { client_secret: 'hush' });
    await admit(org, id);
    assert.match(stage.clientDocuments.refused.at(-1) ?? '', /secret/);
    assert.deepEqual((await find(org, id))?.redirectUris, [`${new URL(id).origin}/cb`]);
    publish(never, { redirect_uris: [] });
    await admit(org, never);
    assert.equal(await find(org, never), undefined);
    assert.equal(await known(org, never), undefined);
    await admit(org, never);
    assert.equal(askedFor(never), 2, 'an invalid document is never kept');
  });

  it('leave a snapshot for what each of their versions was allowed', async () => {
    const [org, id] = [await newOrg(), url()];
    publish(id);
    await admit(org, id);
    const first = await known(org, id);
    stage.clock.advance(HOUR * 1000 + 1);
    publish(id, { redirect_uris: [`${new URL(id).origin}/elsewhere`] });
    await admit(org, id);
    const second = await known(org, id);
    assert.notEqual(first?.digest, second?.digest);
    const client = await find(org, id);
    assert.equal(client && clientDigest(client), second?.digest);
    const snapshots = await stage.database.admin<{ digest: string }>(
      'select digest from authn.client_snapshots where client_id = $1',
      [id],
    );
    assert.deepEqual(new Set(snapshots.map(({ digest }) => digest)), new Set([first?.digest, second?.digest]));
    // No consent and no grant refers to the first.
    assert.equal(await stage.within(org, () => stage.clientDocuments.store.forgetSnapshots(100)), 1);
  });

  it('are not asked for where the org does not want them', async () => {
    const refused = async (auth: Partial<RegistrationSettings>, id = url(), more: object = {}) => {
      const org = await newOrg(auth);
      publish(id, more);
      await admit(org, id);
      assert.equal(await find(org, id), undefined, JSON.stringify(auth));
      return askedFor(id);
    };
    assert.equal(await refused({ cimdEnabled: false }), 0);
    assert.equal(await refused({ cimdAllowedDomains: ['other.example'] }), 0);
    assert.equal(await refused({ cimdAllowedDomains: ['app.example'] }, 'https://evil-app.example/client.json'), 0);
    const local = { redirect_uris: ['http://127.0.0.1/cb'], application_type: 'native' };
    assert.equal(await refused({ cimdLocalhostRedirectPolicy: 'block' }, url(), local), 1);

    const org = await newOrg({ cimdAllowedDomains: ['app.example'] });
    for (const id of ['https://app.example/client.json', 'https://sub.app.example/client.json']) {
      publish(id);
      await admit(org, id);
      assert.ok(await find(org, id));
    }
  });

  it('stay off where an administrator switched them off, and are of their org only', async () => {
    const [org, other, id] = [await newOrg(), await newOrg(), url()];
    publish(id);
    await admit(org, id);
    assert.equal(await find(other, id), undefined);
    await stage.within(org, (ctx) => stage.directory.updateClient(ctx, id, { isActive: false }));
    stage.clock.advance(25 * HOUR * 1000);
    await admit(org, id);
    assert.equal(stage.clientDocuments.refused.at(-1), 'The client is switched off.');
    assert.equal(askedFor(id), 1);
    assert.equal((await find(org, id))?.isActive, false);
  });

  it('make room for others where nobody has allowed them anything', async () => {
    const org = await newOrg();
    const many = Array.from({ length: 500 }, (_, index) => url(`many-${index}-${number}`));
    for (const id of many) {
      publish(id);
      await admit(org, id);
    }
    const one = url();
    publish(one);
    await admit(org, one);
    assert.equal(stage.clientDocuments.refused.at(-1), 'Too many new clients at a time.');
    assert.equal(await find(org, one), undefined);
    stage.clock.advance(16 * 60_000);
    await admit(org, one);
    assert.ok(await find(org, one));
    const left = await Promise.all(many.map(async (id) => [await find(org, id), await known(org, id)]));
    assert.equal(left.filter(([client]) => !client).length, 1);
    assert.equal(left.filter(([, document]) => !document).length, 1);
  });
});
