import { type Kysely, sql, type Transaction } from 'kysely';

/**
 * A transaction that sees the outbox of its schema across organizations: read, claim (`for update skip locked`), update and
 * delete, but no insert. Only tables of `RELAY_TABLES` open to it; every other table still follows the org of the context.
 */
export function relayTransaction<Tables, T>(
  db: Kysely<Tables>,
  work: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return db.transaction().execute(async (tx) => {
    await sql`select set_config('app.relay', 'on', true)`.execute(tx);
    return work(tx);
  });
}
