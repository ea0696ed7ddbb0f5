import type { Kysely } from 'kysely';
import type { Transactions } from '../ports.js';
import type { AuthnTables } from '../tables.js';

export function createTransactions(db: Kysely<AuthnTables>): Transactions {
  return { run: (work) => db.transaction().execute(work) };
}
