import type { Kysely, Selectable } from 'kysely';
import type { GrantRecord, GrantStore } from '../oidc-ports.js';
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
          payload: JSON.stringify(grant.payload),
          access_token_seconds: grant.accessTokenSeconds,
          created_at: now,
          expires_at: grant.expiresAt,
        })
        .onConflict((conflict) =>
          conflict.constraint('grants_of_session').doUpdateSet((eb) => ({
            payload: eb.ref('excluded.payload'),
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
  };
}

function toGrant(row: Selectable<GrantsTable>): GrantRecord {
  return {
    id: row.id,
    sessionUid: row.session_uid,
    userId: row.user_id,
    clientId: row.client_id,
    payload: row.payload,
    accessTokenSeconds: row.access_token_seconds,
    expiresAt: row.expires_at,
  };
}
