import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { DomainError } from '@lumo/kit';
import { sql } from 'kysely';
import type { Database } from './database.js';
import { openDatabase } from './open-database.js';
import { relayTransaction } from './relay-transaction.js';
import {
  as,
  killSessions,
  ORG_A,
  ORG_B,
  type ScratchDatabase,
  type ShopTables,
  scratchDatabase,
} from './scratch-database.js';

describe('a database whose connections carry the org of the context', () => {
  let scratch: ScratchDatabase;
  let shop: Database<ShopTables>;

  before(async () => {
    scratch = await scratchDatabase();
  });
  after(() => scratch.close());
  beforeEach(async () => {
    await scratch.admin('truncate shop.orders, shop.outbox');
    shop = open();
  });
  afterEach(() => shop.close());

  const open = (maxConnections = 1) =>
    openDatabase<ShopTables>({ url: scratch.url, applicationName: 'test', maxConnections });
  const insert = (id: number, item = 'tea') => shop.db.insertInto('orders').values({ id, item, day: null }).execute();
  const ids = async (db = shop.db) =>
    (await db.selectFrom('orders').select('id').orderBy('id').execute()).map((r) => r.id);

  it('reads nothing and writes nothing without a context', async () => {
    await as(ORG_A, () => insert(1));
    assert.deepEqual(await ids(), []);
    await assert.rejects(insert(2), /row-level security/);
    await assert.rejects(
      shop.db.insertInto('orders').values({ org_id: ORG_A.id, id: 3, item: 'tea', day: null }).execute(),
      /row-level security/,
    );
    assert.deepEqual(await as(undefined, () => ids()), []);
  });

  it('shows an org its own rows only, and lets it write no row of another', async () => {
    await as(ORG_A, () => insert(1));
    await as(ORG_B, () => insert(2));
    assert.deepEqual(await as(ORG_A, () => ids()), [1]);
    assert.deepEqual(await as(ORG_B, () => ids()), [2]);
    await as(ORG_B, async () => {
      const foreign = { org_id: ORG_A.id, id: 3, item: 'tea', day: null };
      await assert.rejects(shop.db.insertInto('orders').values(foreign).execute(), /row-level security/);
      await assert.rejects(shop.db.updateTable('orders').set({ org_id: ORG_A.id }).execute(), /row-level security/);
      assert.equal(
        (await shop.db.deleteFrom('orders').where('org_id', '=', ORG_A.id).executeTakeFirst()).numDeletedRows,
        0n,
      );
    });
    assert.deepEqual(await as(ORG_A, () => ids()), [1]);
  });

  it('never mixes orgs over two connections under load', async () => {
    const pair = open(2);
    const orgs = Array.from({ length: 8 }, (_, n) => ({
      id: `0190a000-0000-7000-8000-0000000000f${n}`,
      slug: `org${n}`,
    }));
    const item = async (id: number) =>
      (await pair.db.selectFrom('orders').select('item').where('id', '=', id).execute()).map((row) => row.item);
    try {
      for (const org of orgs) {
        await as(org, () => pair.db.insertInto('orders').values({ id: 1, item: org.slug, day: null }).execute());
      }
      const work = Array.from({ length: 600 }, (_, n) => async () => {
        if (n % 7 === 0) return assert.deepEqual(await item(1), []);
        const org = orgs[n % orgs.length] ?? ORG_A;
        await as(org, async () => {
          if (n % 3 === 0) {
            const seen = await pair.db.transaction().execute(async (tx) => {
              await tx.selectFrom('orders').select('id').execute();
              return tx.selectFrom('orders').select('item').execute();
            });
            return assert.deepEqual(seen, [{ item: org.slug }]);
          }
          if (n % 5 === 0) {
            await assert.rejects(
              pair.db.insertInto('orders').values({ id: 1, item: 'x', day: null }).execute(),
              /duplicate/,
            );
          }
          assert.deepEqual(await item(1), [org.slug]);
        });
      });
      await Promise.all(work.map((run) => run()));
    } finally {
      await pair.close();
    }
  });

  it('executes nothing where the org cannot be set, and works again afterwards', async () => {
    await as(ORG_A, () => insert(1));
    // Runs on the one connection of the pool: from here on the prepared statement that carries the org is gone.
    await as(ORG_A, () => sql`deallocate lumo_org`.execute(shop.db));
    await as(ORG_B, () => assert.rejects(insert(2), /prepared statement "lumo_org" does not exist/));
    assert.deepEqual((await scratch.admin('select org_id, id from shop.orders')).rows, [{ org_id: ORG_A.id, id: '1' }]);
    await as(ORG_B, () => insert(2));
    assert.deepEqual(await as(ORG_B, () => ids()), [2], 'the connection was replaced');
  });

  it('begins no transaction where the org cannot be set', async () => {
    await as(ORG_A, () => sql`deallocate lumo_org`.execute(shop.db));
    let entered = false;
    const transaction = () =>
      shop.db.transaction().execute(async () => {
        entered = true;
      });
    await assert.rejects(as(ORG_B, transaction), /lumo_org/);
    assert.equal(entered, false);
    await as(ORG_B, transaction);
    assert.equal(entered, true, 'the broken connection was replaced');
  });

  it('refuses to use a transaction of one org in the context of another', async () => {
    await as(ORG_A, () => insert(1));
    await assert.rejects(
      as(ORG_A, () => shop.db.transaction().execute((tx) => as(ORG_B, () => tx.deleteFrom('orders').execute()))),
      /context of another/,
    );
    await assert.rejects(
      as(ORG_A, () => shop.db.transaction().execute((tx) => as(undefined, () => tx.deleteFrom('orders').execute()))),
      /context of another/,
    );
    assert.deepEqual(await as(ORG_A, () => ids()), [1]);
    assert.deepEqual(await as(ORG_B, () => ids()), []);
  });

  it('follows the context on a connection that is held outside a transaction', async () => {
    await as(ORG_A, () => insert(1));
    await shop.db.connection().execute(async (held) => {
      assert.deepEqual(await as(ORG_A, () => ids(held)), [1]);
      assert.deepEqual(await as(ORG_B, () => ids(held)), []);
      assert.deepEqual(await ids(held), []);
      assert.deepEqual(await as(ORG_A, () => ids(held)), [1]);
    });
  });

  it('knows what a connection carries after a rollback', async () => {
    await as(ORG_A, () => insert(1));
    await as(ORG_B, () => insert(2));
    await assert.rejects(
      as(ORG_A, () =>
        shop.db.transaction().execute(async () => {
          throw new Error('changed my mind');
        }),
      ),
      /changed my mind/,
    );
    assert.deepEqual(await as(ORG_B, () => ids()), [2]);
    await assert.rejects(
      as(ORG_A, () => insert(1)),
      /duplicate key/,
    );
    assert.deepEqual(await as(ORG_A, () => ids()), [1]);
    assert.deepEqual(await as(ORG_B, () => ids()), [2]);
    assert.deepEqual(await ids(), []);
  });

  it('trusts no connection on which a transaction began unseen', async () => {
    await as(ORG_B, () => insert(2));
    await shop.db.connection().execute(async (held) => {
      await as(ORG_B, () => ids(held));
      // The setting is inside the transaction: a rollback would bring back org B behind the back of the pool.
      await as(ORG_A, () => sql`/* hidden */ begin`.execute(held));
      await assert.rejects(
        as(ORG_A, () => sql`rollback`.execute(held)),
        /did not run/,
      );
      await assert.rejects(
        as(ORG_A, () => ids(held)),
        /did not run/,
      );
    });
    assert.deepEqual(await as(ORG_A, () => ids()), []);
    assert.deepEqual(await as(ORG_B, () => ids()), [2]);
  });

  it('closes a connection that comes back inside a transaction', async () => {
    const pid = async () => (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(shop.db)).rows[0]?.pid;
    const first = await pid();
    assert.equal(await pid(), first);
    await sql`begin`.execute(shop.db);
    assert.notEqual(await pid(), first);
    await sql`/* hidden */ begin`.execute(shop.db);
    await as(ORG_A, () => insert(1));
    assert.deepEqual((await scratch.admin('select id from shop.orders')).rows, [{ id: '1' }], 'committed');
  });

  it('lets a role change neither schema nor protection, nor see another schema', async () => {
    await scratch.admin('create schema if not exists other; create table if not exists other.things (id int)');
    await as(ORG_A, async () => {
      for (const [statement, refusal] of [
        ['alter table orders disable row level security', /must be owner/],
        ['truncate orders', /permission denied/],
        ['create table mine (id int)', /permission denied/],
        ['create table public.mine (id int)', /permission denied/],
        ['select * from other.things', /permission denied/],
        ['select * from lumo_migrations.landed', /permission denied/],
        ['set role postgres', /permission denied/],
        ['set row_security = off; select * from orders', /multiple commands/],
      ] as const) {
        await assert.rejects(sql.raw(statement).execute(shop.db), refusal, statement);
      }
    });
  });

  it('opens the outbox across orgs inside a relay transaction only', async () => {
    const put = (id: string) => shop.db.insertInto('outbox').values({ id, body: '{}' }).execute();
    const [first, second] = ['0190b000-0000-7000-8000-000000000001', '0190b000-0000-7000-8000-000000000002'];
    await as(ORG_A, () => put(first));
    await as(ORG_B, () => put(second));
    await as(ORG_A, () => insert(1));
    const seen = await relayTransaction(shop.db, async (tx) => {
      const rows = await tx
        .selectFrom('outbox')
        .select(['org_id', 'id'])
        .orderBy('id')
        .forUpdate()
        .skipLocked()
        .execute();
      assert.deepEqual(await tx.selectFrom('orders').selectAll().execute(), []);
      await tx.deleteFrom('outbox').where('id', '=', first).execute();
      await sql`savepoint before_insert`.execute(tx);
      await assert.rejects(
        tx.insertInto('outbox').values({ org_id: ORG_A.id, id: first, body: '{}' }).execute(),
        /row-level security/,
      );
      await sql`rollback to savepoint before_insert`.execute(tx);
      return rows;
    });
    assert.deepEqual(seen, [
      { org_id: ORG_A.id, id: first },
      { org_id: ORG_B.id, id: second },
    ]);
    assert.deepEqual(
      await shop.db.selectFrom('outbox').select('id').execute(),
      [],
      'closed again after the transaction',
    );
    assert.equal((await scratch.admin('select * from shop.outbox')).rowCount, 1);
  });

  it('keeps prepared statements working while a migration changes their table', async () => {
    await as(ORG_A, async () => {
      await insert(1);
      const all = () => shop.db.selectFrom('orders').selectAll().execute();
      for (let n = 0; n < 5; n++) await all();
      const { rows } = await sql<{
        name: string;
      }>`select name from pg_prepared_statements where statement like '%"orders"%'`.execute(shop.db);
      assert.equal(rows.length, 1, 'the statement came back and was prepared');
      await scratch.admin('alter table shop.orders add column note text');
      try {
        assert.equal((await all())[0]?.id, 1);
        assert.equal((await all())[0]?.id, 1);
      } finally {
        await scratch.admin('alter table shop.orders drop column note');
      }
    });
  });

  it('reads bigint as an exact number or not at all, and dates as text', async () => {
    await as(ORG_A, async () => {
      await shop.db
        .insertInto('orders')
        .values({ id: Number.MAX_SAFE_INTEGER, item: 'x', day: '2026-02-28' })
        .execute();
      assert.deepEqual(await shop.db.selectFrom('orders').select(['id', 'day']).execute(), [
        { id: Number.MAX_SAFE_INTEGER, day: '2026-02-28' },
      ]);
      await assert.rejects(sql`select 9007199254740993::bigint`.execute(shop.db), /beyond what a number can hold/);
      const counted = await shop.db
        .selectFrom('orders')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirst();
      assert.equal(counted?.n, 1);
    });
  });

  it('limits statements and idle transactions on the server', async () => {
    const { rows } = await sql<{ name: string; setting: string }>`
      select name, setting from pg_settings
       where name in ('statement_timeout', 'idle_in_transaction_session_timeout', 'search_path', 'application_name')
       order by name`.execute(shop.db);
    assert.deepEqual(Object.fromEntries(rows.map((row) => [row.name, row.setting])), {
      application_name: 'test',
      idle_in_transaction_session_timeout: '15000',
      search_path: 'shop',
      statement_timeout: '15000',
    });
  });

  it('says "unavailable" where nobody answers', async () => {
    const nowhere = openDatabase({ url: 'postgres://lumo_shop:x@127.0.0.1:1/postgres', applicationName: 'test' });
    try {
      await assert.rejects(nowhere.ping(), (error) => error instanceof DomainError && error.kind === 'unavailable');
    } finally {
      await nowhere.close();
    }
  });

  it('comes back by itself after the server dropped its sessions', async () => {
    await shop.ping();
    await killSessions(scratch);
    await untilConnected(() => shop.ping());
  });
});

/** The pool learns of a dropped session by an event; a query that was faster says `unavailable` and may be tried again. */
async function untilConnected<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DomainError && error.kind === 'unavailable')) throw error;
    }
  }
}
