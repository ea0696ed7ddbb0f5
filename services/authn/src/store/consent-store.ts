import { type Kysely, sql } from 'kysely';
import type { ConsentStore } from '../oidc-ports.js';
import type { AuthnTables } from '../tables.js';

export function createConsentStore(db: Kysely<AuthnTables>): ConsentStore {
  return {
    async find(userId, clientId) {
      const row = await db
        .selectFrom('consents')
        .select('scopes')
        .where('user_id', '=', userId)
        .where('client_id', '=', clientId)
        .executeTakeFirst();
      return row?.scopes;
    },
    async add(tx, { userId, clientId, scopes }, now) {
      await sql`
        insert into consents as c (user_id, client_id, scopes, created_at, updated_at)
        values (${userId}, ${clientId}, ${[...scopes]}, ${now}, ${now})
        on conflict (org_id, user_id, client_id) do update set
          scopes = array(select distinct unnest(c.scopes || excluded.scopes) order by 1),
          updated_at = excluded.updated_at
      `.execute(tx);
    },
  };
}
