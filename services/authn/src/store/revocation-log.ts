import { requireOrg } from '@lumo/tenancy';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Liveness, RevocationLog, RevocationOf } from '../oidc-ports.js';
import type { RevocationEntry } from '../ports.js';
import type { AuthnTables } from '../tables.js';
import type { RevocationsTable } from './oidc-tables.js';

interface LivenessRow {
  readonly revoked: boolean;
  readonly user_may_act: boolean | null;
  readonly username: string | null;
  readonly client_active: boolean | null;
}

/** The table belongs to no org (gateways read it whole), so every query for one org names it. */
export function createRevocationLog(db: Kysely<AuthnTables>): RevocationLog {
  return {
    async add(tx, { what, notBefore, expiresAt }) {
      await tx
        .insertInto('revocations')
        .values({
          org: requireOrg().id,
          kind: what.kind,
          name: nameOf(what),
          not_before: notBefore ?? null,
          expires_at: expiresAt,
        })
        .execute();
    },
    async check({ tokenId, grantId, clientId, originClientId, subjects, userId, issuedAt }, now): Promise<Liveness> {
      const { rows } = await sql<LivenessRow>`
        select
          exists (
            select from revocations r
            where r.org = ${requireOrg().id} and r.expires_at > ${now}
              and (r.not_before is null or r.not_before > ${issuedAt})
              and (r.kind, r.name) in (
                select * from unnest(
                  array['token', 'grant', 'client', 'client'] || array_fill('subject'::text, array[${subjects.length}::int]),
                  array[${tokenId ?? null}, ${grantId ?? null}, ${clientId}, ${originClientId ?? null}]::text[] || ${[...subjects]}::text[]))
          ) as revoked,
          u.is_active and not u.blocked as user_may_act,
          u.email as username,
          (select is_active from clients where client_id = ${clientId}) as client_active
        from (select) as one left join users u on u.id = ${userId ?? null}::uuid
      `.execute(db);
      const row = rows[0];
      return {
        revoked: row?.revoked ?? true,
        userMayAct: userId === undefined || row?.user_may_act === true,
        client: row?.client_active == null ? 'unknown' : row.client_active ? 'active' : 'inactive',
        ...(row?.username && { username: row.username }),
      };
    },
    async notBefore(kind, name, now) {
      const row = await db
        .selectFrom('revocations')
        .select((eb) => eb.fn.max('not_before').as('not_before'))
        .where('org', '=', requireOrg().id)
        .where('kind', '=', kind)
        .where('name', '=', name)
        .where('expires_at', '>', now)
        .executeTakeFirst();
      return row?.not_before ?? undefined;
    },
    async since(position, now) {
      // Every transaction below the snapshot's xmin has ended: reading on from there misses nothing. Rows above it may
      // come again. A position from another installation (a restored backup) lies in the future and starts over.
      const { rows } = await sql<Partial<Selectable<RevocationsTable>> & { readonly next: string }>`
        with horizon as (
          select pg_snapshot_xmin(s) as xmin, pg_snapshot_xmax(s) as xmax from (select pg_current_snapshot() as s) as now
        )
        select h.xmin::text as next, r.org, r.kind, r.name, r.not_before, r.expires_at
        from horizon h
        left join revocations r on r.expires_at > ${now}
          and r.written_by >= case when ${String(position)}::xid8 > h.xmax then '0'::xid8 else ${String(position)}::xid8 end
      `.execute(db);
      return {
        rows: rows.flatMap(toEntry),
        position: BigInt(rows[0]?.next ?? 0),
      };
    },
    async purge(now, limit) {
      const { numDeletedRows } = await db
        .deleteFrom('revocations')
        .where('id', 'in', (eb) =>
          eb.selectFrom('revocations').select('id').where('expires_at', '<=', now).limit(limit),
        )
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

function nameOf(what: RevocationOf): string {
  switch (what.kind) {
    case 'token':
      return what.tokenId;
    case 'subject':
      return what.subject;
    case 'client':
      return what.clientId;
    case 'grant':
      return what.grantId;
  }
}

function toEntry(row: Partial<Selectable<RevocationsTable>>): readonly RevocationEntry[] {
  const { org, kind, name, not_before: notBefore, expires_at: expiresAt } = row;
  if (!org || !kind || name === undefined || name === null || !expiresAt) return [];
  const what: RevocationOf =
    kind === 'token'
      ? { kind, tokenId: name }
      : kind === 'subject'
        ? { kind, subject: name }
        : kind === 'client'
          ? { kind, clientId: name }
          : { kind, grantId: name };
  return [{ orgId: org, what, expiresAt, ...(notBefore && { notBefore }) }];
}
