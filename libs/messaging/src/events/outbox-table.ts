import type { LumoEvent } from '@lumo/contracts';
import { sql } from 'kysely';
import type { EventRecord } from './event-record.js';
import type { EventDatabase, SqlTransaction } from './events.js';

/** An event as it waits in the outbox. `attempts` counts the deliveries that failed. */
export interface OutboxRow extends EventRecord {
  readonly attempts: number;
}

/** Lets this transaction see and change the events of every org (policy `relay` of 0001_outbox.sql). */
export async function enterRelay(tx: SqlTransaction): Promise<void> {
  await sql`select set_config('app.relay', 'on', true)`.execute(tx);
}

/** Runs `work` in a transaction that sees the events of every org. */
export function inRelayTransaction<R>(database: EventDatabase, work: (tx: SqlTransaction) => Promise<R>): Promise<R> {
  return database.db.transaction().execute(async (tx) => {
    await enterRelay(tx);
    return work(tx);
  });
}

export async function insertEvents(tx: SqlTransaction, records: readonly EventRecord[]): Promise<void> {
  await sql`
    insert into outbox (id, org_id, org_slug, name, event, traceparent)
    select id, org_id, org_slug, name, event::json, traceparent
      from unnest(
        ${records.map((r) => r.event.id)}::uuid[],
        ${records.map((r) => r.event.orgId)}::uuid[],
        ${records.map((r) => r.orgSlug)}::text[],
        ${records.map((r) => r.event.name)}::text[],
        ${records.map((r) => JSON.stringify(r.event))}::text[],
        ${records.map((r) => r.traceparent ?? null)}::text[]
      ) as e (id, org_id, org_slug, name, event, traceparent)
  `.execute(tx);
}

/** The oldest events that are due and that no other relay has in hand. They stay locked until the transaction ends. */
export async function lockDueEvents(tx: SqlTransaction, limit: number): Promise<readonly OutboxRow[]> {
  const { rows } = await sql<{
    org_slug: string;
    event: LumoEvent;
    traceparent: string | null;
    attempts: number;
  }>`
    select org_slug, event, traceparent, attempts from outbox
     where not_before <= now()
     order by id
     limit ${limit}
       for update skip locked
  `.execute(tx);
  return rows.map((row) => ({
    event: row.event,
    orgSlug: row.org_slug,
    attempts: row.attempts,
    ...(row.traceparent !== null && { traceparent: row.traceparent }),
  }));
}

export async function removeEvents(tx: SqlTransaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`delete from outbox where id = any(${ids}::uuid[])`.execute(tx);
}

/** Counts a failed delivery of each and makes it due later. */
export async function postponeEvents(
  tx: SqlTransaction,
  events: readonly { readonly id: string; readonly delayMs: number }[],
): Promise<void> {
  if (events.length === 0) return;
  await sql`
    update outbox set attempts = attempts + 1, not_before = clock_timestamp() + e.delay * interval '1 millisecond'
      from unnest(${events.map((e) => e.id)}::uuid[], ${events.map((e) => e.delayMs)}::int[]) as e (id, delay)
     where outbox.id = e.id
  `.execute(tx);
}

/** Events of every org that their subscribers do not have yet. */
export async function pendingEvents(database: EventDatabase): Promise<number> {
  return inRelayTransaction(database, async (tx) => {
    const { rows } = await sql<{ count: string }>`select count(*) from outbox`.execute(tx);
    return Number(rows[0]?.count ?? 0);
  });
}

/** Events that the service gave up. */
export async function deadLetterCount(database: EventDatabase): Promise<number> {
  return inRelayTransaction(database, async (tx) => {
    const { rows } = await sql<{ count: string }>`select count(*) from dead_letters`.execute(tx);
    return Number(rows[0]?.count ?? 0);
  });
}
