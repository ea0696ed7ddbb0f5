import { type ConsumerMessages, type JsMsg, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { EventConsumer } from '../events/consumer.js';
import type { EventRecord } from '../events/event-record.js';
import { isGivenUp, type RetryPolicy } from '../events/retry-policy.js';
import type { MessagingLogger } from '../logger.js';
import type { MessagingMetrics } from '../metrics.js';
import { recordOf } from './event-messages.js';

export interface ConsumptionOptions {
  readonly connection: NatsConnection;
  readonly stream: string;
  readonly durable: string;
  readonly consumer: EventConsumer;
  readonly retry: RetryPolicy;
  /** How long the server waits for an acknowledgement. */
  readonly ackWaitSeconds: number;
  readonly logger: MessagingLogger;
  readonly metrics: MessagingMetrics;
}

/** One durable being consumed by this process. */
export interface Consumption {
  /** Resolves when it ended: it was stopped, the connection closed, or the durable is gone. */
  readonly ended: Promise<void>;
  /** Finishes the batch in hand and gives the rest back to the other processes. */
  stop(): Promise<void>;
}

interface InHand {
  readonly message: JsMsg;
  readonly record: EventRecord;
}

const MAX_BATCH = 500;
const PARALLEL_ORGS = 4;
const PULL = { max_messages: 1000, abort_on_missing_resource: true };

/**
 * Takes what arrived while the last batch was applied as the next batch, so that batches grow with the load. A message
 * is acknowledged after the transaction that applied it was committed.
 */
export async function consumeDurable(options: ConsumptionOptions): Promise<Consumption> {
  const { connection, stream, durable, logger, ackWaitSeconds } = options;
  const handle = await jetstream(connection, { timeout: 3000 }).consumers.get(stream, durable);
  const messages = await handle.consume(PULL);
  const waiting: JsMsg[] = [];
  let stopping = false;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    while (waiting.length > 0 && !stopping) {
      const batch = waiting.splice(0, MAX_BATCH);
      const stillAlive = setInterval(
        () => {
          for (const message of [...batch, ...waiting]) message.working();
        },
        (ackWaitSeconds * 1000) / 3,
      );
      try {
        await applyBatch(batch, options);
      } finally {
        clearInterval(stillAlive);
      }
    }
    working = undefined;
  }

  const ended = receive(messages, (message) => {
    waiting.push(message);
    working ??= work();
  })
    .catch((err: unknown) => logger.warn({ err, durable }, 'the event consumer was interrupted and starts again'))
    .then(() => working);
  return {
    ended,
    async stop() {
      stopping = true;
      await messages.close();
      await ended;
      for (const message of waiting) message.nak();
    },
  };
}

async function receive(messages: ConsumerMessages, take: (message: JsMsg) => void): Promise<void> {
  for await (const message of messages) take(message);
}

async function applyBatch(batch: readonly JsMsg[], options: ConsumptionOptions): Promise<void> {
  const { logger, durable } = options;
  const inHand: InHand[] = [];
  for (const message of batch) {
    const record = recordOf(message);
    if (record) inHand.push({ message, record });
    else {
      logger.error({ durable, subject: message.subject, seq: message.seq }, 'a message that is no event was removed');
      message.term();
    }
  }
  const byOrg = [...Map.groupBy(inHand, ({ record }) => record.event.orgId).values()];
  async function work(): Promise<void> {
    for (let org = byOrg.pop(); org; org = byOrg.pop()) await applyOrg(org, options);
  }
  await Promise.all(Array.from({ length: PARALLEL_ORGS }, work));
}

async function applyOrg(inHand: readonly InHand[], options: ConsumptionOptions): Promise<void> {
  const { consumer, retry, metrics, logger } = options;
  const failed = await consumer.apply(inHand.map(({ record }) => record));
  for (const { message, record } of inHand) {
    if (!failed.has(record.event.id)) {
      message.ack();
      continue;
    }
    const error = failed.get(record.event.id);
    const attempts = message.info.deliveryCount;
    try {
      if (isGivenUp(error, attempts, retry)) {
        await consumer.bury(record, attempts, error);
        message.ack();
        continue;
      }
    } catch (err) {
      logger.warn({ err, eventId: record.event.id }, 'a dead letter could not be written and waits');
    }
    message.nak(retry.delayMs(attempts));
    metrics.eventsRedelivered(consumer.service, 1);
  }
}
