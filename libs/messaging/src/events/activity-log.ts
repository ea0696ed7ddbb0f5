import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServiceName } from '@lumo/contracts';
import { type Clock, systemClock } from '@lumo/kit';
import { requireContext } from '@lumo/tenancy';
import type { MessagingLogger } from '../logger.js';
import { type MessagingMetrics, noMetrics } from '../metrics.js';
import { type EventRecord, recordEvent } from './event-record.js';
import type { ActivityLog, EventDatabase } from './events.js';
import { inRelayTransaction, insertEvents } from './outbox-table.js';

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

const ROWS_PER_INSERT = 1000;

/**
 * One buffer for all orgs of the service, written by multi-row inserts as the relay (which may write for any org: what
 * stands in the buffer took its org from the context it was recorded in).
 */
export function createActivityLog(options: ActivityLogOptions): FlushableActivityLog {
  const { service, database, logger, clock = systemClock, metrics = noMetrics, appended } = options;
  const { capacity = 20_000, flushMs = 200 } = options;
  const outside = AsyncLocalStorage.snapshot();
  let buffer: EventRecord[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    while (buffer.length > 0) {
      const rows = buffer.slice(0, ROWS_PER_INSERT);
      await inRelayTransaction(database, (tx) => insertEvents(tx, rows));
      buffer = buffer.slice(rows.length);
      appended();
    }
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
