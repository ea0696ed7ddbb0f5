import { type Kysely, type Selectable, sql } from 'kysely';
import type { Tx } from '../ports.js';
import type { ClientRegistration, ClientRegistrationStore } from '../registration-ports.js';
import type { AuthnTables } from '../tables.js';
import type { ClientRegistrationsTable } from './registration-tables.js';

export function createClientRegistrationStore(db: Kysely<AuthnTables>): ClientRegistrationStore {
  const byClient = (on: Kysely<AuthnTables> | Tx, clientId: string) =>
    on.selectFrom('client_registrations').selectAll().where('client_id', '=', clientId);
  return {
    async find(clientId) {
      const row = await byClient(db, clientId).executeTakeFirst();
      return row && toRegistration(row);
    },
    async lock(tx, clientId) {
      const row = await byClient(tx, clientId).forUpdate().executeTakeFirst();
      return row && toRegistration(row);
    },
    async insert(tx, { clientId, tokenSha256, madeWith }, now) {
      await tx
        .insertInto('client_registrations')
        .values({
          client_id: clientId,
          token_sha256: tokenSha256,
          made_with: madeWith,
          created_at: now,
          changed_at: now,
        })
        .execute();
    },
    async rotate(tx, clientId, tokenSha256, now) {
      await tx
        .updateTable('client_registrations')
        .set({ token_sha256: tokenSha256, changed_at: now })
        .where('client_id', '=', clientId)
        .execute();
    },
    async countClients(tx) {
      const row = await tx
        .selectFrom('clients')
        .select(sql<number>`count(*)`.as('count'))
        .where('origin', '=', 'dynamic')
        .executeTakeFirstOrThrow();
      return row.count;
    },
    async abandoned(before, limit) {
      const rows = await db
        .selectFrom('client_registrations as r')
        .innerJoin('clients as c', (join) => join.onRef('c.client_id', '=', 'r.client_id'))
        .select('r.client_id')
        .where('r.made_with', '=', 'nothing')
        .where('r.changed_at', '<', before)
        .where('c.origin', '=', 'dynamic')
        .where(sql<boolean>`not 'client_credentials' = any (c.grant_types)`)
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('consents').select('user_id').whereRef('consents.client_id', '=', 'r.client_id'))),
        )
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('grants').select('id').whereRef('grants.client_id', '=', 'r.client_id'))),
        )
        .orderBy('r.created_at')
        .limit(limit)
        .execute();
      return rows.map((row) => row.client_id);
    },
  };
}

function toRegistration(row: Selectable<ClientRegistrationsTable>): ClientRegistration {
  return { clientId: row.client_id, tokenSha256: row.token_sha256, madeWith: row.made_with };
}
