import { startRedis, testDatabase } from '@lumo/testing';
import { sharedCountersContract } from './shared-counters.contract.js';
import { postgresCounters, redisCounters } from './shared-counters.js';

/** A busy test machine is no outage. */
const TIMEOUT_MS = 10_000;

sharedCountersContract('redis-server', async () => {
  const redis = await startRedis();
  return (
    redis && {
      open: () => redisCounters(redis.url, TIMEOUT_MS),
      outage: () => redis.kill(),
      stop: () => redis.stop(),
    }
  );
});

sharedCountersContract('PostgreSQL', async () => {
  const database = await testDatabase({
    schemas: [{ name: 'gateway', migrations: new URL('../../migrations/', import.meta.url), outbox: false }],
  });
  return {
    open: () => postgresCounters(database.open('gateway'), TIMEOUT_MS),
    outage: async () => void (await database.admin('drop table gateway.rate_budgets')),
    stop: () => database.close(),
  };
});
