import type { ServiceName } from '@lumo/contracts';
import { type MessagingMetrics, noMetrics } from '../metrics.js';

type Counted = 'applied' | 'redelivered' | 'dead';

/** Metrics that a test can wait for: they are counted after the transaction they speak of was committed. */
export interface RecordedMetrics extends MessagingMetrics {
  count(what: Counted, consumer: ServiceName): number;
  /** Resolves when `consumer` has counted at least `count`. */
  reached(what: Counted, consumer: ServiceName, count: number): Promise<void>;
}

export function recordMetrics(): RecordedMetrics {
  const counts = new Map<string, number>();
  const waiting: { key: string; count: number; resolve: () => void }[] = [];
  const keyOf = (what: Counted, consumer: ServiceName) => `${what} ${consumer}`;

  function add(what: Counted, consumer: ServiceName, more: number): void {
    const key = keyOf(what, consumer);
    const now = (counts.get(key) ?? 0) + more;
    counts.set(key, now);
    for (const waiter of waiting) if (waiter.key === key && now >= waiter.count) waiter.resolve();
  }

  return {
    ...noMetrics,
    eventsApplied: (consumer, more) => add('applied', consumer, more),
    eventsRedelivered: (consumer, more) => add('redelivered', consumer, more),
    eventsDeadLettered: (consumer, more) => add('dead', consumer, more),
    count: (what, consumer) => counts.get(keyOf(what, consumer)) ?? 0,
    reached(what, consumer, count) {
      const key = keyOf(what, consumer);
      if ((counts.get(key) ?? 0) >= count) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ key, count, resolve }));
    },
  };
}
