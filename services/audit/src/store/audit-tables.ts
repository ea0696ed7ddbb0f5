import type { ColumnType } from 'kysely';

/** Filled by the database from the org of the context; never named by an insert. */
type OrgId = ColumnType<string, string | undefined, never>;

/** A column that is written once. */
type Once<T> = ColumnType<T, T, never>;

export interface LogTable {
  org_id: OrgId;
  seq: Once<number>;
  event_id: Once<string>;
  occurred_at: Once<Date>;
  recorded_at: Once<Date>;
  name: Once<string>;
  category: Once<string>;
  severity: Once<string>;
  result: Once<string>;
  actor_type: Once<string>;
  actor_id: Once<string>;
  actor_name: Once<string | null>;
  actor_chain: ColumnType<readonly { readonly type: string; readonly id: string }[], string, never>;
  target_type: Once<string | null>;
  target_id: Once<string | null>;
  target_name: Once<string | null>;
  user_email: Once<string | null>;
  ip: Once<string | null>;
  user_agent: Once<string | null>;
  request_id: Once<string>;
  trace_id: Once<string | null>;
  data: ColumnType<Readonly<Record<string, unknown>>, string, never>;
  hash: Once<Buffer>;
}

export interface LogChainActorsTable {
  org_id: OrgId;
  actor_id: Once<string>;
  seq: Once<number>;
}

export interface ChainHeadsTable {
  org_id: OrgId;
  seq: number;
  hash: Buffer;
}

/** The `audit` schema. */
export interface AuditTables {
  log: LogTable;
  log_chain_actors: LogChainActorsTable;
  chain_heads: ChainHeadsTable;
}
