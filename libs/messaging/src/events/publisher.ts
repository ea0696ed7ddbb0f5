import type { ServiceName } from '@lumo/contracts';
import type { Clock } from '@lumo/kit';
import type { MessagingLogger } from '../logger.js';
import type { MessagingMetrics } from '../metrics.js';
import { type ActivityLogOptions, createActivityLog } from './activity-log.js';
import type { ActivityLog, EventDatabase, Outbox } from './events.js';
import { createOutbox } from './outbox.js';

/** A service's way to say what happened. The bus relays what it wrote. */
export interface EventPublisher {
  readonly service: ServiceName;
  readonly database: EventDatabase;
  readonly outbox: Outbox;
  readonly activity: ActivityLog;
  /** Tells the relay that events were written, or are about to be committed. */
  onAppended(listener: () => void): void;
  /** Writes buffered activity to the outbox. */
  flush(): Promise<void>;
  /** Writes buffered activity. Nothing may be recorded afterwards. */
  close(): Promise<void>;
}

export function createPublisher(options: {
  readonly service: ServiceName;
  readonly database: EventDatabase;
  readonly logger: MessagingLogger;
  readonly clock?: Clock;
  readonly metrics?: MessagingMetrics;
  readonly activity?: Pick<ActivityLogOptions, 'capacity' | 'flushMs'>;
}): EventPublisher {
  const listeners: (() => void)[] = [];
  const appended = () => {
    for (const listener of listeners) listener();
  };
  const activity = createActivityLog({ ...options, ...options.activity, appended });
  return {
    service: options.service,
    database: options.database,
    outbox: createOutbox({ ...options, appended }),
    activity,
    onAppended: (listener) => void listeners.push(listener),
    flush: activity.flush,
    close: activity.flush,
  };
}
