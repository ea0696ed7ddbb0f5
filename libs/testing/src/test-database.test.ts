import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { access, utimes } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { runInContext, systemContext } from '@lumo/tenancy';
import pg from 'pg';
import { testDatabase } from './test-database.js';
import { startTestServer } from './test-server.js';

const SHOP = { name: 'shop', migrations: new URL('../fixtures/shop/migrations/', import.meta.url) };

interface ShopTables {
  orders: { org_id?: string; id: string; customer_id: string | null };
}

describe('a test database', () => {
  it('is migrated, is nobody else’s, and is gone afterwards', async () => {
    const org = { id: randomUUID(), slug: 'acme' };
    const [first, second] = await Promise.all([testDatabase({ schemas: [SHOP] }), testDatabase({ schemas: [SHOP] })]);
    try {
      await runInContext(systemContext('test', 'r', org), async () => {
        const orders = first.open<ShopTables>('shop').db;
        await orders.insertInto('orders').values({ id: randomUUID(), customer_id: null }).execute();
        assert.equal((await orders.selectFrom('orders').select('org_id').execute())[0]?.org_id, org.id);
        assert.deepEqual(await second.open<ShopTables>('shop').db.selectFrom('orders').select('id').execute(), []);
      });
      assert.equal((await first.admin('select 1 from shop.orders')).length, 1);
      assert.equal((await first.admin('select 1 from shop.outbox')).length, 0, 'the outbox comes by itself');
    } finally {
      await first.close();
    }
    await second.admin('select 1');
    await second.close();
    await assert.rejects(new pg.Client({ connectionString: first.adminUrl }).connect());
  });

  it('uses the server of the runner where there is one', async () => {
    const server = await startTestServer();
    const before = process.env.LUMO_TEST_DATABASE_URL;
    process.env.LUMO_TEST_DATABASE_URL = server.adminUrl;
    try {
      const database = await testDatabase({ schemas: [{ ...SHOP, outbox: false }] });
      assert.equal(new URL(database.adminUrl).port, new URL(server.adminUrl).port);
      await assert.rejects(database.admin('select 1 from shop.outbox'), /does not exist/);
      await database.close();
      const again = await testDatabase({ schemas: [{ ...SHOP, outbox: false }] });
      await again.close();
    } finally {
      if (before === undefined) delete process.env.LUMO_TEST_DATABASE_URL;
      else process.env.LUMO_TEST_DATABASE_URL = before;
      await server.stop();
    }
  });

  it('tidies up after a process that was killed', async () => {
    const script = `
      import { startTestServer } from ${JSON.stringify(new URL('./test-server.js', import.meta.url))};
      const server = await startTestServer();
      setInterval(() => {}, 1000);
      console.log(server.folder + ' ' + server.adminUrl);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout, 'data');
    const [folder = '', url = ''] = String(line).trim().split(' ');
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(folder, longAgo, longAgo);
    await (await startTestServer()).stop();
    await access(folder);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    await utimes(folder, longAgo, longAgo);
    await (await startTestServer()).stop();
    await assert.rejects(access(folder), /ENOENT/);
    await assert.rejects(new pg.Client({ connectionString: url }).connect(), /ECONNREFUSED/);
  });

  it('leaves neither server nor folder when its process ends early', async () => {
    const script = `
      import { startTestServer } from ${JSON.stringify(new URL('./test-server.js', import.meta.url))};
      const server = await startTestServer();
      process.once('SIGUSR2', () => process.exit(3));
      setInterval(() => {}, 1000);
      console.log(server.folder + ' ' + server.adminUrl);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout, 'data');
    const [folder = '', url = ''] = String(line).trim().split(' ');
    await access(folder);
    const exited = once(child, 'exit');
    child.kill('SIGUSR2');
    assert.deepEqual(await exited, [3, null]);
    await assert.rejects(access(folder), /ENOENT/);
    for (let refused = false; !refused; ) {
      const client = new pg.Client({ connectionString: url });
      refused = await client.connect().then(
        () => client.end().then(() => false),
        () => true,
      );
    }
  });
});
