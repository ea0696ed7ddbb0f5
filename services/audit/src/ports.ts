import type { Clock } from '@lumo/kit';
import type { ActivityLog } from '@lumo/messaging';
import type { Transaction } from 'kysely';
import type { ChainHead } from './core/hash-chain.js';
import type { LogRecord } from './core/log-record.js';
import type { AuditTables } from './store/audit-tables.js';

/** An open transaction of the `audit` schema in the org of the context. */
export type Tx = Transaction<AuditTables>;

/** Which records; what is absent does not restrict. */
export interface LogFilter {
  /** Empty: no record. */
  readonly names?: readonly string[];
  readonly severity?: string;
  readonly result?: string;
  /** Acted, itself or for somebody. */
  readonly actorId?: string;
  readonly targetId?: string;
  /** Acted or was the target: the id of a user, or an e-mail address. */
  readonly user?: string;
  readonly from?: Date;
  readonly to?: Date;
  /** Matched anywhere in names, ids and addresses, without case, among the newest `SEARCH_WINDOW` records. */
  readonly search?: string;
}

/** A text search looks at so many records from the end. */
export const SEARCH_WINDOW = 100_000;

/** Matches are counted no further; a page starts no deeper. */
export const MAX_COUNTED = 100_000;

export interface LogPage {
  readonly rows: readonly LogRecord[];
  /** Every match, or `MAX_COUNTED` where there are more. */
  readonly total: number;
}

/** Adds to the log of the org in context. */
export interface LogWriter {
  /** The head of the chain, locked until the transaction ends; a log without records begins with `empty`. */
  lockHead(tx: Tx, empty: ChainHead): Promise<ChainHead>;
  /** Which of these events stand in the log. Ask under the lock. */
  known(tx: Tx, eventIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Writes records that follow the locked head, and moves the head to the last of them. */
  append(tx: Tx, records: readonly LogRecord[]): Promise<void>;
}

/** Reads the log of the org in context. */
export interface LogReader {
  /** Newest first, or oldest first. `page` counts from 1. */
  search(
    filter: LogFilter,
    query: { readonly page: number; readonly limit: number; readonly oldestFirst?: boolean },
  ): Promise<LogPage>;
  /** Newest first, older than `beforeSeq`. */
  older(filter: LogFilter, beforeSeq: number, limit: number): Promise<readonly LogRecord[]>;
  bySeq(seq: number): Promise<LogRecord | undefined>;
  /** Records from `seq` on, oldest first, with the one before them and the head of the chain, all of one moment. */
  partFrom(seq: number, limit: number): Promise<ChainPart>;
  head(): Promise<ChainHead | undefined>;
  /** How many records of each name and severity in a time range, both ends included. */
  countByName(from: Date, to: Date): Promise<readonly NameCount[]>;
}

export interface ChainPart {
  readonly previous: LogRecord | undefined;
  readonly records: readonly LogRecord[];
  /** Undefined for a log without records. */
  readonly head: ChainHead | undefined;
}

export interface NameCount {
  readonly name: string;
  readonly severity: string;
  readonly count: number;
}

/** Everything the operations need from outside. */
export interface AuditPorts {
  readonly writer: LogWriter;
  readonly reader: LogReader;
  readonly activity: ActivityLog;
  readonly clock: Clock;
}
