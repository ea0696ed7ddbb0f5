import { type RequestContext, runInContext } from '@lumo/tenancy';
import type { AuditPorts } from '../ports.js';
import { type LogQuery, toFilter } from './log-query.js';
import { type LogEntry, toEntry } from './read-log.js';

/** The most an export holds (contract 8.7). */
export const MAX_EXPORTED = 10_000;

const BATCH = 500;

export interface LogExport {
  readonly exportedAt: Date;
  /** Newest first, read while it is consumed: memory holds one batch. */
  readonly batches: AsyncGenerator<readonly LogEntry[], void, void>;
}

/** Reads up to 10 000 entries, newest first, and records that it was done: who took the log is part of the log. */
export function exportLog({ reader, activity, clock }: AuditPorts) {
  return async (ctx: RequestContext, command: LogQuery & { readonly format: string }): Promise<LogExport> => {
    const filter = toFilter(command);
    const head = await reader.head();
    activity.record({
      name: 'audit.exported',
      target: { type: 'audit_log', id: ctx.org?.id ?? '' },
      data: {
        format: command.format,
        ...(command.from && { from: command.from }),
        ...(command.to && { to: command.to }),
      },
    });
    return { exportedAt: new Date(clock.now()), batches: batchesFrom((head?.seq ?? 0) + 1) };

    async function* batchesFrom(end: number): AsyncGenerator<readonly LogEntry[], void, void> {
      let left = MAX_EXPORTED;
      let before = end;
      while (left > 0) {
        // The consumer of the stream runs outside of the request: each read enters the org again.
        const rows = await runInContext(ctx, () => reader.older(filter, before, Math.min(BATCH, left)));
        const last = rows.at(-1);
        if (!last) return;
        yield rows.map(toEntry);
        left -= rows.length;
        before = last.seq;
      }
    }
  };
}
