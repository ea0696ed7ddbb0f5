import type { Database } from '@lumo/database';
import { type Selectable, sql } from 'kysely';
import type { LogRecord } from '../core/log-record.js';
import { type LogFilter, type LogReader, MAX_COUNTED, type NameCount } from '../ports.js';
import type { AuditTables, LogTable } from './audit-tables.js';
import { matching, restricts } from './log-filter.js';

export function createLogReader({ db }: Database<AuditTables>): LogReader {
  const head = () => db.selectFrom('chain_heads').select(['seq', 'hash']).executeTakeFirst();

  /** Without a filter the number of the last record is the count: there are no gaps. */
  async function count(filter: LogFilter, headSeq: number): Promise<number> {
    if (!restricts(filter)) return Math.min(headSeq, MAX_COUNTED);
    const { total } = await db
      .selectFrom((eb) =>
        eb.selectFrom('log').select('seq').where(matching(filter, headSeq)).limit(MAX_COUNTED).as('matches'),
      )
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow();
    return total;
  }

  return {
    head,

    async search(filter, { page, limit, oldestFirst = false }) {
      const headSeq = (await head())?.seq ?? 0;
      const [rows, total] = await Promise.all([
        db
          .selectFrom('log')
          .selectAll()
          .where(matching(filter, headSeq))
          .orderBy('seq', oldestFirst ? 'asc' : 'desc')
          .limit(limit)
          .offset((page - 1) * limit)
          .execute(),
        count(filter, headSeq),
      ]);
      return { rows: rows.map(toRecord), total };
    },

    async older(filter, beforeSeq, limit) {
      const rows = await db
        .selectFrom('log')
        .selectAll()
        .where(matching(filter, beforeSeq))
        .where('seq', '<', beforeSeq)
        .orderBy('seq', 'desc')
        .limit(limit)
        .execute();
      return rows.map(toRecord);
    },

    async bySeq(seq) {
      const row = await db.selectFrom('log').selectAll().where('seq', '=', seq).executeTakeFirst();
      return row && toRecord(row);
    },

    partFrom: (seq, limit) =>
      // One snapshot: else a record that is appended meanwhile would look like one behind the head.
      db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(async (tx) => {
          const chainHead = await tx.selectFrom('chain_heads').select(['seq', 'hash']).executeTakeFirst();
          const rows = await tx
            .selectFrom('log')
            .selectAll()
            .where('seq', '>=', seq - 1)
            .orderBy('seq')
            .limit(limit + 1)
            .execute();
          const records = rows.map(toRecord);
          const previous = records[0]?.seq === seq - 1 ? records[0] : undefined;
          return { head: chainHead, previous, records: previous ? records.slice(1) : records.slice(0, limit) };
        }),

    async countByName(from, to) {
      const { rows } = await sql<NameCount>`
        select name, severity, count(*) as count from log
         where occurred_at between ${from} and ${to}
         group by name, severity order by count(*) desc, name`.execute(db);
      return rows;
    },
  };
}

function toRecord(row: Selectable<LogTable>): LogRecord {
  return {
    seq: row.seq,
    eventId: row.event_id,
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
    name: row.name,
    category: row.category,
    severity: row.severity,
    result: row.result,
    actor: { type: row.actor_type, id: row.actor_id, name: row.actor_name },
    actorChain: row.actor_chain.map(({ type, id }) => ({ type, id })),
    target:
      row.target_type === null || row.target_id === null
        ? null
        : { type: row.target_type, id: row.target_id, name: row.target_name },
    userEmail: row.user_email,
    ip: row.ip,
    userAgent: row.user_agent,
    requestId: row.request_id,
    traceId: row.trace_id,
    data: row.data,
    hash: row.hash,
  };
}
