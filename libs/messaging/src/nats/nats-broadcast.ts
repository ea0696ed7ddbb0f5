import type { BroadcastTopic } from '@lumo/contracts';
import { systemClock } from '@lumo/kit';
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { BroadcastTransport, BroadcastTransportOptions } from '../broadcast/broadcast.js';
import { createListeners } from '../broadcast/listeners.js';
import { createMessageSeal } from '../broadcast/sealed-message.js';
import { requireSize, requireTopic } from '../broadcast/topic-rights.js';
import type { NatsLink } from './nats-link.js';

export interface NatsBroadcastOptions extends BroadcastTransportOptions {
  readonly nats: NatsLink;
}

/** One line in the log for so many refused messages: whoever floods the network must not fill the disk. */
const REFUSALS_PER_LINE = 1000;

/** Broadcasts between processes: core NATS, one subject per topic, no queue group, every message sealed. */
export function createNatsBroadcast(options: NatsBroadcastOptions): BroadcastTransport {
  const { nats, logger, clock = systemClock, prefix = 'lumo' } = options;
  const { seal, open } = createMessageSeal(options.key);
  const listeners = createListeners(logger);
  const heard = new Set<BroadcastTopic>();
  let connection: NatsConnection | undefined;
  let subscriptions: Subscription[] = [];
  let closed = false;
  let refused = 0;

  const subjectOf = (topic: BroadcastTopic): string => `${prefix}.broadcast.${topic}`;

  function receive(topic: BroadcastTopic, message: Uint8Array): void {
    const body = open(topic, message, clock.now());
    if (body.ok) {
      listeners.deliver(topic, body.value);
      return;
    }
    if (refused % REFUSALS_PER_LINE === 0) {
      logger.warn({ topic, reason: body.error, refused: refused + 1 }, 'a broadcast was not believed and is ignored');
    }
    refused += 1;
  }

  function hear(topic: BroadcastTopic, by: NatsConnection): void {
    const subscription = by.subscribe(subjectOf(topic), {
      callback: (error, message) => {
        if (!error) receive(topic, message.data);
      },
    });
    subscriptions.push(subscription);
  }

  // A connection subscribes again by itself after an interruption; one that replaces another begins with nothing.
  nats.onConnection((opened) => {
    if (closed) return;
    connection = opened;
    subscriptions = [];
    for (const topic of heard) hear(topic, opened);
  });

  return {
    as: (service) => ({
      publish(topic, body) {
        requireTopic(service, 'from', topic);
        requireSize(topic, body);
        // While NATS is away the client library would keep messages and send them late: news that is old by then.
        if (closed || !nats.connection) return;
        try {
          nats.connection.publish(subjectOf(topic), seal(topic, body, clock.now()));
        } catch (err) {
          logger.warn({ err, topic }, 'a broadcast could not be sent');
        }
      },
      subscribe(topic, handler) {
        requireTopic(service, 'to', topic);
        const remove = listeners.add(topic, handler);
        if (!heard.has(topic) && !closed) {
          heard.add(topic);
          if (connection && !connection.isClosed()) hear(topic, connection);
        }
        return remove;
      },
    }),
    async close() {
      closed = true;
      listeners.clear();
      for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}
