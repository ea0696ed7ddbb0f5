import { type Kysely, sql } from 'kysely';
import type { ConsentStore } from '../oidc-ports.js';
import type { AuthnTables } from '../tables.js';

export function createConsentStore(db: Kysely<AuthnTables>): ConsentStore {
  return {
    async find(userId, clientId, clientDigest) {
      const row = await db
        .selectFrom('consents')
        .select(['scopes', 'claims'])
        .where('user_id', '=', userId)
        .where('client_id', '=', clientId)
        .where('client_digest', 'is not distinct from', clientDigest ?? null)
        .executeTakeFirst();
      return row;
    },
    async add(tx, { userId, clientId, scopes, claims, clientDigest = null }, now) {
      await sql`
        insert into consents as c (user_id, client_id, scopes, claims, client_digest, created_at, updated_at)
        values (${userId}, ${clientId}, ${[...scopes]}, ${[...claims]}, ${clientDigest}, ${now}, ${now})
        on conflict (org_id, user_id, client_id) do update set
          scopes = case when c.client_digest is not distinct from excluded.client_digest
            then array(select distinct unnest(c.scopes || excluded.scopes) order by 1) else excluded.scopes end,
          claims = case when c.client_digest is not distinct from excluded.client_digest
            then array(select distinct unnest(c.claims || excluded.claims) order by 1) else excluded.claims end,
          client_digest = excluded.client_digest,
          updated_at = excluded.updated_at
      `.execute(tx);
    },
  };
}
