import type { LumoEvent, ServiceName } from '@lumo/contracts';
import { uuidv7 } from '@lumo/kit';
import { runInContext, systemContext } from '@lumo/tenancy';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Transaction } from 'kysely';
import type { MessagingLogger } from '../logger.js';
import { type MessagingMetrics, noMetrics } from '../metrics.js';
import { tracer } from '../tracer.js';
import type { EventRecord } from './event-record.js';
import type { EventConsumers, EventDatabase } from './events.js';
import { insertDeadLetter, markApplied } from './inbox-table.js';

/** One subscriber: applies events of one org in one transaction of its own schema. */
export interface EventConsumer {
  readonly service: ServiceName;
  /** Event names, or `*`. */
  readonly subscriptions: readonly string[];
  wants(event: LumoEvent): boolean;
  /**
   * Applies events of one org together; where that fails, each on its own. Answers the events that failed with their
   * errors; all others are applied for good (or were before).
   */
  apply(records: readonly EventRecord[]): Promise<ReadonlyMap<string, unknown>>;
  /** Gives an event up: it stands in `dead_letters` when this resolves. */
  bury(record: EventRecord, attempts: number, error: unknown): Promise<void>;
  readonly database: EventDatabase;
}

/** Throws where handlers and subscriptions do not name the same events. */
export function createConsumer<Tables>(options: {
  readonly service: ServiceName;
  readonly database: EventDatabase;
  readonly consumers: EventConsumers<Tables>;
  /** Event names, or `*`. */
  readonly subscriptions: readonly string[];
  /** The events come from an outbox of the same PostgreSQL server. */
  readonly sameServer: boolean;
  readonly logger: MessagingLogger;
  readonly metrics?: MessagingMetrics;
}): EventConsumer {
  const { service, database, subscriptions, sameServer, logger, metrics = noMetrics } = options;
  const handlers = Object.entries(options.consumers);
  requireSubscribed(service, subscriptions, Object.keys(options.consumers));

  async function applyTogether(records: readonly EventRecord[]): Promise<void> {
    const [first] = records;
    if (!first) return;
    const { orgId, requestId } = first.event;
    // A batch can hold the same event twice.
    const byId = new Map(records.map(({ event }) => [event.id, event]));
    const inOrg = systemContext(service, records.length === 1 ? requestId : uuidv7(), {
      id: orgId,
      slug: first.orgSlug,
    });
    const applied = await runInContext(inOrg, () =>
      database.db.transaction().execute(async (tx) => {
        const fresh = await markApplied(tx, orgId, [...byId.keys()], sameServer);
        const events = [...byId.values()].filter((event) => fresh.has(event.id));
        for (const [name, handler] of handlers) {
          const mine = name === '*' ? events : events.filter((event) => event.name === name);
          // The transaction is one of the schema whose tables the handler names.
          if (mine.length > 0) await handler(mine, tx as Transaction<Tables>);
        }
        return fresh.size;
      }),
    );
    if (applied > 0) metrics.eventsApplied(service, applied);
  }

  async function traced(records: readonly EventRecord[]): Promise<void> {
    const origins = records.flatMap(({ traceparent }) => (traceparent ? [traceOf(traceparent)] : []));
    // A single event continues its trace; a batch of several starts its own and links to theirs.
    const parent = origins.length === 1 && records.length === 1 ? origins[0] : undefined;
    const links = origins
      .flatMap((origin) => trace.getSpanContext(origin) ?? [])
      .map((spanContext) => ({ context: spanContext }));
    const span = tracer().startSpan(
      `${service} apply events`,
      { kind: SpanKind.CONSUMER, links },
      parent ?? ROOT_CONTEXT,
    );
    try {
      await context.with(trace.setSpan(parent ?? ROOT_CONTEXT, span), () => applyTogether(records));
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  return {
    service,
    subscriptions,
    database,
    wants: ({ name }) => subscriptions.includes('*') || subscriptions.includes(name),
    async apply(records) {
      const failed = new Map<string, unknown>();
      try {
        await traced(records);
        return failed;
      } catch (error) {
        const [only, ...others] = records;
        if (only && others.length === 0) {
          logger.warn(
            { err: error, service, event: only.event.name, eventId: only.event.id },
            'an event was not applied',
          );
          return failed.set(only.event.id, error);
        }
      }
      for (const record of records) {
        try {
          await traced([record]);
        } catch (error) {
          const { id, name } = record.event;
          logger.warn({ err: error, service, event: name, eventId: id }, 'an event was not applied');
          failed.set(id, error);
        }
      }
      return failed;
    },
    async bury(record, attempts, error) {
      const { orgId, requestId, id, name } = record.event;
      await runInContext(systemContext(service, requestId, { id: orgId, slug: record.orgSlug }), () =>
        database.db.transaction().execute((tx) => insertDeadLetter(tx, record, attempts, error)),
      );
      logger.error({ err: error, service, event: name, eventId: id, attempts }, 'an event became a dead letter');
      metrics.eventsDeadLettered(service, 1);
    },
  };
}

function traceOf(traceparent: string): ReturnType<typeof propagation.extract> {
  return propagation.extract(ROOT_CONTEXT, { traceparent });
}

function requireSubscribed(service: ServiceName, subscribed: readonly string[], handled: readonly string[]): void {
  const deaf = subscribed.filter((name) => !handled.includes(name));
  const idle = handled.filter((name) => !subscribed.includes(name) && !subscribed.includes('*'));
  if (deaf.length > 0) throw new Error(`${service} subscribes to ${deaf.join(', ')} but has no handler for it.`);
  if (idle.length > 0) throw new Error(`${service} handles ${idle.join(', ')} but is not subscribed to it.`);
}
