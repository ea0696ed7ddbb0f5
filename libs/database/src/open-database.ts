import { DomainError } from '@lumo/kit';
import { Kysely, PostgresDialect, type PostgresPool, sql } from 'kysely';
import { OrgPool, type OrgPoolOptions } from './connection/org-pool.js';
import type { Database } from './database.js';

export type DatabaseOptions = OrgPoolOptions;

const PING_TIMEOUT_MS = 2_000;

/**
 * Opens the pool of a service on its own schema (the `search_path` belongs to the role). Connects lazily; a server that
 * cannot be reached surfaces as `DomainError` `unavailable` at the query, never as a silent retry.
 */
export function openDatabase<Tables>(options: DatabaseOptions): Database<Tables> {
  const pool = new OrgPool(options);
  // Kysely's own description of a pool has an overload for cursors, which pipelined connections do not have.
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pool as unknown as PostgresPool }) });
  let closed: Promise<void> | undefined;
  return {
    db,
    ping: () => withTimeout(sql`select 1`.execute(db)),
    close() {
      // Kysely ends only a pool that it has used; an unused one has nothing to end.
      closed ??= db.destroy();
      return closed;
    },
  };
}

async function withTimeout(answer: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new DomainError('unavailable', 'temporarily_unavailable', 'PostgreSQL did not answer within two seconds.'),
      );
    }, PING_TIMEOUT_MS);
  });
  try {
    await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
    // The loser of the race may fail later; nobody waits for it any more.
    answer.catch(() => undefined);
  }
}
