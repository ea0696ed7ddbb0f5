import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServiceName } from '@lumo/contracts';
import { type Clock, isDomainError, systemClock } from '@lumo/kit';
import { type RequestContext, requireContext, runInContext, systemContext } from '@lumo/tenancy';
import type { MessagingLogger } from '../logger.js';
import { type MessagingMetrics, noMetrics } from '../metrics.js';
import { type EventRecord, recordEvent } from './event-record.js';
import type { ActivityLog, EventDatabase } from './events.js';
import { insertEvents } from './outbox-table.js';

export interface ActivityLogOptions {
  readonly service: ServiceName;
  readonly database: EventDatabase;
  readonly logger: MessagingLogger;
  readonly clock?: Clock;
  readonly metrics?: MessagingMetrics;
  /** Called after events were written. */
  readonly appended: () => void;
  /** Events that are kept at most before new ones are dropped (20 000: about 20 MB). */
  readonly capacity?: number;
  /** Longest time an event waits in memory, in milliseconds (200). */
  readonly flushMs?: number;
}

/** An activity log that can be written out now. */
export interface FlushableActivityLog extends ActivityLog {
  /** Writes what is buffered; rejects where the database does not take it, which keeps it buffered. */
  flush(): Promise<void>;
}

/** Rows of one insert, and orgs whose rows are written at the same time. */
const ROWS_PER_INSERT = 500;
const PARALLEL_INSERTS = 4;

/** One buffer for all orgs of the service, written by one multi-row insert per org. */
export function createActivityLog(options: ActivityLogOptions): FlushableActivityLog {
  const { service, database, logger, clock = systemClock, metrics = noMetrics, appended } = options;
  const { capacity = 20_000, flushMs = 200 } = options;
  const outside = AsyncLocalStorage.snapshot();
  let buffer: EventRecord[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const taken = buffer;
    buffer = [];
    const batches = [...Map.groupBy(taken, (record) => record.event.orgId).values()].flatMap(inBatches);
    const failures: unknown[] = [];
    async function work(): Promise<void> {
      for (let batch = batches.pop(); batch; batch = batches.pop()) {
        const rows = batch;
        try {
          await runInContext(writerContext(service, rows), () => insertEvents(database.db, rows, { relaxed: true }));
        } catch (err) {
          if (isDomainError(err) && err.kind === 'unavailable') {
            failures.push(err);
            buffer = [...rows, ...buffer];
            continue;
          }
          // Trying again would not help, and everything behind would wait for it.
          logger.error({ err, service, events: rows.length }, 'activity was refused by the database and is lost');
          metrics.activityDropped(service, rows.length);
        }
      }
    }
    await Promise.all(Array.from({ length: PARALLEL_INSERTS }, work));
    if (taken.length > 0) appended();
    if (failures.length > 0) throw failures[0];
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.catch(() => {}).then(() => outside(write));
    return writing;
  }

  function flushLater(): void {
    timer ??= setTimeout(() => {
      flush().catch((err: unknown) => {
        logger.error({ err, service, waiting: buffer.length }, 'activity could not be written and waits');
        flushLater();
      });
    }, flushMs);
  }

  return {
    record(event) {
      const context = requireContext();
      if (buffer.length >= capacity) {
        metrics.activityDropped(service, 1);
        return;
      }
      buffer.push(recordEvent(event, service, context, clock.now()));
      flushLater();
    },
    flush,
  };
}

function inBatches(records: readonly EventRecord[]): readonly EventRecord[][] {
  const count = Math.ceil(records.length / ROWS_PER_INSERT);
  return Array.from({ length: count }, (_, i) => records.slice(i * ROWS_PER_INSERT, (i + 1) * ROWS_PER_INSERT));
}

function writerContext(service: ServiceName, [first]: readonly EventRecord[]): RequestContext {
  const org = first && { id: first.event.orgId, slug: first.orgSlug };
  return systemContext(service, 'activity', org);
}
