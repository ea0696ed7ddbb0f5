import type { EventName, LumoEvent } from '@lumo/contracts';
import type { QueryExecutorProvider, Transaction } from 'kysely';

/** An open Kysely transaction of any schema. */
export type SqlTransaction = QueryExecutorProvider;

/** What an operation says of an event; id, time, actor, org, request and trace come from the context. */
export interface NewEvent {
  readonly name: EventName;
  readonly target?: { readonly type: string; readonly id: string; readonly name?: string };
  readonly result?: LumoEvent['result'];
  readonly data?: Readonly<Record<string, unknown>>;
  /** Only where the actor is not the principal of the context (a person who just signed in, an org being created). */
  readonly actor?: LumoEvent['actor'];
  readonly actorChain?: LumoEvent['actorChain'];
  /** Only where the org is not the org of the context (an org being created); consumers then see `orgSlug`. */
  readonly orgId?: string;
  readonly orgSlug?: string;
}

/**
 * Writes events to the outbox of the service's schema, in the transaction that makes the change.
 * Guarantees: the event exists if and only if the change does, and every subscriber applies it once.
 */
export interface Outbox {
  append(tx: SqlTransaction, ...events: readonly NewEvent[]): Promise<void>;
}

/**
 * Records activity that changed no state (a permission was decided, a stateless token was issued) without a write in the
 * request: events are kept in a bounded buffer and written to the outbox many at a time, at the latest 200 ms later and
 * at shutdown. A crash can lose those 200 ms, a full buffer drops (and counts); what must not be lost goes through
 * `Outbox` in its transaction.
 */
export interface ActivityLog {
  record(event: NewEvent): void;
}

/**
 * Applies events of one org (the org of the context) inside a transaction of the consumer's own schema, which also marks
 * them as applied: exactly once in effect, however often they are delivered. Order is not guaranteed. Where a handler
 * throws, its events come again, each on its own, with growing delays; after 8 attempts they are dead letters.
 */
export type EventHandler<Tables = unknown> = (events: readonly LumoEvent[], tx: Transaction<Tables>) => Promise<void>;

/** The handlers of a service by event name. An event goes to its own handler and to that of `*`, in one transaction. */
export type EventConsumers<Tables = unknown> = Partial<Record<EventName | '*', EventHandler<Tables>>>;

/** What the event machinery needs of a service's `Database`; every `Database<Tables>` is one. */
export interface EventDatabase {
  readonly db: QueryExecutorProvider & {
    transaction(): { execute<R>(work: (tx: SqlTransaction) => Promise<R>): Promise<R> };
  };
  ping(): Promise<void>;
}
