import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { checkTenantTables } from './tenant-tables.js';
import { type TestDatabase, testDatabase } from './test-database.js';

const SHOP = { name: 'shop', migrations: new URL('../fixtures/shop/migrations/', import.meta.url) };

describe('the walk over the catalogue', () => {
  let database: TestDatabase;
  before(async () => {
    database = await testDatabase({ schemas: [SHOP] });
  });
  after(() => database.close());

  it('finds nothing in a schema that the migration runner has finished', async () => {
    const report = await checkTenantTables(database.adminUrl);
    assert.deepEqual(report.violations, []);
    for (const table of ['shop.customers', 'shop.orders', 'shop.outbox'])
      assert.ok(report.tables.includes(table), table);
  });

  const planted: readonly [what: string, plant: string, undo: string, sentence: RegExp][] = [
    [
      'a table without org_id',
      'create table shop.loose (id int)',
      'drop table shop.loose',
      /Table shop\.loose has no "org_id uuid not null"/,
    ],
    [
      'an org_id that may be null',
      'alter table shop.customers drop constraint customers_pkey cascade; alter table shop.customers alter org_id drop not null',
      `alter table shop.customers alter org_id set not null; alter table shop.customers add primary key (org_id, id);
       alter table shop.orders add foreign key (org_id, customer_id) references shop.customers (org_id, id)`,
      /Table shop\.customers has no "org_id uuid not null"/,
    ],
    [
      'disabled security',
      'alter table shop.orders disable row level security',
      'alter table shop.orders enable row level security',
      /shop\.orders has row-level security disabled/,
    ],
    [
      'missing FORCE',
      'alter table shop.orders no force row level security',
      'alter table shop.orders force row level security',
      /shop\.orders lacks FORCE/,
    ],
    [
      'a second policy',
      'create policy wide on shop.orders using (true)',
      'drop policy wide on shop.orders',
      /Policy wide of shop\.orders/,
    ],
    [
      'relay policies on an ordinary table',
      "create policy relay_read on shop.orders for select to lumo_shop using (current_setting('app.relay', true) = 'on')",
      'drop policy relay_read on shop.orders',
      /Policy relay_read of shop\.orders/,
    ],
    [
      'a policy with another condition',
      'alter policy org on shop.orders using (true)',
      "alter policy org on shop.orders using (org_id = nullif(current_setting('app.org_id', true), '')::uuid)",
      /Policy org of shop\.orders/,
    ],
    [
      'the right to truncate',
      'grant truncate on shop.orders to lumo_shop',
      'revoke truncate on shop.orders from lumo_shop',
      /shop\.orders grants its service TRUNCATE/,
    ],
    [
      'a unique index over all orgs',
      'create unique index emails on shop.customers (email)',
      'drop index shop.emails',
      /Unique index shop\.emails/,
    ],
    [
      'a reference without org_id',
      `alter table shop.customers add column boss uuid; create unique index ids on shop.customers (id);
       alter table shop.customers add constraint boss foreign key (boss) references shop.customers (id)`,
      'alter table shop.customers drop column boss; drop index shop.ids',
      /Foreign key shop\.boss/,
    ],
    ['a view', 'create view shop.peek as select 1 as one', 'drop view shop.peek', /View shop\.peek/],
    [
      'a function with its owner’s rights',
      "create function shop.leak() returns int language sql security definer as 'select 1'",
      'drop function shop.leak',
      /Function shop\.leak/,
    ],
    [
      'a role that ignores policies',
      'alter role lumo_shop bypassrls',
      'alter role lumo_shop nobypassrls',
      /Role lumo_shop has powers/,
    ],
    [
      'a role with rights on another schema',
      `create schema other; create table other.things (org_id uuid not null);
       grant usage on schema other to lumo_shop; grant select on other.things to lumo_shop`,
      'drop schema other cascade',
      /lumo_shop on other\.things/,
    ],
  ];
  for (const [what, plant, undo, sentence] of planted) {
    it(`finds ${what}`, async () => {
      await database.admin(plant);
      try {
        const { violations } = await checkTenantTables(database.adminUrl);
        assert.ok(
          violations.some((violation) => sentence.test(violation)),
          violations.join('\n') || 'nothing found',
        );
      } finally {
        await database.admin(undo);
      }
      assert.deepEqual((await checkTenantTables(database.adminUrl)).violations, []);
    });
  }
});
