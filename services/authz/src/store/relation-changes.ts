import { sql, type Transaction } from 'kysely';
import type { StoreChange } from '../relation-ports.js';
import { storedOps } from './relation-ops.js';
import type { AuthzTables } from './tables.js';

/** Writes a change of a store into the log and notes at the store when it changed last. Under the lock of the org. */
export async function appendRelationChange(tx: Transaction<AuthzTables>, change: StoreChange): Promise<void> {
  const { store, revision, at, modelId } = change;
  const types = new Set(
    [...change.writes, ...change.deletes].map(({ object }) => object.slice(0, object.indexOf(':'))),
  );
  await sql`
    with logged as (
      insert into relation_changes (store, revision, at, types, ops)
      values (${store}, ${revision}, ${at}, ${[...types]}, ${JSON.stringify(storedOps(change))})
    )
    update relation_stores
       set revision = ${revision}, model_id = coalesce(${modelId ?? null}, model_id)
     where number = ${store}
  `.execute(tx);
}
