import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { uuidv7 } from '@lumo/kit';
import { createPublisher, silentLogger } from '@lumo/messaging';
import { ANONYMOUS, runInContext } from '@lumo/tenancy';
import { type TestDatabase, testDatabase } from '@lumo/testing';
import type { SigningKeyStore } from '@lumo/token-signing';
import { signingKeyStoreContract } from '@lumo/token-signing/testing';
import type { AuthnTables } from '../tables.js';
import { createSigningKeyStore } from './signing-key-store.js';

let database: TestDatabase;
let store: SigningKeyStore;

before(async () => {
  database = await testDatabase({
    schemas: [{ name: 'authn', migrations: new URL('../../migrations/', import.meta.url) }],
  });
  const open = database.open<AuthnTables>('authn', { maxConnections: 10 });
  const { outbox } = createPublisher({ service: 'authn', database: open, logger: silentLogger });
  store = createSigningKeyStore(open.db, outbox);
});
after(() => database.close());

const within = <T>(orgId: string, work: () => Promise<T>): Promise<T> =>
  runInContext({ org: { id: orgId, slug: 'any' }, principal: ANONYMOUS, requestId: 'test' }, work);

signingKeyStoreContract('PostgreSQL', async () => ({
  // Every call of the contract is one of the org that it names.
  store: {
    list: (orgId) => within(orgId, () => store.list(orgId)),
    change: (orgId, decide) => within(orgId, () => store.change(orgId, decide)),
  },
  async newOrg() {
    const id = uuidv7();
    await database.admin('insert into authn.orgs (id, slug, name) values ($1, $2, $2)', [id, `o-${id}`]);
    return id;
  },
}));

it('refuses to look for the keys of an org that is not the one in context', async () => {
  await assert.rejects(
    within(uuidv7(), () => store.list(uuidv7())),
    /not the org of the context/,
  );
});
