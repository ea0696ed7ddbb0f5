import type { Database } from '@lumo/database';
import type { Transactions } from '../ports.js';
import type { AgentsTables } from './agents-tables.js';

export function createTransactions({ db }: Database<AgentsTables>): Transactions {
  return { run: (work) => db.transaction().execute(work) };
}
