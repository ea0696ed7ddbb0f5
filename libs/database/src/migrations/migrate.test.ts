import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { openDatabase } from '../open-database.js';
import { type ScratchDatabase, scratchDatabase } from '../scratch-database.js';
import { StartupError } from '../startup-error.js';
import { migrate } from './migrate.js';
import { schemaUrl } from './schema-role.js';

const ORDERS = 'create table orders (org_id uuid not null, id int not null, primary key (org_id, id));';

describe('migrate', () => {
  let scratch: ScratchDatabase;
  let root: string;
  let folder: URL;
  before(async () => {
    scratch = await scratchDatabase();
  });
  after(() => scratch.close());
  beforeEach(async () => {
    await scratch.admin('drop schema if exists store cascade');
    await scratch.admin("delete from lumo_migrations.landed where schema = 'store'");
    root = await mkdtemp(join(tmpdir(), 'lumo-migrations-'));
    folder = await folderOf('store');
  });
  afterEach(() => rm(root, { recursive: true }));

  async function folderOf(source: string): Promise<URL> {
    await mkdir(join(root, source, 'migrations'), { recursive: true });
    return pathToFileURL(`${join(root, source, 'migrations')}/`);
  }
  const put = (name: string, sql: string, into = folder) => writeFile(new URL(name, into), sql);
  const run = (options: { password?: string; migrations?: readonly URL[]; name?: string } = {}) =>
    migrate({
      adminUrl: scratch.adminUrl,
      schemas: [{ name: 'store', password: 'secret-1', migrations: [folder], ...options }],
    });
  const refused = (code: StartupError['code'], text: RegExp) => (error: unknown) => {
    assert.ok(error instanceof StartupError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, text);
    return true;
  };
  const landed = async () =>
    (await scratch.admin("select name from lumo_migrations.landed where schema = 'store' order by 1")).rows.map(
      (r) => r.name,
    );
  const exists = async (table: string) =>
    (await scratch.admin('select to_regclass($1) is not null as found', [table])).rows[0].found;

  it('runs each file once, in order, in the schema', async () => {
    await put('0001_orders.sql', ORDERS);
    await put(
      '0002_note.sql',
      'alter table orders add column note text; insert into orders values (gen_random_uuid(), 1);',
    );
    assert.deepEqual((await run()).applied, ['store: store/0001_orders', 'store: store/0002_note']);
    assert.deepEqual((await run()).applied, []);
    await put('0003_more.sql', 'alter table orders add column more text;');
    assert.deepEqual((await run()).applied, ['store: store/0003_more']);
    assert.deepEqual(await landed(), ['0001_orders', '0002_note', '0003_more']);
    assert.equal(await exists('store.orders'), true);
  });

  it('runs several folders into one schema, the first one first', async () => {
    const shared = await folderOf('messaging');
    await put('0001_outbox.sql', 'create table outbox (org_id uuid not null, id uuid not null);', shared);
    await put('0001_orders.sql', `${ORDERS} alter table outbox add column mine text;`);
    assert.deepEqual((await run({ migrations: [shared, folder] })).applied, [
      'store: messaging/0001_outbox',
      'store: store/0001_orders',
    ]);
  });

  it('rolls a failed file back whole and keeps those before it', async () => {
    await put('0001_orders.sql', ORDERS);
    await put('0002_broken.sql', 'create table half (org_id uuid not null); select nonsense;');
    await assert.rejects(run(), refused('migration_failed', /store\/0002_broken failed.*nonsense/));
    assert.deepEqual(await landed(), ['0001_orders']);
    assert.equal(await exists('store.half'), false);
    await put('0002_broken.sql', 'create table whole (org_id uuid not null);');
    assert.deepEqual((await run()).applied, ['store: store/0002_broken']);
  });

  it('refuses an edited file by name; other line ends are no edit', async () => {
    await put('0001_orders.sql', `${ORDERS}\n`);
    await run();
    await put('0001_orders.sql', `${ORDERS}\r\n`);
    assert.deepEqual((await run()).applied, []);
    await put('0001_orders.sql', `${ORDERS} -- better`);
    await assert.rejects(run(), refused('migration_changed', /store\/0001_orders was edited/));
  });

  it('refuses data of a newer version and changes nothing', async () => {
    await put('0001_orders.sql', ORDERS);
    await put('0002_future.sql', 'alter table orders add column future text;');
    await run();
    await rm(new URL('0002_future.sql', folder));
    const other = await folderOf('other');
    await put('0001_things.sql', 'create table things (org_id uuid not null);', other);
    await assert.rejects(
      migrate({
        adminUrl: scratch.adminUrl,
        schemas: [
          { name: 'other', password: 'p', migrations: [other] },
          { name: 'store', password: 'changed', migrations: [folder] },
        ],
      }),
      refused('data_newer', /store\/0002_future/),
    );
    assert.equal(await exists('other.things'), false);
    await assert.rejects(signIn('changed'), /password authentication failed/);
  });

  it('refuses names and numbers that leave the order open', async () => {
    await put('0001_orders.sql', ORDERS);
    await put('0001_again.sql', 'select 1;');
    await assert.rejects(run(), refused('migration_invalid', /0001_orders\.sql|0001_again\.sql/));
    await rm(new URL('0001_again.sql', folder));
    await put('2_short.sql', 'select 1;');
    await assert.rejects(run(), refused('migration_invalid', /2_short\.sql/));
    await assert.rejects(run({ name: 'store; drop' }), refused('migration_invalid', /no schema name/));
  });

  it('protects every table: org policy, FORCE, and no more than the four privileges', async () => {
    await put('0001_orders.sql', `${ORDERS} create table outbox (org_id uuid not null, id uuid not null);`);
    await run();
    const { rows } = await scratch.admin(
      `select c.relname as name, relrowsecurity and relforcerowsecurity as forced,
              array(select polname::text from pg_policy where polrelid = c.oid order by 1) as policies,
              array(select privilege_type::text from aclexplode(relacl) where grantee = 'lumo_store'::regrole order by 1) as rights
         from pg_class c where relnamespace = 'store'::regnamespace and relkind = 'r' order by 1`,
    );
    const rights = ['DELETE', 'INSERT', 'SELECT', 'UPDATE'];
    assert.deepEqual(rows, [
      { name: 'orders', forced: true, policies: ['org'], rights },
      { name: 'outbox', forced: true, policies: ['org', 'relay_claim', 'relay_delete', 'relay_read'], rights },
    ]);
  });

  it('repairs protection that was taken away', async () => {
    await put('0001_orders.sql', ORDERS);
    await run();
    await scratch.admin(`
      alter table store.orders disable row level security;
      alter table store.orders no force row level security;
      drop policy org on store.orders;
      grant truncate on store.orders to lumo_store`);
    await run();
    const { rows } = await scratch.admin(
      `select relrowsecurity and relforcerowsecurity as forced, has_table_privilege('lumo_store', oid, 'truncate') as truncates,
              (select count(*)::int from pg_policy where polrelid = c.oid) as policies
         from pg_class c where oid = 'store.orders'::regclass`,
    );
    assert.deepEqual(rows, [{ forced: true, truncates: false, policies: 1 }]);
  });

  for (const [what, sql, text] of [
    ['a table without org_id', 'create table loose (id int);', /store\.loose/],
    ['an org_id that may be null', 'create table loose (org_id uuid);', /store\.loose/],
    ['an org_id that is no uuid', 'create table loose (org_id text not null);', /store\.loose/],
    [
      'a policy of its own',
      'create table open (org_id uuid not null); create policy all_of_it on open using (true);',
      /store\.open has a policy of its own \(all_of_it\)/,
    ],
    ['a view with the rights of its owner', `${ORDERS} create view peek as select * from orders;`, /store\.peek/],
    ['a materialized view', `${ORDERS} create materialized view peek as select * from orders;`, /store\.peek/],
  ] as const) {
    it(`refuses ${what} by name`, async () => {
      await put('0001_bad.sql', sql);
      await assert.rejects(run(), refused('table_unprotected', text));
    });
  }

  it('accepts a view that reads with the rights of its reader, and partitions', async () => {
    await put(
      '0001_good.sql',
      `${ORDERS}
       create view peek with (security_invoker = true) as select * from orders;
       create table log (org_id uuid not null, at date not null) partition by range (at);
       create table log_2026 partition of log for values from ('2026-01-01') to ('2027-01-01');`,
    );
    await run();
    const { rows } = await scratch.admin(
      "select relforcerowsecurity as forced from pg_class where oid = 'store.log_2026'::regclass",
    );
    assert.deepEqual(rows, [{ forced: true }]);
  });

  it('sets the password that the service will use, also when it changes', async () => {
    await put('0001_orders.sql', ORDERS);
    await run({ password: "first ' \\ word" });
    await signIn("first ' \\ word");
    await run({ password: 'second' });
    await signIn('second');
    await assert.rejects(signIn("first ' \\ word"), /password authentication failed/);
  });

  it('takes powers away that the role should not have', async () => {
    await put('0001_orders.sql', ORDERS);
    await run();
    await scratch.admin('alter role lumo_store superuser bypassrls');
    await run();
    const { rows } = await scratch.admin("select rolsuper, rolbypassrls from pg_roles where rolname = 'lumo_store'");
    assert.deepEqual(rows, [{ rolsuper: false, rolbypassrls: false }]);
  });

  it('runs once when several processes start at the same time', async () => {
    await put('0001_orders.sql', ORDERS);
    const reports = await Promise.all([run(), run(), run()]);
    assert.deepEqual(
      reports.flatMap((report) => report.applied),
      ['store: store/0001_orders'],
    );
  });

  it('gives up with a clear word where another process keeps migrating', async () => {
    const other = new pg.Client({ connectionString: scratch.adminUrl });
    await other.connect();
    try {
      await other.query('select pg_advisory_lock(1819635055)');
      await assert.rejects(
        migrate({ adminUrl: scratch.adminUrl, schemas: [], lockTimeoutMs: 20 }),
        refused('migration_busy', /Another process/),
      );
    } finally {
      await other.end();
    }
  });

  it('lets a library own the schema that it manages itself', async () => {
    await migrate({ adminUrl: scratch.adminUrl, schemas: [{ name: 'jobs', password: 'p', migrations: [] }] });
    const client = new pg.Client({ connectionString: schemaUrl(scratch.adminUrl, 'jobs', 'p') });
    await client.connect();
    try {
      await client.query('create table queue (id int); insert into queue values (1); drop table queue');
      await assert.rejects(client.query('create table public.queue (id int)'), /permission denied/);
    } finally {
      await client.end();
    }
  });

  it('works for an owner of the database who is no superuser', async () => {
    await put('0001_orders.sql', ORDERS);
    await scratch.admin("create role manager login createrole password 'manager'");
    await scratch.admin('create database managed owner manager');
    const url = new URL(scratch.adminUrl);
    url.username = 'manager';
    url.password = 'manager';
    url.pathname = '/managed';
    const schemas = [{ name: 'warehouse', password: 'p', migrations: [folder] }];
    await migrate({ adminUrl: url.toString(), schemas });
    assert.deepEqual((await migrate({ adminUrl: url.toString(), schemas })).applied, []);
    const client = new pg.Client({ connectionString: schemaUrl(url.toString(), 'warehouse', 'p') });
    await client.connect();
    try {
      assert.equal((await client.query('select * from orders')).rowCount, 0);
    } finally {
      await client.end();
    }
  });

  it('says what the user of the URL lacks, and who does not answer', async () => {
    await scratch.admin("create role guest login password 'guest'");
    const url = new URL(scratch.adminUrl);
    url.username = 'guest';
    url.password = 'guest';
    await assert.rejects(
      migrate({ adminUrl: url.toString(), schemas: [] }),
      refused('database_unsuitable', /CREATEROLE/),
    );
    await assert.rejects(
      migrate({ adminUrl: 'postgres://nobody:very-secret@127.0.0.1:1/db', schemas: [] }),
      (error: Error) => refused('database_unreachable', /127\.0\.0\.1:1/)(error) && !/very-secret/.test(error.message),
    );
  });

  async function signIn(password: string): Promise<void> {
    const database = openDatabase({ url: schemaUrl(scratch.adminUrl, 'store', password), applicationName: 'test' });
    await database.ping().finally(() => database.close());
  }
});
