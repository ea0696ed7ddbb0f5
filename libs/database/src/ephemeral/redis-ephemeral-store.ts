import { DomainError } from '@lumo/kit';
import { Redis } from 'ioredis';
import type { EphemeralStore } from '../ephemeral-store.js';
import { checkNamespace, scopedKey, ttlMilliseconds } from './scoped-key.js';

export interface RedisEphemeralStoreOptions {
  /** `redis://` or `rediss://`; Redis 6.2 or newer (GETDEL). */
  readonly url: string;
  /** Name of the service. */
  readonly namespace: string;
  readonly onError?: (error: unknown) => void;
}

const COMMAND_TIMEOUT_MS = 2_000;

/** The ephemeral store of the cluster. Each operation is one Redis command, which Redis runs alone. */
export function openRedisEphemeralStore(options: RedisEphemeralStoreOptions): EphemeralStore {
  const namespace = checkNamespace(options.namespace);
  const redis = new Redis(options.url, {
    keyPrefix: 'lumo:',
    connectionName: `${namespace} ephemeral`,
    connectTimeout: COMMAND_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    // A caller hears of an outage after one reconnect instead of waiting in a queue; the connection itself keeps trying.
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  });
  redis.on('error', (error) => options.onError?.(error));
  const run = async <T>(command: () => Promise<T>): Promise<T> => {
    try {
      return await command();
    } catch (error) {
      throw new DomainError('unavailable', 'temporarily_unavailable', 'The service is busy. Try again in a moment.', {
        retryAfterSeconds: 1,
        cause: error,
      });
    }
  };
  return {
    async add(key, value, ttlSeconds) {
      const milliseconds = ttlMilliseconds(ttlSeconds);
      return (await run(() => redis.set(scopedKey(namespace, key), value, 'PX', milliseconds, 'NX'))) === 'OK';
    },
    async put(key, value, ttlSeconds) {
      const milliseconds = ttlMilliseconds(ttlSeconds);
      await run(() => redis.set(scopedKey(namespace, key), value, 'PX', milliseconds));
    },
    async get(key) {
      return (await run(() => redis.get(scopedKey(namespace, key)))) ?? undefined;
    },
    async take(key) {
      return (await run(() => redis.getdel(scopedKey(namespace, key)))) ?? undefined;
    },
    async remove(key) {
      await run(() => redis.del(scopedKey(namespace, key)));
    },
    async ping() {
      await run(() => redis.ping());
    },
    async close() {
      // QUIT waits for what is under way; a connection that is down has nothing under way.
      if (redis.status === 'ready') await redis.quit().catch(() => redis.disconnect());
      else redis.disconnect();
    },
  };
}
