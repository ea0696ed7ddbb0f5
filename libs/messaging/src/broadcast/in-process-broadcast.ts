import type { BroadcastTransport, BroadcastTransportOptions } from './broadcast.js';
import { createListeners } from './listeners.js';
import { requireSize, requireTopic } from './topic-rights.js';

/** Broadcasts between the services of one process. Nothing leaves it, so nothing is sealed. */
export function createInProcessBroadcast({ logger }: Pick<BroadcastTransportOptions, 'logger'>): BroadcastTransport {
  const listeners = createListeners(logger);
  let closed = false;
  return {
    as: (service) => ({
      publish(topic, body) {
        requireTopic(service, 'from', topic);
        requireSize(topic, body);
        if (closed) return;
        const copy = new Uint8Array(body);
        queueMicrotask(() => listeners.deliver(topic, copy));
      },
      subscribe(topic, handler) {
        requireTopic(service, 'to', topic);
        return listeners.add(topic, handler);
      },
    }),
    async close() {
      closed = true;
      listeners.clear();
    },
  };
}
