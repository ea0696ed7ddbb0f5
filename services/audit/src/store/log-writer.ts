import { sql } from 'kysely';
import type { LogRecord } from '../core/log-record.js';
import type { LogWriter } from '../ports.js';

export function createLogWriter(): LogWriter {
  return {
    async lockHead(tx, empty) {
      const locked = tx.selectFrom('chain_heads').select(['seq', 'hash']).forUpdate();
      const head = await locked.executeTakeFirst();
      if (head) return head;
      // Two writers may begin the same log: the second waits here for the first.
      await tx
        .insertInto('chain_heads')
        .values({ ...empty })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return locked.executeTakeFirstOrThrow();
    },

    async known(tx, eventIds) {
      const { rows } = await sql<{ id: string }>`select known_events(${[...eventIds]}::uuid[]) as id`.execute(tx);
      return new Set(rows.map((row) => row.id));
    },

    async append(tx, records) {
      const last = records.at(-1);
      if (!last) return;
      // One parameter and one statement for the whole batch: PostgreSQL takes the JSON apart faster than pg could bind it.
      await sql`
        insert into log (seq, event_id, occurred_at, recorded_at, name, category, severity, result, actor_type, actor_id,
                         actor_name, actor_chain, target_type, target_id, target_name, user_email, ip, user_agent,
                         request_id, trace_id, data, hash)
        select r.seq, r.event_id, r.occurred_at, r.recorded_at, r.name, r.category, r.severity, r.result, r.actor_type,
               r.actor_id, r.actor_name, r.actor_chain, r.target_type, r.target_id, r.target_name, r.user_email, r.ip,
               r.user_agent, r.request_id, r.trace_id, r.data, decode(r.hash, 'hex')
          from json_to_recordset(${JSON.stringify(records.map(toRow))}::json) as r (
                 seq bigint, event_id uuid, occurred_at timestamptz, recorded_at timestamptz, name text, category text,
                 severity text, result text, actor_type text, actor_id text, actor_name text, actor_chain jsonb,
                 target_type text, target_id text, target_name text, user_email text, ip text, user_agent text,
                 request_id text, trace_id text, data jsonb, hash text)`.execute(tx);
      await appendChainActors(tx, records);
      await tx.updateTable('chain_heads').set({ seq: last.seq, hash: last.hash }).execute();
    },
  };
}

async function appendChainActors(tx: Parameters<LogWriter['append']>[0], records: readonly LogRecord[]): Promise<void> {
  const rows = records.flatMap(({ seq, actorChain }) =>
    [...new Set(actorChain.map((actor) => actor.id))].map((actor_id) => ({ actor_id, seq })),
  );
  if (rows.length === 0) return;
  await sql`
    insert into log_chain_actors (actor_id, seq)
    select * from unnest(${rows.map((row) => row.actor_id)}::text[], ${rows.map((row) => row.seq)}::bigint[])`.execute(
    tx,
  );
}

function toRow(record: LogRecord): Readonly<Record<string, unknown>> {
  const { actor, target } = record;
  return {
    seq: record.seq,
    event_id: record.eventId,
    occurred_at: record.occurredAt,
    recorded_at: record.recordedAt,
    name: record.name,
    category: record.category,
    severity: record.severity,
    result: record.result,
    actor_type: actor.type,
    actor_id: actor.id,
    actor_name: actor.name,
    actor_chain: record.actorChain,
    target_type: target?.type,
    target_id: target?.id,
    target_name: target?.name,
    user_email: record.userEmail,
    ip: record.ip,
    user_agent: record.userAgent,
    request_id: record.requestId,
    trace_id: record.traceId,
    data: record.data,
    hash: record.hash.toString('hex'),
  };
}
