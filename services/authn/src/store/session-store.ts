import { type Kysely, sql } from 'kysely';
import { ACCOUNT_CLIENT_ID } from '../core/account-client.js';
import type {
  EndedSession,
  Payload,
  SessionClient,
  SessionRecord,
  SessionSelector,
  SessionStore,
} from '../oidc-ports.js';
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
    async end(tx, which, limit) {
      const uids = await uidsOf(tx, which, limit);
      if (uids.length === 0) return [];
      const rows = await tx
        .deleteFrom('sessions')
        .where('uid', 'in', uids)
        .returning(['number', 'uid', 'user_id', 'payload'])
        .execute();
      const byUid = new Map<string, EndedSession>();
      for (const { number, uid, user_id: userId, payload } of rows) {
        // Of two rows of one session, left by requests that renewed the cookie at the same moment, each knows its clients.
        const known = byUid.get(uid)?.clients ?? [];
        const more = clientsOf(payload).filter(({ clientId }) => !known.some((client) => client.clientId === clientId));
        byUid.set(uid, { number, uid, userId, clients: [...known, ...more] });
      }
      return [...byUid.values()];
    },
    async list({ page, limit, userId, ip }, now) {
      const { rows } = await sql<SessionRow & { total: number }>`
        select *, count(*) over () as total from (
          select distinct on (s.uid) ${COLUMNS}
          from sessions s join users u on u.org_id = s.org_id and u.id = s.user_id
          where s.expires_at > ${now}
            and (${userId ?? null}::uuid is null or s.user_id = ${userId ?? null}::uuid)
            and (${ip ?? null}::text is null or s.ip = ${ip ?? null})
          order by s.uid, s.last_seen_at desc
        ) each_session
        order by last_seen_at desc, uid limit ${limit} offset ${(page - 1) * limit}
      `.execute(db);
      return { rows: rows.map(toRecord), total: rows[0]?.total ?? 0 };
    },
    async count(now) {
      const { rows } = await sql<{ active: number; inactive: number }>`
        select count(distinct uid) filter (where expires_at > ${now}) as active,
               count(distinct uid) filter (where expires_at <= ${now}) as inactive
        from sessions
      `.execute(db);
      return rows[0] ?? { active: 0, inactive: 0 };
    },
    async byNumber(number, now) {
      const { rows } = await sql<SessionRow>`
        select ${COLUMNS} from sessions s join users u on u.org_id = s.org_id and u.id = s.user_id
        where s.number = ${number} and s.expires_at > ${now}
      `.execute(db);
      return rows[0] && toRecord(rows[0]);
    },
  };
}

const COLUMNS = sql.raw(
  's.number, s.uid, s.user_id, u.email, s.ip, s.user_agent, s.created_at, s.last_seen_at, s.expires_at, s.payload',
);

interface SessionRow {
  readonly number: number;
  readonly uid: string;
  readonly user_id: string;
  readonly email: string;
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly created_at: Date;
  readonly last_seen_at: Date;
  readonly expires_at: Date;
  readonly payload: Payload;
}

function toRecord(row: SessionRow): SessionRecord {
  return {
    number: row.number,
    uid: row.uid,
    userId: row.user_id,
    userEmail: row.email,
    ip: row.ip,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    clients: clientsOf(row.payload),
  };
}

async function uidsOf(tx: Tx, which: SessionSelector, limit?: number): Promise<readonly string[]> {
  if (which !== 'all' && 'uid' in which) return [which.uid];
  let query = tx.selectFrom('sessions').select('uid').distinct();
  if (limit !== undefined) query = query.limit(limit);
  if (which !== 'all') {
    if ('cookie' in which) query = query.where('id_hash', '=', hashId(which.cookie));
    else if ('number' in which) query = query.where('number', '=', which.number);
    else query = query.where('user_id', '=', which.userId);
  }
  return (await query.execute()).map(({ uid }) => uid);
}

/** What the engine remembers of each client in the session it stores. */
function clientsOf({ authorizations }: Payload): readonly SessionClient[] {
  // Only the engine writes it (oidc-provider's Session).
  const known = (authorizations ?? {}) as Readonly<
    Record<string, { readonly sid?: string; readonly grantId?: string; readonly persistsLogout?: boolean }>
  >;
  const clients = Object.entries(known).filter(([clientId]) => clientId !== ACCOUNT_CLIENT_ID);
  return clients.map(([clientId, { sid, grantId, persistsLogout }]) => ({
    clientId,
    ...(sid !== undefined && { sid }),
    ...(grantId !== undefined && { grantId }),
    persistsLogout: persistsLogout ?? false,
  }));
}
