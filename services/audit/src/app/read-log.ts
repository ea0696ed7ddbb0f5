import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { LogRecord } from '../core/log-record.js';
import { type AuditPorts, type LogPage, MAX_COUNTED } from '../ports.js';
import { type LogQuery, toFilter } from './log-query.js';
import { messageOf } from './messages.js';

/** A record and the sentence about it. */
export interface LogEntry extends LogRecord {
  readonly message: string;
}

export interface SearchLog extends LogQuery {
  /** Counts from 1. */
  readonly page: number;
  readonly limit: number;
  readonly oldestFirst?: boolean;
}

/** One page of the log. `total` counts no further than 100 000, and no page starts deeper. */
export function searchLog({ reader }: AuditPorts) {
  return async (
    _ctx: RequestContext,
    command: SearchLog,
  ): Promise<Omit<LogPage, 'rows'> & { readonly rows: readonly LogEntry[] }> => {
    if (command.page * command.limit > MAX_COUNTED) {
      const text = `Pages end after ${MAX_COUNTED} entries. Narrow the time range with from and to.`;
      throw new DomainError('invalid', 'validation_error', text, { details: { page: text } });
    }
    const { rows, total } = await reader.search(toFilter(command), command);
    return { rows: rows.map(toEntry), total };
  };
}

/** One record with the hash of the record before it; `resource_not_found` where there is none. */
export function readEntry({ reader }: AuditPorts) {
  return async (
    _ctx: RequestContext,
    { seq }: { readonly seq: number },
  ): Promise<LogEntry & { readonly previousHash: Buffer | undefined }> => {
    const [record, previous] = await Promise.all([reader.bySeq(seq), reader.bySeq(seq - 1)]);
    if (!record) throw new DomainError('not_found', 'resource_not_found', 'There is no such audit log entry.');
    return { ...toEntry(record), previousHash: previous?.hash };
  };
}

export function toEntry(record: LogRecord): LogEntry {
  return { ...record, message: messageOf(record) };
}
