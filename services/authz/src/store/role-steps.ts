import { sql, type Transaction } from 'kysely';
import type { GraphOp } from '../core/rbac/graph-change.js';
import { CURRENT_ORG } from './graph-revision.js';
import type { AuthzTables } from './tables.js';

/** Steps of roles that are kept for readers that are behind. */
export const KEPT_STEPS = 256;

/** Writes down what roles did at a revision, and forgets the oldest steps. Under the lock of the org. */
export async function appendRoleStep(
  tx: Transaction<AuthzTables>,
  revision: number,
  ops: readonly GraphOp[],
): Promise<void> {
  await tx
    .insertInto('graph_changes')
    .values({ revision, ops: JSON.stringify(ops) })
    .execute();
  await sql`
    with cut as (
      select revision from graph_changes order by revision desc offset ${KEPT_STEPS} limit 1
    ), gone as (
      delete from graph_changes where revision <= (select revision from cut)
    )
    update graph_revisions set roles_pruned = cut.revision from cut where org = ${CURRENT_ORG}
  `.execute(tx);
}
