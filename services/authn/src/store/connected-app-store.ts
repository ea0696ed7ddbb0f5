import type { Kysely } from 'kysely';
import type { ConnectedAppStore } from '../approval-ports.js';
import type { AuthnTables } from '../tables.js';

export function createConnectedAppStore(db: Kysely<AuthnTables>): ConnectedAppStore {
  return {
    async ofUser(userId) {
      const rows = await db
        .selectFrom('consents')
        .select(['client_id', 'scopes', 'created_at'])
        .where('user_id', '=', userId)
        .orderBy('created_at', 'desc')
        .limit(200)
        .execute();
      return rows.map((row) => ({ clientId: row.client_id, scopes: row.scopes, since: row.created_at }));
    },
    async disconnect(tx, userId, clientId) {
      const { numDeletedRows } = await tx
        .deleteFrom('consents')
        .where('user_id', '=', userId)
        .where('client_id', '=', clientId)
        .executeTakeFirst();
      if (numDeletedRows === 0n) return undefined;
      const grants = await tx
        .deleteFrom('grants')
        .where('user_id', '=', userId)
        .where('client_id', '=', clientId)
        .returning(['id', 'access_token_seconds'])
        .execute();
      return grants.map((row) => ({ id: row.id, accessTokenSeconds: row.access_token_seconds }));
    },
  };
}
