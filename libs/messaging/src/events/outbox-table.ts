import type { LumoEvent } from '@lumo/contracts';
import { relayTransaction } from '@lumo/database';
import { DomainError } from '@lumo/kit';
import { type Kysely, sql } from 'kysely';
import type { EventRecord } from './event-record.js';
import type { EventDatabase, SqlTransaction } from './events.js';
import { relaxedCommit } from './relaxed-commit.js';

/** An event as it waits in the outbox. `attempts` counts the deliveries that failed. */
export interface OutboxRow extends EventRecord {
  readonly attempts: number;
}

/** Runs `work` in a transaction that sees the events of every org. */
export function inRelayTransaction<R>(database: EventDatabase, work: (tx: SqlTransaction) => Promise<R>): Promise<R> {
  // Which tables the schema has besides those of messaging plays no part here.
  return relayTransaction(database.db as unknown as Kysely<unknown>, work);
}

/** Largest event as JSON: it must fit into a message of the broker with room to spare. */
const MAX_EVENT_BYTES = 256 * 1024;

/** `relaxed`: the statement is its own transaction and need not wait for the disk (see `relaxedCommit`). */
export async function insertEvents(
  tx: SqlTransaction,
  records: readonly EventRecord[],
  { relaxed = false }: { readonly relaxed?: boolean } = {},
): Promise<void> {
  await sql`
    insert into outbox (id, org_id, org_slug, name, event, traceparent)
    select id, org_id, org_slug, name, event::json, traceparent
      from unnest(
        ${records.map((r) => r.event.id)}::uuid[],
        ${records.map((r) => r.event.orgId)}::uuid[],
        ${records.map((r) => r.orgSlug)}::text[],
        ${records.map((r) => r.event.name)}::text[],
        ${records.map(eventJson)}::text[],
        ${records.map((r) => r.traceparent ?? null)}::text[]
      ) as e (id, org_id, org_slug, name, event, traceparent) ${relaxed ? sql`, ${relaxedCommit}` : sql``}
  `.execute(tx);
}

function eventJson({ event }: EventRecord): string {
  const text = JSON.stringify(event);
  if (text.length * 3 > MAX_EVENT_BYTES && Buffer.byteLength(text) > MAX_EVENT_BYTES) {
    throw new DomainError(
      'internal',
      'server_error',
      `the event ${event.name} is larger than ${MAX_EVENT_BYTES} bytes`,
    );
  }
  return text;
}

/** Longest time that a batch may be in hand before PostgreSQL gives it back to other relays. */
const MAX_BATCH_TIME = '120s';

/** The oldest events that are due and that no other relay has in hand. They stay locked until the transaction ends. */
export async function lockDueEvents(tx: SqlTransaction, limit: number): Promise<readonly OutboxRow[]> {
  await sql`select set_config('idle_in_transaction_session_timeout', ${MAX_BATCH_TIME}, true)`.execute(tx);
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
