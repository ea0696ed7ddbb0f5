import type { EventName, ServiceName } from '@lumo/contracts';
import type { MessagingLogger } from '../logger.js';
import type { MessagingMetrics } from '../metrics.js';
import type { EventConsumers, EventDatabase } from './events.js';
import type { EventPublisher } from './publisher.js';
import type { RetryPolicy } from './retry-policy.js';

/**
 * Brings events from the outboxes of publishers to their subscribers (`SUBSCRIPTIONS` of the topology).
 * Guarantees: an event leaves the outbox only after every subscriber applied it or a broker keeps it for them; a
 * subscriber applies it exactly once in effect, whoever crashes when; what cannot be applied in 8 attempts stands in the
 * subscriber's `dead_letters` and holds nobody up. Not guaranteed: order.
 */
export interface EventBus {
  /** Names an outbox to relay. Before `start`. */
  publish(publisher: EventPublisher): void;
  /** Names the handlers of a service; they must cover what the topology subscribes it to. Before `start`. */
  subscribe<Tables>(subscriber: {
    readonly service: ServiceName;
    readonly database: EventDatabase;
    readonly consumers: EventConsumers<Tables>;
  }): void;
  /** Begins to relay and to consume, in the background: it does not wait for a broker. */
  start(): Promise<void>;
  /** Resolves when the outboxes of this process are empty but for events that wait for their next attempt. */
  drain(): Promise<void>;
  /** Rejects where events cannot travel now. */
  ping(): Promise<void>;
  /** Finishes batches in hand, then stops. */
  close(): Promise<void>;
}

/** Event names, or `*`, by subscriber. */
export type Subscriptions = Partial<Readonly<Record<ServiceName, readonly (EventName | '*')[]>>>;

export interface EventBusOptions {
  readonly logger: MessagingLogger;
  readonly metrics?: MessagingMetrics;
  /** Who gets what (`SUBSCRIPTIONS` of the topology); a test may run fewer. */
  readonly subscriptions?: Subscriptions;
  readonly retry?: RetryPolicy;
}
