import type { BROADCASTS, BroadcastTopic, ServiceName } from '@lumo/contracts';
import type { Clock } from '@lumo/kit';
import type { MessagingLogger } from '../logger.js';

/** Largest message in bytes: below the 1 MiB that a NATS server accepts by default. Who has more to say says where. */
export const MAX_BROADCAST_BYTES = 960 * 1024;

type TopicsWith<Name extends ServiceName, Side extends 'from' | 'to'> = {
  [Topic in BroadcastTopic]: [Extract<Name, (typeof BROADCASTS)[Topic][Side][number]>] extends [never] ? never : Topic;
}[BroadcastTopic];

/**
 * Passing news to every process that listens, with nothing kept: a hint that saves somebody from asking.
 * Guarantees: only a process of this installation can have said what a handler gets, on that topic, at most a minute
 * ago; `publish` neither waits nor fails because of the network, and no handler runs before it returned; each handler
 * of a topic gets its messages on its own, and one that throws is logged and disturbs nobody; after an outage messages
 * flow again without help; a topic that `BROADCASTS` does not give the service is a type error and throws.
 * Not guaranteed: arrival (nobody may listen, the network may be down, a slow process may be cut off), order, and that
 * nobody on the network delays a message within that minute or plays it again. The publishing process hears itself if it
 * subscribed. So the truth is read elsewhere, applying a message twice changes nothing, and its absence costs time only.
 */
export interface Broadcast<Name extends ServiceName = ServiceName> {
  /** `body` may be used again at once. Throws above `MAX_BROADCAST_BYTES`. */
  publish(topic: TopicsWith<Name, 'from'>, body: Uint8Array): void;
  /**
   * Hands `handler` what is published from shortly after now on, until the answered function is called. It runs outside
   * of any request context and must not change the body.
   */
  subscribe(topic: TopicsWith<Name, 'to'>, handler: BroadcastHandler): () => void;
}

export type BroadcastHandler = (body: Uint8Array) => void | Promise<void>;

/** How broadcasts travel. One per process; both shapes have the same semantics (`broadcastContract`). */
export interface BroadcastTransport {
  /** The side of one service. */
  as<Name extends ServiceName>(service: Name): Broadcast<Name>;
  /** After it resolved no handler is called any more, and `publish` does nothing. */
  close(): Promise<void>;
}

export interface BroadcastTransportOptions {
  /** 32 bytes that every process of the installation derives: `masterKey.derive('broadcast-hmac')`. */
  readonly key: Uint8Array;
  readonly logger: MessagingLogger;
  readonly clock?: Clock;
  /** First token of every subject, for several installations on one NATS. */
  readonly prefix?: string;
}
