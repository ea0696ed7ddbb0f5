import { EVENTS, type EventName } from '@lumo/contracts';
import { AckPolicy, DiscardPolicy, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Subscriptions } from '../events/bus.js';

/** One durable pull consumer of the stream: what one service gets by one of its subscriptions. */
export interface Durable {
  /** `authn__agent_disabled`, `audit__all`. */
  readonly name: string;
  readonly filter: string;
}

const SECOND_NS = 1_000_000_000;
/** After this the server delivers a message again that nobody answered for: its consumer died. */
export const DEFAULT_ACK_WAIT_SECONDS = 30;
/** Messages of one durable that may be in hand in all processes together. */
export const MAX_IN_HAND = 2000;
/** A durable that nobody asked for messages in that time belongs to a subscription that is gone. */
const FORGOTTEN_AFTER_SECONDS = 30 * 86_400;

export function streamName(prefix: string): string {
  return `${prefix}_events`;
}

/** `lumo.events.authn.user.created` */
export function eventSubject(prefix: string, name: EventName): string {
  return `${prefix}.events.${EVENTS[name].publisher}.${name}`;
}

/** A durable per subscription rather than per service: several filters on one durable need nats-server 2.10. */
export function durablesOf(prefix: string, service: string, events: readonly (EventName | '*')[]): readonly Durable[] {
  return events.map((name) => ({
    name: `${service}__${name === '*' ? 'all' : name.replaceAll('.', '_')}`,
    filter: name === '*' ? `${prefix}.events.>` : eventSubject(prefix, name),
  }));
}

/**
 * Creates the stream and the durables of all subscribers where they are absent, so that no event is published before
 * everybody who wants it is known. A message leaves the stream when every durable has acknowledged it; a full disk
 * refuses new messages, which then wait in the outbox.
 */
export async function ensureEventStream(
  connection: NatsConnection,
  options: {
    readonly prefix: string;
    readonly subscriptions: Subscriptions;
    readonly replicas?: number;
    readonly ackWaitSeconds?: number;
  },
): Promise<void> {
  const { prefix, subscriptions, replicas = 1, ackWaitSeconds = DEFAULT_ACK_WAIT_SECONDS } = options;
  const manager = await jetstreamManager(connection, { timeout: 3000 });
  const name = streamName(prefix);
  const config = {
    subjects: [`${prefix}.events.>`],
    storage: StorageType.File,
    retention: RetentionPolicy.Interest,
    discard: DiscardPolicy.New,
    duplicate_window: 120 * SECOND_NS,
    num_replicas: replicas,
  };
  const known = await manager.streams.info(name).catch(() => undefined);
  if (!known) await manager.streams.add({ name, ...config });
  const durables = Object.entries(subscriptions).flatMap(([service, events]) => durablesOf(prefix, service, events));
  for (const durable of durables) {
    await manager.consumers.add(name, {
      durable_name: durable.name,
      filter_subject: durable.filter,
      ack_policy: AckPolicy.Explicit,
      ack_wait: ackWaitSeconds * SECOND_NS,
      // Giving up is decided by the consumer, which keeps what it gives up.
      max_deliver: -1,
      max_ack_pending: MAX_IN_HAND,
      inactive_threshold: FORGOTTEN_AFTER_SECONDS * SECOND_NS,
    });
  }
}
