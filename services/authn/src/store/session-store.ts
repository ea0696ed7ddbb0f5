import { type Kysely, sql } from 'kysely';
import type { SessionStore } from '../oidc-ports.js';
import type { Tx } from '../ports.js';
import type { AuthnTables } from '../tables.js';
import { hashId } from './hash-id.js';

export function createSessionStore(db: Kysely<AuthnTables>): SessionStore {
  return {
    async find(id, now) {
      const row = await db
        .selectFrom('sessions')
        .select('payload')
        .where('id_hash', '=', hashId(id))
        .where('expires_at', '>', now)
        .executeTakeFirst();
      return row?.payload;
    },
    async findByUid(uid, now) {
      // Two requests that renewed the cookie at the same moment leave two rows; the later one knows more.
      const row = await db
        .selectFrom('sessions')
        .select('payload')
        .where('uid', '=', uid)
        .where('expires_at', '>', now)
        .orderBy('last_seen_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row?.payload;
    },
    async save({ id, uid, userId, payload, expiresAt, ip, userAgent }, now, tx) {
      // A parallel request of the same person may have signed in to another client meanwhile: its entry is kept.
      await sql`
        insert into sessions as s (id_hash, uid, user_id, payload, ip, user_agent, created_at, last_seen_at, expires_at)
        values (${hashId(id)}, ${uid}, ${userId}, ${JSON.stringify(payload)}, ${ip ?? null},
                ${userAgent?.slice(0, 512) ?? null}, ${now}, ${now}, ${expiresAt})
        on conflict (org_id, id_hash) do update set
          user_id = excluded.user_id,
          payload = case
            when s.user_id = excluded.user_id and s.payload ? 'authorizations' then
              excluded.payload || jsonb_build_object('authorizations',
                (s.payload -> 'authorizations') || coalesce(excluded.payload -> 'authorizations', '{}'))
            else excluded.payload end,
          ip = excluded.ip, user_agent = excluded.user_agent,
          last_seen_at = excluded.last_seen_at, expires_at = excluded.expires_at
      `.execute(tx ?? db);
    },
    async remove(id) {
      await db.deleteFrom('sessions').where('id_hash', '=', hashId(id)).execute();
    },
    async endOfUser(tx, userId) {
      await tx.deleteFrom('sessions').where('user_id', '=', userId).execute();
    },
    async end(tx, id) {
      const session = await tx
        .selectFrom('sessions')
        .select(['uid', 'user_id'])
        .where('id_hash', '=', hashId(id))
        .executeTakeFirst();
      if (!session) return undefined;
      await endByUid(tx, session.uid);
      return { uid: session.uid, userId: session.user_id };
    },
    endByUid,
  };
}

async function endByUid(tx: Tx, uid: string): Promise<{ readonly userId: string } | undefined> {
  const [ended] = await tx.deleteFrom('sessions').where('uid', '=', uid).returning('user_id').execute();
  return ended && { userId: ended.user_id };
}
