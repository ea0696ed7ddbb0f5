import pg from 'pg';
import { SELF_MANAGED_SCHEMAS } from '../instance-tables.js';
import { StartupError } from '../startup-error.js';
import { type MigrationFile, readMigrations } from './migration-files.js';
import { keyOf, type LandedMigration, planMigrations } from './plan.js';
import { ensureSchemaRole } from './schema-role.js';
import { stampTables } from './stamp-tables.js';

export interface SchemaMigrations {
  /** `authz`: the schema; its role is `lumo_authz`. */
  readonly name: string;
  /** The role's password; set where the role does not sign in with it. */
  readonly password: string;
  /** Folders of `NNNN_name.sql`, run in this order. Empty for a schema that a library manages itself. */
  readonly migrations: readonly URL[];
}

export interface MigrateOptions {
  /** A role that may create schemas and roles: the superuser of the embedded server, or the owner of the database. */
  readonly adminUrl: string;
  readonly schemas: readonly SchemaMigrations[];
  /** Called after each file, e.g. for a log line. */
  readonly onMigration?: (schema: string, migration: string, milliseconds: number) => void;
  /** How long to wait for another process that is migrating. */
  readonly lockTimeoutMs?: number;
}

export interface MigrationReport {
  /** `schema: source/name` of every file that ran now. */
  readonly applied: readonly string[];
}

const SCHEMA_NAME = /^[a-z][a-z0-9_]{0,40}$/;
/** "lumo", in ASCII, as the key of the advisory lock: one migration at a time in a database. */
const LOCK_KEY = 0x6c756d6f;

/**
 * Brings every named schema to the version of the code: schema and role, pending files (each in its own transaction),
 * then row-level security and grants on every table. All refusals (`StartupError`) of data that is newer or edited come
 * before the first change. Safe to call from several processes at once; a second run changes nothing.
 */
export async function migrate(options: MigrateOptions): Promise<MigrationReport> {
  const schemas = await Promise.all(options.schemas.map(readSchema));
  const admin = await connect(options.adminUrl);
  try {
    await checkServer(admin);
    await lock(admin, options.lockTimeoutMs ?? 60_000);
    const plans = [];
    for (const schema of schemas) {
      plans.push({ ...schema, pending: planMigrations(schema.name, schema.files, await landed(admin, schema.name)) });
    }
    await ensureRecord(admin);
    const applied: string[] = [];
    for (const { name, password, pending, selfManaged } of plans) {
      await retryCatalogueCollision(() => ensureSchemaRole(admin, options.adminUrl, name, password, selfManaged));
      for (const file of pending) {
        const startedAt = performance.now();
        await apply(admin, name, file);
        applied.push(`${name}: ${keyOf(file)}`);
        options.onMigration?.(name, keyOf(file), performance.now() - startedAt);
      }
      if (!selfManaged) await inTransaction(admin, () => stampTables(admin, name));
    }
    return { applied };
  } finally {
    await admin.end().catch(() => undefined);
  }
}

interface ReadSchema extends SchemaMigrations {
  readonly files: readonly MigrationFile[];
  readonly selfManaged: boolean;
}

async function readSchema(schema: SchemaMigrations): Promise<ReadSchema> {
  if (!SCHEMA_NAME.test(schema.name)) {
    throw new StartupError('migration_invalid', `"${schema.name}" is no schema name: lower-case letters, digits, "_".`);
  }
  const folders = await Promise.all(schema.migrations.map(readMigrations));
  const sources = folders.flatMap((files) => files.slice(0, 1).map((file) => file.source));
  const twice = sources.find((source, index) => sources.indexOf(source) !== index);
  if (twice) {
    throw new StartupError('migration_invalid', `Schema ${schema.name} takes two migration folders named "${twice}".`);
  }
  return { ...schema, files: folders.flat(), selfManaged: schema.name in SELF_MANAGED_SCHEMAS };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'lumo-migrate',
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw new StartupError(
      'database_unreachable',
      `DATABASE_URL: PostgreSQL at ${hostOf(url)} refused: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** Oldest PostgreSQL with `security_invoker` views and without CREATE for everyone in `public`. */
const OLDEST_SERVER = 15;

async function checkServer(admin: pg.ClientBase): Promise<void> {
  const { rows } = await admin.query<{ major: number; may_create: boolean }>(
    `select current_setting('server_version_num')::int / 10000 as major,
            rolsuper or (rolcreaterole and has_database_privilege(current_database(), 'create')) as may_create
       from pg_roles where rolname = current_user`,
  );
  const { major = 0, may_create = false } = rows[0] ?? {};
  if (major < OLDEST_SERVER) {
    throw new StartupError(
      'database_unsuitable',
      `DATABASE_URL: got PostgreSQL ${major}, wants ${OLDEST_SERVER} or newer`,
    );
  }
  if (!may_create) {
    throw new StartupError(
      'database_unsuitable',
      'DATABASE_URL: its user may not create schemas and roles. Let it own the database and give it CREATEROLE.',
    );
  }
}

/** The lock belongs to the session: it ends with the connection, however this process ends. */
async function lock(admin: pg.ClientBase, timeoutMs: number): Promise<void> {
  try {
    await admin.query(`set lock_timeout = ${Math.round(timeoutMs)}`);
    await admin.query('select pg_advisory_lock($1)', [LOCK_KEY]);
    await admin.query('set lock_timeout = 0');
  } catch (error) {
    throw new StartupError(
      'migration_busy',
      `Another process has been migrating this database for ${Math.round(timeoutMs / 1000)} s. Wait for it and start again.`,
      { cause: error },
    );
  }
}

async function landed(admin: pg.ClientBase, schema: string): Promise<readonly LandedMigration[]> {
  const { rows: known } = await admin.query("select to_regclass('lumo_migrations.landed') is not null as known");
  if (!known[0]?.known) return [];
  const { rows } = await admin.query<LandedMigration>(
    'select source, name, checksum from lumo_migrations.landed where schema = $1 order by source, name',
    [schema],
  );
  return rows;
}

async function ensureRecord(admin: pg.ClientBase): Promise<void> {
  const { rows } = await admin.query("select to_regclass('lumo_migrations.landed') is not null as known");
  if (rows[0]?.known) return;
  await admin.query(`
    create schema if not exists lumo_migrations;
    revoke all on schema lumo_migrations from public;
    create table lumo_migrations.landed (
      schema text not null,
      source text not null,
      name text not null,
      checksum text not null,
      landed_at timestamptz not null default now(),
      primary key (schema, source, name)
    )`);
}

async function apply(admin: pg.ClientBase, schema: string, file: MigrationFile): Promise<void> {
  try {
    await inTransaction(admin, async () => {
      await admin.query(`set local search_path = ${schema}`);
      await admin.query(file.sql);
      await admin.query('insert into lumo_migrations.landed (schema, source, name, checksum) values ($1, $2, $3, $4)', [
        schema,
        file.source,
        file.name,
        file.checksum,
      ]);
    });
  } catch (error) {
    throw new StartupError(
      'migration_failed',
      `Migration ${keyOf(file)} failed in schema ${schema} and was rolled back: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

async function inTransaction(admin: pg.ClientBase, work: () => Promise<void>): Promise<void> {
  await admin.query('begin');
  try {
    await work();
    await admin.query('commit');
  } catch (error) {
    await admin.query('rollback').catch(() => undefined);
    throw error;
  }
}

/** Roles belong to the whole server: two databases of it that migrate at once may touch the same role's row. */
async function retryCatalogueCollision(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const code = (error as { readonly code?: unknown }).code;
      const collision = code === '23505' || code === '42710' || /tuple concurrently/.test(messageOf(error));
      if (!collision || attempt === 10) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt));
    }
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'DATABASE_URL (not a URL)';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
