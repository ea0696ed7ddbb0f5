import type { Database } from '@lumo/database';
import { Redis } from 'ioredis';
import { CompiledQuery } from 'kysely';
import { RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';
import { type CounterFactory, memoryCounters } from './rate-limiter.js';

/** Counters that several gateways share, and what closes their connection. */
export interface SharedCounters {
  readonly counters: CounterFactory;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A request does not wait longer for its counter. */
const STORE_TIMEOUT_MS = 250;

/** In Redis: one script a request. */
export function redisCounters(url: string, timeoutMs: number = STORE_TIMEOUT_MS): SharedCounters {
  const redis = new Redis(url, {
    // A request must not queue behind a reconnect: it learns at once that the store is down.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: timeoutMs,
    connectTimeout: 2000,
  });
  // Without a listener a lost connection would end the process; ioredis connects again by itself.
  redis.on('error', () => {});
  return {
    counters: (name, definition) =>
      new RateLimiterRedis({
        storeClient: redis,
        keyPrefix: `lumo:rate:${name}`,
        points: definition.limit,
        duration: definition.windowSeconds,
        // What is spent is refused from memory: a flood costs the store nothing.
        inMemoryBlockOnConsumed: definition.limit + 1,
        ...(definition.storeDown === 'count_alone' && { insuranceLimiter: memoryCounters(name, definition) }),
      }),
    async ping() {
      await redis.ping();
    },
    async close() {
      redis.disconnect();
    },
  };
}

/** Expired rows go that often; the table holds at most what is alive and what died since. */
const TIDY_MS = 60_000;

/** In PostgreSQL, table `rate_budgets` of the gateway's schema: several gateways without a Redis. */
export function postgresCounters(database: Database<unknown>, timeoutMs: number = STORE_TIMEOUT_MS): SharedCounters {
  const client = {
    async query({ text, values }: { readonly text: string; readonly values: readonly unknown[] }) {
      const { rows } = await inTime(database.db.executeQuery(CompiledQuery.raw(text, [...values])), timeoutMs);
      return { rows, rowCount: rows.length };
    },
  };
  const tidy = setInterval(() => {
    client.query({ text: 'delete from rate_budgets where expire < $1', values: [Date.now()] }).catch(() => {});
  }, TIDY_MS);
  tidy.unref();
  return {
    counters: (name, definition) =>
      new RateLimiterPostgres({
        storeClient: client,
        storeType: 'client',
        tableName: 'rate_budgets',
        tableCreated: true,
        clearExpiredByTimeout: false,
        keyPrefix: name,
        points: definition.limit,
        duration: definition.windowSeconds,
        inMemoryBlockOnConsumed: definition.limit + 1,
        ...(definition.storeDown === 'count_alone' && { insuranceLimiter: memoryCounters(name, definition) }),
      }),
    async ping() {
      await client.query({ text: 'select key from rate_budgets limit 1', values: [] });
    },
    async close() {
      clearInterval(tidy);
      await database.close();
    },
  };
}

async function inTime<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the store of rate budgets does not answer')), timeoutMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
