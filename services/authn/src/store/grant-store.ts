import { type Kysely, type Selectable, sql } from 'kysely';
import type { GrantRecord, GrantStore, ListedGrant } from '../oidc-ports.js';
import type { AuthnTables } from '../tables.js';
import type { GrantsTable } from './oidc-tables.js';

export function createGrantStore(db: Kysely<AuthnTables>): GrantStore {
  return {
    async find(id, now) {
      const row = await db
        .selectFrom('grants')
        .selectAll()
        .where('id', '=', id)
        .where('expires_at', '>', now)
        .executeTakeFirst();
      return row && toGrant(row);
    },
    async open(grant, now) {
      const row = await db
        .insertInto('grants')
        .values({
          id: grant.id,
          session_uid: grant.sessionUid,
          user_id: grant.userId,
          client_id: grant.clientId,
          client_digest: grant.clientDigest ?? null,
          payload: JSON.stringify(grant.payload),
          access_token_seconds: grant.accessTokenSeconds,
          created_at: now,
          expires_at: grant.expiresAt,
        })
        .onConflict((conflict) =>
          conflict.constraint('grants_of_session').doUpdateSet((eb) => ({
            payload: eb.ref('excluded.payload'),
            client_digest: eb.ref('excluded.client_digest'),
            access_token_seconds: eb.fn<number>('greatest', [
              'grants.access_token_seconds',
              'excluded.access_token_seconds',
            ]),
            expires_at: eb.fn<Date>('greatest', ['grants.expires_at', 'excluded.expires_at']),
          })),
        )
        .returningAll()
        .executeTakeFirstOrThrow();
      return toGrant(row);
    },
    async lengthen(id, accessTokenSeconds) {
      await db
        .updateTable('grants')
        .set({ access_token_seconds: accessTokenSeconds })
        .where('id', '=', id)
        .where('access_token_seconds', '<', accessTokenSeconds)
        .execute();
    },
    async remove(tx, id) {
      const row = await tx.deleteFrom('grants').where('id', '=', id).returningAll().executeTakeFirst();
      return row && toGrant(row);
    },
    async removeOfUser(tx, userId) {
      await tx.deleteFrom('grants').where('user_id', '=', userId).execute();
    },
    async removeOfClient(tx, clientId) {
      await tx.deleteFrom('grants').where('client_id', '=', clientId).execute();
    },
    async removeOfSession(tx, sessionUid) {
      const rows = await tx.deleteFrom('grants').where('session_uid', '=', sessionUid).returningAll().execute();
      return rows.map(toGrant);
    },
    async list({ page, limit, userId, clientId }, now) {
      let query = db.selectFrom('grants').where('expires_at', '>', now);
      if (userId !== undefined) query = query.where('user_id', '=', userId);
      if (clientId !== undefined) query = query.where('client_id', '=', clientId);
      const [rows, counted] = await Promise.all([
        query
          .selectAll()
          .orderBy('created_at', 'desc')
          .orderBy('id')
          .limit(limit)
          .offset((page - 1) * limit)
          .execute(),
        query.select(sql<number>`count(*)`.as('total')).executeTakeFirstOrThrow(),
      ]);
      return { rows: rows.map(toListed), total: counted.total };
    },
    async byNumber(number, now) {
      const row = await db
        .selectFrom('grants')
        .selectAll()
        .where('number', '=', number)
        .where('expires_at', '>', now)
        .executeTakeFirst();
      return row && toListed(row);
    },
  };
}

function toListed(row: Selectable<GrantsTable>): ListedGrant {
  return { ...toGrant(row), number: row.number, createdAt: row.created_at };
}

function toGrant(row: Selectable<GrantsTable>): GrantRecord {
  return {
    id: row.id,
    sessionUid: row.session_uid,
    userId: row.user_id,
    clientId: row.client_id,
    ...(row.client_digest !== null && { clientDigest: row.client_digest }),
    payload: row.payload,
    accessTokenSeconds: row.access_token_seconds,
    expiresAt: row.expires_at,
  };
}
