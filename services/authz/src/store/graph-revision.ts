import { sql, type Transaction } from 'kysely';
import type { EngineName } from '../ports.js';
import type { Executor } from './paging.js';
import type { AuthzTables } from './tables.js';

/** The org of the context, for the tables that row-level security does not guard. */
export const CURRENT_ORG = sql`nullif(current_setting('app.org_id', true), '')::uuid`;

/** Where the org of the context is. */
export async function readRevision(db: Executor): Promise<number> {
  const { rows } = await sql<{ revision: number }>`
    select revision from graph_revisions where org = ${CURRENT_ORG}
  `.execute(db);
  return rows[0]?.revision ?? 0;
}

/**
 * Makes whoever else changes this org wait until this transaction ends, and returns where the org is. What is read from
 * here on stays true until the commit. `at` is the server's time under the lock: it grows with revisions.
 */
export async function lockRevision(
  tx: Transaction<AuthzTables>,
): Promise<{ readonly revision: number; readonly at: Date }> {
  for (;;) {
    // The clock is read outside of what waits for the lock.
    const { rows } = await sql<{ revision: number; at: Date }>`
      with locked as materialized (select revision from graph_revisions where org = ${CURRENT_ORG} for update)
      select revision, date_trunc('milliseconds', clock_timestamp()) as at from locked
    `.execute(tx);
    if (rows[0]) return rows[0];
    await sql`
      insert into graph_revisions (org, revision, changed_in) values (${CURRENT_ORG}, 0, pg_current_xact_id())
      on conflict (org) do nothing
    `.execute(tx);
  }
}

/** Moves the org to a revision, which is the newest for the engines whose data changed. Under the lock. */
export async function moveRevision(
  tx: Transaction<AuthzTables>,
  revision: number,
  touched: ReadonlySet<EngineName>,
): Promise<void> {
  const at = (engine: EngineName) => (touched.has(engine) ? revision : sql<number>`${sql.ref(`${engine}_at`)}`);
  await sql`
    update graph_revisions
       set revision = ${revision}, changed_in = pg_current_xact_id(),
           roles_at = ${at('roles')}, relations_at = ${at('relations')}, policies_at = ${at('policies')}
     where org = ${CURRENT_ORG}
  `.execute(tx);
}
