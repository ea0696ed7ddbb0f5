import pg from 'pg';
import { databaseUnavailable } from '../connection/database-error.js';
import type { EphemeralStore } from '../ephemeral-store.js';
import type { SchemaMigrations } from '../migrations/migrate.js';
import { checkNamespace, scopedKey, ttlMilliseconds } from './scoped-key.js';

/** The schema to migrate before the store is opened. */
export const EPHEMERAL_SCHEMA: Omit<SchemaMigrations, 'password'> = {
  name: 'ephemeral',
  migrations: [new URL('../../ephemeral/migrations/', import.meta.url)],
};

export interface PostgresEphemeralStoreOptions {
  /** URL of the role of schema `ephemeral`. */
  readonly url: string;
  /** Name of the service. */
  readonly namespace: string;
  readonly maxConnections?: number;
  /** How often expired rows are removed; reads never see them, so this is only about space. */
  readonly sweepSeconds?: number;
  readonly onError?: (error: unknown) => void;
}

const SWEEP_BATCH = 1_000;

/** PostgreSQL's clock decides about expiry: every process sees the same one. */
const STATEMENTS = {
  add: `insert into entries as e (key, value, expires_at) values ($1, $2, clock_timestamp() + $3 * interval '1 ms')
        on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at
        where e.expires_at <= clock_timestamp()`,
  put: `insert into entries (key, value, expires_at) values ($1, $2, clock_timestamp() + $3 * interval '1 ms')
        on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at`,
  get: 'select value from entries where key = $1 and expires_at > clock_timestamp()',
  take: 'delete from entries where key = $1 and expires_at > clock_timestamp() returning value',
  remove: 'delete from entries where key = $1',
  sweep: `delete from entries where key in (
            select key from entries where expires_at <= clock_timestamp() order by expires_at limit $1
            for update skip locked)`,
  ping: 'select 1',
} as const;

/** The ephemeral store of the shape without Redis: an unlogged table. */
export function openPostgresEphemeralStore(options: PostgresEphemeralStoreOptions): EphemeralStore {
  const namespace = checkNamespace(options.namespace);
  // A plain pool: the org is part of the key, so these connections need not carry it.
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: `${namespace} ephemeral`,
    max: options.maxConnections ?? 4,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
  });
  pool.on('error', (error) => options.onError?.(error));
  const run = async (statement: keyof typeof STATEMENTS, values: readonly unknown[] = []) => {
    try {
      return await pool.query<{ value: string }>({ name: statement, text: STATEMENTS[statement], values: [...values] });
    } catch (error) {
      throw databaseUnavailable(error);
    }
  };
  const stopSweeping = sweepEvery(options.sweepSeconds ?? 30, {
    sweep: async () => (await run('sweep', [SWEEP_BATCH])).rowCount ?? 0,
    onError: options.onError,
  });
  let closed: Promise<void> | undefined;
  return {
    async add(key, value, ttlSeconds) {
      return (await run('add', [scopedKey(namespace, key), value, ttlMilliseconds(ttlSeconds)])).rowCount === 1;
    },
    async put(key, value, ttlSeconds) {
      await run('put', [scopedKey(namespace, key), value, ttlMilliseconds(ttlSeconds)]);
    },
    async get(key) {
      return (await run('get', [scopedKey(namespace, key)])).rows[0]?.value;
    },
    async take(key) {
      return (await run('take', [scopedKey(namespace, key)])).rows[0]?.value;
    },
    async remove(key) {
      await run('remove', [scopedKey(namespace, key)]);
    },
    async ping() {
      await run('ping');
    },
    close() {
      closed ??= stopSweeping().then(() => pool.end());
      return closed;
    },
  };
}

interface Sweeping {
  /** Removes at most one batch and says how many went. */
  readonly sweep: () => Promise<number>;
  readonly onError: ((error: unknown) => void) | undefined;
}

/** Sweeps batch by batch until one is not full; never two at a time. Resolves from the returned function when at rest. */
function sweepEvery(seconds: number, { sweep, onError }: Sweeping): () => Promise<void> {
  let running: Promise<void> | undefined;
  let stopped = false;
  const sweepAll = async () => {
    while (!stopped && (await sweep()) === SWEEP_BATCH);
  };
  const timer = setInterval(() => {
    running ??= sweepAll()
      .catch((error) => onError?.(error))
      .finally(() => {
        running = undefined;
      });
  }, seconds * 1000);
  timer.unref();
  return async () => {
    stopped = true;
    clearInterval(timer);
    await running;
  };
}
