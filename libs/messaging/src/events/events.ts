import type { EventName, LumoEvent } from '@lumo/contracts';
import type { Transaction } from 'kysely';

/** What an operation says of an event; id, time, actor, org, request and trace come from the context. */
export interface NewEvent {
  readonly name: EventName;
  readonly target?: { readonly type: string; readonly id: string; readonly name?: string };
  readonly result?: LumoEvent['result'];
  readonly data?: Readonly<Record<string, unknown>>;
  /** Only where the actor is not the principal of the context (a person who just signed in, an org being created). */
  readonly actor?: LumoEvent['actor'];
  readonly actorChain?: LumoEvent['actorChain'];
  readonly orgId?: string;
}

/** Writes events to the outbox of the service's schema, in the transaction that makes the change. */
export interface Outbox {
  append(tx: Transaction<unknown>, ...events: readonly NewEvent[]): Promise<void>;
}

/**
 * Records activity that changed no state (a permission was decided, a stateless token was issued) without a write in the
 * request: events are kept in a bounded buffer and written to the outbox many at a time, at the latest 200 ms later and
 * at shutdown. A crash can lose those 200 ms; what must not be lost goes through `Outbox` in its transaction.
 */
export interface ActivityLog {
  record(event: NewEvent): void;
}

/**
 * Applies events of one org (the org of the context) inside a transaction of the consumer's own schema, which also marks
 * them as applied: exactly once in effect, however often they are delivered. Order is not guaranteed.
 */
export type EventHandler = (events: readonly LumoEvent[], tx: Transaction<unknown>) => Promise<void>;
