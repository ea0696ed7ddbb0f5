import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { checkTenantTables } from './tenant-tables.js';
import { type TestDatabase, testDatabase } from './test-database.js';

const SHOP = { name: 'walk', migrations: new URL('../fixtures/shop/migrations/', import.meta.url) };

describe('the walk over the catalogue', () => {
  let database: TestDatabase;
  before(async () => {
    database = await testDatabase({ schemas: [SHOP] });
  });
  after(() => database.close());

  it('finds nothing in a schema that the migration runner has finished', async () => {
    const report = await checkTenantTables(database.adminUrl);
    assert.deepEqual(report.violations, []);
    for (const table of ['walk.customers', 'walk.orders', 'walk.outbox'])
      assert.ok(report.tables.includes(table), table);
  });

  const planted: readonly [what: string, plant: string, undo: string, sentence: RegExp][] = [
    [
      'a table without org_id',
      'create table walk.loose (id int)',
      'drop table walk.loose',
      /Table walk\.loose has no "org_id uuid not null"/,
    ],
    [
      'an org_id that may be null',
      'alter table walk.customers drop constraint customers_pkey cascade; alter table walk.customers alter org_id drop not null',
      `alter table walk.customers alter org_id set not null; alter table walk.customers add primary key (org_id, id);
       alter table walk.orders add foreign key (org_id, customer_id) references walk.customers (org_id, id)`,
      /Table walk\.customers has no "org_id uuid not null"/,
    ],
    [
      'disabled security',
      'alter table walk.orders disable row level security',
      'alter table walk.orders enable row level security',
      /walk\.orders has row-level security disabled/,
    ],
    [
      'missing FORCE',
      'alter table walk.orders no force row level security',
      'alter table walk.orders force row level security',
      /walk\.orders lacks FORCE/,
    ],
    [
      'a second policy',
      'create policy wide on walk.orders using (true)',
      'drop policy wide on walk.orders',
      /Policy wide of walk\.orders/,
    ],
    [
      'relay policies on an ordinary table',
      "create policy relay_read on walk.orders for select to lumo_walk using (current_setting('app.relay', true) = 'on')",
      'drop policy relay_read on walk.orders',
      /Policy relay_read of walk\.orders/,
    ],
    [
      'a policy with another condition',
      'alter policy org on walk.orders using (true)',
      "alter policy org on walk.orders using (org_id = nullif(current_setting('app.org_id', true), '')::uuid)",
      /Policy org of walk\.orders/,
    ],
    [
      'the right to truncate',
      'grant truncate on walk.orders to lumo_walk',
      'revoke truncate on walk.orders from lumo_walk',
      /walk\.orders grants its service TRUNCATE/,
    ],
    [
      'a unique index over all orgs',
      'create unique index emails on walk.customers (email)',
      'drop index walk.emails',
      /Unique index walk\.emails/,
    ],
    [
      'a reference without org_id',
      `alter table walk.customers add column boss uuid; create unique index ids on walk.customers (id);
       alter table walk.customers add constraint boss foreign key (boss) references walk.customers (id)`,
      'alter table walk.customers drop column boss; drop index walk.ids',
      /Foreign key walk\.boss/,
    ],
    ['a view', 'create view walk.peek as select 1 as one', 'drop view walk.peek', /View walk\.peek/],
    [
      'a function with its owner’s rights',
      "create function walk.leak() returns int language sql security definer as 'select 1'",
      'drop function walk.leak',
      /Function walk\.leak/,
    ],
    [
      'a role that ignores policies',
      'alter role lumo_walk bypassrls',
      'alter role lumo_walk nobypassrls',
      /Role lumo_walk has powers/,
    ],
    [
      'a role with rights on another schema',
      `create schema other; create table other.things (org_id uuid not null);
       grant usage on schema other to lumo_walk; grant select on other.things to lumo_walk`,
      'drop schema other cascade',
      /lumo_walk on other\.things/,
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
