import { type Kysely, type Selectable, sql } from 'kysely';
import { DEFAULT_PROTOCOL } from '../core/client-protocol.js';
import type { ClientDocumentStore, KnownDocument } from '../document-ports.js';
import type { Tx } from '../ports.js';
import type { AuthnTables } from '../tables.js';
import { hashId } from './hash-id.js';
import type { ClientDocumentsTable } from './registration-tables.js';

export function createClientDocumentStore(db: Kysely<AuthnTables>): ClientDocumentStore {
  /** Clients of documents to which no person and no session is attached. */
  const unapproved = (on: Kysely<AuthnTables> | Tx) =>
    on
      .selectFrom('client_documents as d')
      .innerJoin('clients as c', (join) => join.onRef('c.client_id', '=', 'd.client_id').on('c.is_active', '=', true))
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('consents').select('user_id').whereRef('consents.client_id', '=', 'd.client_id'))),
      )
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('grants').select('id').whereRef('grants.client_id', '=', 'd.client_id'))),
      );
  return {
    async find(clientId) {
      const row = await db
        .selectFrom('client_documents')
        .selectAll()
        .where('client_id', '=', clientId)
        .executeTakeFirst();
      return row && toDocument(row);
    },
    async save(tx, { clientId, digest, etag = null, fetchedAt, freshUntil }, profile) {
      const known = { digest, etag, fetched_at: fetchedAt, fresh_until: freshUntil, withdrawn_at: null };
      await tx
        .insertInto('client_documents')
        .values({ client_id: clientId, ...known })
        .onConflict((conflict) => conflict.columns(['org_id', 'client_id']).doUpdateSet(known))
        .execute();
      const snapshot = { profile: JSON.stringify(profile), seen_at: fetchedAt };
      await tx
        .insertInto('client_snapshots')
        .values({ client_id: clientId, digest, ...snapshot })
        .onConflict((conflict) => conflict.columns(['org_id', 'client_id', 'digest']).doUpdateSet(snapshot))
        .execute();
    },
    async extend(clientId, { fetchedAt, freshUntil }) {
      await db
        .updateTable('client_documents')
        .set({ fetched_at: fetchedAt, fresh_until: freshUntil, withdrawn_at: null })
        .where('client_id', '=', clientId)
        .execute();
    },
    async withdraw(tx, clientId, now) {
      await tx
        .updateTable('client_documents')
        .set({ withdrawn_at: now, fetched_at: now, fresh_until: now })
        .where('client_id', '=', clientId)
        .execute();
    },
    async snapshotOf(clientId, model, presented) {
      const row = await db
        .selectFrom('artifacts as a')
        .innerJoin('grants as g', (join) => join.onRef('g.id', '=', 'a.grant_id'))
        .innerJoin('client_snapshots as s', (join) =>
          join.onRef('s.client_id', '=', 'g.client_id').onRef('s.digest', '=', 'g.client_digest'),
        )
        .select('s.profile')
        .where('g.client_id', '=', clientId)
        .where('a.model', '=', model)
        .where('a.id_hash', '=', hashId(presented))
        .executeTakeFirst();
      return row && { ...row.profile, protocol: { ...DEFAULT_PROTOCOL, ...row.profile.protocol } };
    },
    async unapproved(before, limit) {
      const rows = await unapproved(db)
        .select('d.client_id')
        .where('d.fetched_at', '<', before)
        .orderBy('d.fetched_at')
        .limit(limit)
        .execute();
      return rows.map((row) => row.client_id);
    },
    async countUnapproved(tx) {
      const row = await unapproved(tx).select(sql<number>`count(*)`.as('count')).executeTakeFirstOrThrow();
      return row.count;
    },
    async forgetSnapshots(limit) {
      const { numAffectedRows } = await sql`
        delete from client_snapshots where ctid in (
          select s.ctid from client_snapshots s
          where not exists (select 1 from client_documents d
              where d.org_id = s.org_id and d.client_id = s.client_id and d.digest = s.digest)
            and not exists (select 1 from consents c
              where c.org_id = s.org_id and c.client_id = s.client_id and c.client_digest = s.digest)
            and not exists (select 1 from grants g
              where g.org_id = s.org_id and g.client_id = s.client_id and g.client_digest = s.digest)
          limit ${limit})
      `.execute(db);
      return Number(numAffectedRows ?? 0n);
    },
  };
}

function toDocument(row: Selectable<ClientDocumentsTable>): KnownDocument {
  return {
    clientId: row.client_id,
    digest: row.digest,
    ...(row.etag !== null && { etag: row.etag }),
    fetchedAt: row.fetched_at,
    freshUntil: row.fresh_until,
    ...(row.withdrawn_at && { withdrawnAt: row.withdrawn_at }),
  };
}
