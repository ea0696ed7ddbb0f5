import { SUBSCRIPTIONS } from '@lumo/contracts';
import { noMetrics } from '../metrics.js';
import type { EventBus, EventBusOptions, Subscriptions } from './bus.js';
import { createConsumer, type EventConsumer } from './consumer.js';
import { forgetApplied } from './inbox-table.js';
import { inRelayTransaction, type OutboxRow } from './outbox-table.js';
import type { EventPublisher } from './publisher.js';
import { type EventSink, type Relay, startRelay } from './relay.js';
import { DEFAULT_RETRY, isGivenUp } from './retry-policy.js';
import { tidyInboxes } from './tidy-inbox.js';

/** Orgs whose events a subscriber applies at the same time: each is a transaction of its own. */
const PARALLEL_ORGS = 4;

/** The bus of standalone: relays hand events straight to the subscribers of the same process. */
export function createInProcessEventBus(options: EventBusOptions): EventBus {
  const { retry = DEFAULT_RETRY, metrics = noMetrics } = options;
  const subscriptions: Subscriptions = options.subscriptions ?? SUBSCRIPTIONS;
  const publishers: EventPublisher[] = [];
  const consumers: EventConsumer[] = [];
  let relays: Relay[] = [];
  let stopTidying = () => {};

  /** Brings a batch to one subscriber; answers the rows that it has to get again. */
  async function bring(rows: readonly OutboxRow[], consumer: EventConsumer): Promise<readonly OutboxRow[]> {
    const wanted = rows.filter((row) => consumer.wants(row.event));
    const byOrg = [...Map.groupBy(wanted, (row) => row.event.orgId).values()];
    const again: OutboxRow[] = [];
    async function work(): Promise<void> {
      for (let batch = byOrg.pop(); batch; batch = byOrg.pop()) {
        const failed = await consumer.apply(batch);
        for (const row of batch.filter(({ event }) => failed.has(event.id))) {
          const attempts = row.attempts + 1;
          const error = failed.get(row.event.id);
          if (isGivenUp(error, attempts, retry)) await consumer.bury(row, attempts, error);
          else again.push(row);
        }
      }
    }
    await Promise.all(Array.from({ length: PARALLEL_ORGS }, work));
    if (again.length > 0) metrics.eventsRedelivered(consumer.service, again.length);
    return again;
  }

  const sink: EventSink = {
    async deliver(rows) {
      const failed = new Set((await Promise.all(consumers.map((consumer) => bring(rows, consumer)))).flat());
      return {
        settled: rows.filter((row) => !failed.has(row)),
        again: [...failed].map((row) => ({ id: row.event.id, delayMs: retry.delayMs(row.attempts + 1) })),
      };
    },
    async forget(settled) {
      for (const consumer of consumers) {
        const mine = settled.filter((row) => consumer.wants(row.event));
        if (mine.length > 0) await inRelayTransaction(consumer.database, (tx) => forgetApplied(tx, mine));
      }
    },
  };

  return {
    publish: (publisher) => void publishers.push(publisher),
    subscribe(subscriber) {
      const mine = subscriptions[subscriber.service] ?? [];
      consumers.push(createConsumer({ ...options, ...subscriber, subscriptions: mine, sameServer: true }));
    },
    async start() {
      const missing = Object.entries(subscriptions)
        .filter(([name, events]) => events.length > 0 && !consumers.some(({ service }) => service === name))
        .map(([name]) => name);
      if (missing.length > 0) throw new Error(`No handlers of ${missing.join(', ')}: their events would be lost.`);
      relays = publishers.map((publisher) => {
        const relay = startRelay({ ...options, service: publisher.service, database: publisher.database, sink });
        publisher.onAppended(() => relay.wake());
        return relay;
      });
      stopTidying = tidyInboxes(consumers, options.logger);
    },
    async drain() {
      for (const publisher of publishers) await publisher.flush();
      for (const relay of relays) await relay.drain();
    },
    async ping() {},
    async close() {
      stopTidying();
      await Promise.all(relays.map((relay) => relay.stop()));
    },
  };
}
