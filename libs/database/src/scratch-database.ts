import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Org } from '@lumo/tenancy';
import { runInContext, systemContext } from '@lumo/tenancy';
import pg from 'pg';
import { startEmbeddedPostgres } from './embedded/start-embedded-postgres.js';
import { migrate } from './migrations/migrate.js';
import { roleOf, schemaUrl } from './migrations/schema-role.js';

/** A migrated database for the tests of this package (libs/testing stands above it and cannot serve it). */
export interface ScratchDatabase {
  readonly adminUrl: string;
  readonly url: string;
  admin(text: string, values?: readonly unknown[]): Promise<pg.QueryResult>;
  close(): Promise<void>;
}

export interface ShopTables {
  orders: { org_id?: string; id: number; item: string; day: string | null };
  outbox: { org_id?: string; id: string; body: unknown };
}

export const SHOP_MIGRATIONS = new URL('../fixtures/shop/migrations/', import.meta.url);
export const ORG_A: Org = { id: '0190a000-0000-7000-8000-00000000000a', slug: 'alpha' };
export const ORG_B: Org = { id: '0190a000-0000-7000-8000-00000000000b', slug: 'beta' };

export function as<T>(org: Org | undefined, work: () => T): T {
  return runInContext(systemContext('test', 'req', org), work);
}

/** A database of its own with the schema `shop` on an embedded server in a temporary folder. */
export async function scratchDatabase(): Promise<ScratchDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'lumo-scratch-'));
  const server = await startEmbeddedPostgres({ dataDir: folder, settings: { fsync: 'off' } });
  const password = randomUUID();
  await migrate({ adminUrl: server.adminUrl, schemas: [{ name: 'shop', password, migrations: [SHOP_MIGRATIONS] }] });
  const admin = new pg.Pool({ connectionString: server.adminUrl, max: 2 });
  admin.on('error', () => undefined);
  return {
    adminUrl: server.adminUrl,
    url: schemaUrl(server.adminUrl, 'shop', password),
    admin: (text, values = []) => admin.query(text, [...values]),
    async close() {
      await admin.end();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Ends every session of the schema's role, as a restart of the server would. */
export async function killSessions(scratch: ScratchDatabase, schema = 'shop'): Promise<void> {
  await scratch.admin('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [roleOf(schema)]);
}
