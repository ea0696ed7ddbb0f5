import { AsyncLocalStorage } from 'node:async_hooks';
import type { BroadcastTopic } from '@lumo/contracts';
import type { MessagingLogger } from '../logger.js';
import type { BroadcastHandler } from './broadcast.js';

/** The handlers of this process by topic. */
export interface Listeners {
  add(topic: BroadcastTopic, handler: BroadcastHandler): () => void;
  /** Calls every handler of the topic; what one throws reaches the log and nothing else. */
  deliver(topic: BroadcastTopic, body: Uint8Array): void;
  clear(): void;
}

export function createListeners(logger: MessagingLogger): Listeners {
  const handlers = new Map<BroadcastTopic, Set<{ readonly handle: BroadcastHandler }>>();
  /** Handlers run outside of whoever publishes in this process: no request context leaks into them. */
  const outside = AsyncLocalStorage.snapshot();

  async function call(topic: BroadcastTopic, handle: BroadcastHandler, body: Uint8Array): Promise<void> {
    try {
      await handle(body);
    } catch (err) {
      logger.error({ err, topic }, 'a handler of a broadcast failed');
    }
  }

  return {
    add(topic, handle) {
      // An entry of its own for each subscription, also where two share a function.
      const entry = { handle };
      const known = handlers.get(topic) ?? new Set();
      handlers.set(topic, known.add(entry));
      return () => void known.delete(entry);
    },
    deliver(topic, body) {
      for (const { handle } of [...(handlers.get(topic) ?? [])]) outside(() => void call(topic, handle, body));
    },
    clear: () => handlers.clear(),
  };
}
