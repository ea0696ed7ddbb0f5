import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type Database, migrate, openDatabase, schemaUrl } from '@lumo/database';
import pg from 'pg';
import { borrowTestServer } from './test-server.js';

export interface TestSchema {
  readonly name: string;
  /** Folder (or folders) of `NNNN_name.sql`; the `outbox` and `inbox` tables of messaging come before them by themselves. */
  readonly migrations: URL | readonly URL[];
  /** False where the schema has no `outbox` and `inbox` (and for messaging's own tests). */
  readonly outbox?: boolean;
}

export interface TestDatabase {
  /** Superuser URL of this database alone; what it sees is not what a service sees. */
  readonly adminUrl: string;
  /** The URL that the service of this schema gets. */
  url(schema: string): string;
  /** A pool of the schema's role; closed with the database. */
  open<Tables>(schema: string, options?: { readonly maxConnections?: number }): Database<Tables>;
  /** Runs SQL as the superuser, past row-level security. */
  admin<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/** Roles belong to the server, so every test database gives them the same password. */
const PASSWORD = 'test';
const OUTBOX_MIGRATIONS = new URL('../../messaging/migrations/', import.meta.url);
/** "tmpl", in ASCII: one template is built at a time on a server. */
const TEMPLATE_LOCK = 0x746d706c;

/**
 * A fresh, migrated database for one test file, a copy of a template that is migrated once per set of migrations.
 * Uses the server of LUMO_TEST_DATABASE_URL, else starts an embedded one and removes it with the last database.
 */
export async function testDatabase(options: { readonly schemas: readonly TestSchema[] }): Promise<TestDatabase> {
  const server = await borrowTestServer();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  try {
    await createFromTemplate(server.adminUrl, name, options.schemas);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const adminUrl = databaseUrl(server.adminUrl, name);
  const admin = new pg.Pool({ connectionString: adminUrl, max: 2 });
  admin.on('error', () => undefined);
  const opened: Database<unknown>[] = [];
  return {
    adminUrl,
    url: (schema) => schemaUrl(adminUrl, schema, PASSWORD),
    open<Tables>(schema: string, { maxConnections = 4 } = {}) {
      const url = schemaUrl(adminUrl, schema, PASSWORD);
      const database = openDatabase<Tables>({ url, applicationName: `test ${schema}`, maxConnections });
      opened.push(database as unknown as Database<unknown>);
      return database;
    },
    async admin<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) {
      return (await admin.query<Row>(text, [...values])).rows;
    },
    async close() {
      await Promise.all(opened.map((database) => database.close()));
      await admin.end();
      await withClient(server.adminUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
      await server.stop();
    },
  };
}

async function createFromTemplate(serverUrl: string, name: string, schemas: readonly TestSchema[]): Promise<void> {
  const plan = schemas.map((schema) => ({ name: schema.name, migrations: foldersOf(schema) }));
  const template = `template_${fingerprint(plan)}`;
  await withClient(serverUrl, async (client) => {
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [template]);
    if (!rowCount) {
      const draft = `${template}_draft`;
      await client.query(`drop database if exists ${draft} with (force)`);
      await client.query(`create database ${draft}`);
      const adminUrl = databaseUrl(serverUrl, draft);
      await migrate({ adminUrl, schemas: plan.map((schema) => ({ ...schema, password: PASSWORD })) });
      await client.query(`alter database ${draft} rename to ${template}`);
    }
    await client.query(`create database ${name} template ${template}`);
  });
}

function foldersOf({ migrations, outbox = true }: TestSchema): readonly URL[] {
  const own = migrations instanceof URL ? [migrations] : migrations;
  return outbox && existsSync(OUTBOX_MIGRATIONS) ? [OUTBOX_MIGRATIONS, ...own] : own;
}

/** Changes with the name and the content of every file, so that an edited migration gets a new template. */
function fingerprint(plan: readonly { readonly name: string; readonly migrations: readonly URL[] }[]): string {
  const hash = createHash('sha256');
  for (const { name, migrations } of plan) {
    hash.update(`\n${name}\n`);
    for (const folder of migrations) {
      for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(new URL(file, folder)));
    }
  }
  return hash.digest('hex').slice(0, 24);
}

function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.toString();
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
