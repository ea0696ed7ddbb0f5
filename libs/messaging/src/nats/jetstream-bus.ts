import { setTimeout as sleep } from 'node:timers/promises';
import { type EventName, SUBSCRIPTIONS } from '@lumo/contracts';
import { DomainError } from '@lumo/kit';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { EventBus, EventBusOptions, Subscriptions } from '../events/bus.js';
import { createConsumer, type EventConsumer } from '../events/consumer.js';
import type { OutboxRow } from '../events/outbox-table.js';
import type { EventPublisher } from '../events/publisher.js';
import { type EventSink, type Relay, startRelay } from '../events/relay.js';
import { DEFAULT_RETRY } from '../events/retry-policy.js';
import { tidyInboxes } from '../events/tidy-inbox.js';
import { noMetrics } from '../metrics.js';
import { type Consumption, consumeDurable } from './durable-consumption.js';
import { headersOf } from './event-messages.js';
import {
  DEFAULT_ACK_WAIT_SECONDS,
  type Durable,
  durablesOf,
  ensureEventStream,
  eventSubject,
  streamName,
} from './event-stream.js';
import type { NatsLink } from './nats-link.js';

export interface JetStreamEventBusOptions extends EventBusOptions {
  readonly nats: NatsLink;
  /** Name of the installation: first token of every subject, and of the stream (`lumo`). */
  readonly prefix?: string;
  /** Copies of the stream in a NATS cluster (1). */
  readonly replicas?: number;
  /** After this the events that a process had in hand when it died go to another one (30). */
  readonly ackWaitSeconds?: number;
}

const RETRY_MS = 500;
const PUBLISH_TIMEOUT_MS = 5000;
/** The bus of the cluster: relays publish to one stream of the installation, services consume by durable consumers. */
export function createJetStreamEventBus(options: JetStreamEventBusOptions): EventBus {
  const { nats, logger, metrics = noMetrics, prefix = 'lumo', retry = DEFAULT_RETRY } = options;
  const { ackWaitSeconds = DEFAULT_ACK_WAIT_SECONDS } = options;
  const subscriptions: Subscriptions = options.subscriptions ?? SUBSCRIPTIONS;
  const publishers: EventPublisher[] = [];
  const consumers: EventConsumer[] = [];
  const stopped = new AbortController();
  const loops: Promise<void>[] = [];
  const consumptions = new Set<Consumption>();
  let relays: Relay[] = [];
  let stopTidying = () => {};
  /** The connection on which stream and durables were found or created. */
  let ready: NatsConnection | undefined;
  let preparing: Promise<void> | undefined;

  /** Stream and durables exist. Rejects where JetStream cannot be reached. */
  async function prepared(): Promise<NatsConnection> {
    const { connection } = nats;
    if (!connection) throw new Error('NATS is not connected');
    if (ready === connection) return connection;
    preparing ??= ensureEventStream(connection, { ...options, prefix, subscriptions }).finally(() => {
      preparing = undefined;
    });
    await preparing;
    ready = connection;
    return connection;
  }

  const sink: EventSink = {
    async deliver(rows) {
      const connection = await prepared();
      const stream = jetstream(connection, { timeout: PUBLISH_TIMEOUT_MS });
      const published = await Promise.allSettled(
        rows.map((row) =>
          stream.publish(eventSubject(prefix, row.event.name as EventName), JSON.stringify(row.event), {
            msgID: row.event.id,
            headers: headersOf(row),
          }),
        ),
      );
      const settled: OutboxRow[] = [];
      const again: { id: string; delayMs: number }[] = [];
      let refusal: unknown;
      rows.forEach((row, i) => {
        const outcome = published[i];
        if (outcome?.status === 'fulfilled') settled.push(row);
        else {
          refusal = outcome?.reason;
          again.push({ id: row.event.id, delayMs: retry.delayMs(row.attempts + 1) });
        }
      });
      if (settled.length === 0) {
        // Nothing arrived: the stream may be gone. It is looked for again before the next attempt.
        ready = undefined;
        throw refusal;
      }
      if (refusal) logger.warn({ err: refusal, events: again.length }, 'some events were not accepted by the stream');
      return { settled, again };
    },
  };

  /** Consumes a durable for as long as the bus is open, whatever happens to NATS. */
  async function keepConsuming(durable: Durable, consumer: EventConsumer): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        const connection = await prepared();
        const consumption = await consumeDurable({
          connection,
          stream: streamName(prefix),
          durable: durable.name,
          consumer,
          retry,
          ackWaitSeconds,
          logger,
          metrics,
        });
        consumptions.add(consumption);
        if (stopped.signal.aborted) await consumption.stop();
        await consumption.ended;
        consumptions.delete(consumption);
        ready = undefined;
      } catch (err) {
        ready = undefined;
        if (nats.connection) logger.warn({ err, durable: durable.name }, 'events cannot be consumed yet');
      }
      await sleep(RETRY_MS, undefined, { signal: stopped.signal }).catch(() => {});
    }
  }

  return {
    publish: (publisher) => void publishers.push(publisher),
    subscribe(subscriber) {
      const mine = subscriptions[subscriber.service] ?? [];
      consumers.push(createConsumer({ ...options, ...subscriber, subscriptions: mine, sameServer: false }));
    },
    async start() {
      relays = publishers.map((publisher) => {
        const relay = startRelay({ ...options, service: publisher.service, database: publisher.database, sink });
        publisher.onAppended(() => relay.wake());
        return relay;
      });
      nats.onUp(() => {
        // The server that is back may have lost everything: who wants what must be known before the next event.
        ready = undefined;
        for (const relay of relays) relay.wake();
      });
      for (const consumer of consumers) {
        for (const durable of durablesOf(prefix, consumer.service, subscriptions[consumer.service] ?? []))
          loops.push(keepConsuming(durable, consumer));
      }
      stopTidying = tidyInboxes(consumers, logger);
    },
    async drain() {
      for (const publisher of publishers) await publisher.flush();
      for (const relay of relays) await relay.drain();
    },
    async ping() {
      await nats.ping();
      await prepared().catch((cause: unknown) => {
        throw new DomainError('unavailable', 'temporarily_unavailable', 'JetStream does not answer. Is it enabled?', {
          retryAfterSeconds: 1,
          cause,
        });
      });
    },
    async close() {
      stopTidying();
      stopped.abort();
      await Promise.all(relays.map((relay) => relay.stop()));
      await Promise.all([...consumptions].map((consumption) => consumption.stop()));
      await Promise.all(loops);
    },
  };
}
