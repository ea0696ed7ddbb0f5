import { sql } from 'kysely';
import type { EventRecord } from './event-record.js';
import type { SqlTransaction } from './events.js';
import { relaxedCommit } from './relaxed-commit.js';

/**
 * Marks events as applied, in the transaction that applies them; answers those that were not marked before.
 * `relaxed`: the transaction need not wait for the disk (see `relaxedCommit`).
 */
export async function markApplied(
  tx: SqlTransaction,
  orgId: string,
  eventIds: readonly string[],
  relaxed: boolean,
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ event_id: string }>`
    insert into inbox (org_id, event_id)
    select ${orgId}::uuid, e.id from unnest(${eventIds}::uuid[]) as e (id) ${relaxed ? sql`, ${relaxedCommit}` : sql``}
    on conflict do nothing returning event_id
  `.execute(tx);
  return new Set(rows.map((row) => row.event_id));
}

/** Forgets marks of events that cannot come again. Needs a relay transaction. */
export async function forgetApplied(tx: SqlTransaction, records: readonly EventRecord[]): Promise<void> {
  await sql`
    delete from inbox
     using unnest(${records.map((r) => r.event.orgId)}::uuid[], ${records.map((r) => r.event.id)}::uuid[]) as e (org_id, event_id),
           ${relaxedCommit}
     where inbox.org_id = e.org_id and inbox.event_id = e.event_id
  `.execute(tx);
}

/** Forgets marks older than `days`. Needs a relay transaction. */
export async function forgetAppliedBefore(tx: SqlTransaction, days: number): Promise<void> {
  await sql`delete from inbox where applied_at < now() - ${days} * interval '1 day'`.execute(tx);
}

/** Keeps an event that could not be applied, with the reason. */
export async function insertDeadLetter(
  tx: SqlTransaction,
  { event, orgSlug, traceparent }: EventRecord,
  attempts: number,
  error: unknown,
): Promise<void> {
  const text = (error instanceof Error ? (error.stack ?? error.message) : String(error)).slice(0, 4000);
  await sql`
    insert into dead_letters (org_id, event_id, org_slug, event, traceparent, error, attempts)
    values (${event.orgId}, ${event.id}, ${orgSlug}, ${JSON.stringify(event)}, ${traceparent ?? null}, ${text}, ${attempts})
    on conflict (org_id, event_id) do update
      set error = excluded.error, attempts = excluded.attempts, failed_at = excluded.failed_at
  `.execute(tx);
}
