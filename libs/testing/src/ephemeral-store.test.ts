import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EPHEMERAL_SCHEMA, openPostgresEphemeralStore, openRedisEphemeralStore } from '@lumo/database';
import { ephemeralStoreContract } from '@lumo/database/contract';
import { DomainError } from '@lumo/kit';
import { findProgram } from './local-server.js';
import { startRedis } from './redis-server.js';
import { testDatabase } from './test-database.js';

const startPostgres = () => testDatabase({ schemas: [{ ...EPHEMERAL_SCHEMA, outbox: false }] });

ephemeralStoreContract('PostgreSQL', async () => {
  const database = await startPostgres();
  const url = database.url('ephemeral');
  return { open: (namespace) => openPostgresEphemeralStore({ url, namespace }), close: () => database.close() };
});

describe('the sweep of the PostgreSQL store', () => {
  it('removes expired rows, batch by batch, and no other', async () => {
    const database = await startPostgres();
    const store = openPostgresEphemeralStore({
      url: database.url('ephemeral'),
      namespace: 'authn',
      sweepSeconds: 0.01,
    });
    try {
      await store.put('stays', 'x', 60);
      await database.admin(
        `insert into ephemeral.entries select 'authn::' || n, 'x', now() - interval '1 s' from generate_series(1, 2500) n`,
      );
      const count = async () =>
        (await database.admin<{ n: number }>('select count(*)::int as n from ephemeral.entries'))[0]?.n;
      while ((await count()) !== 1);
      assert.equal(await store.get('stays'), 'x');
    } finally {
      await store.close();
      await database.close();
    }
  });
});

if (await findProgram('redis-server')) {
  ephemeralStoreContract('Redis', async () => {
    const server = await startRedis();
    assert.ok(server);
    return {
      open: (namespace) => openRedisEphemeralStore({ url: server.url, namespace }),
      close: () => server.stop(),
    };
  });

  describe('the Redis store during an outage', () => {
    it('says "unavailable" at once, and works again when Redis is back', async () => {
      const server = await startRedis();
      assert.ok(server);
      const store = openRedisEphemeralStore({ url: server.url, namespace: 'authn' });
      try {
        await store.put('k', 'v', 60);
        await server.kill();
        await assert.rejects(store.get('k'), (error) => error instanceof DomainError && error.kind === 'unavailable');
        await server.start();
        for (let answered = false; !answered; ) {
          answered = await store.ping().then(
            () => true,
            () => false,
          );
        }
        assert.equal(await store.get('k'), undefined, 'a flushed store is empty, not broken');
        assert.equal(await store.add('k', 'v', 60), true);
      } finally {
        await store.close();
        await server.stop();
      }
    });
  });
} else {
  describe('ephemeral store on Redis', () => {
    it('needs redis-server', { skip: 'redis-server is not installed' });
  });
}
