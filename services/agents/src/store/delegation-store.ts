import { isUuid } from '@lumo/kit';
import { type Selectable, sql } from 'kysely';
import type { Delegation } from '../core/delegation.js';
import type { DelegationStore, Tx } from '../ports.js';
import type { DelegationsTable } from './agents-tables.js';

/** Ended delegations stay for a day, so that a token that just ended is told apart from one that never was. */
const KEEP_ENDED_MS = 24 * 3600 * 1000;

/** More than one per insert, so that pruning catches up without a job that would have to walk all orgs. */
const PRUNED_PER_INSERT = 4;

export function createDelegationStore(): DelegationStore {
  return {
    async lock(tx, id) {
      if (!isUuid(id)) return undefined;
      const row = await tx.selectFrom('delegations').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
      return row && toDelegation(row);
    },

    async countLiveRoots(tx, { userId, agentId }, now, limit) {
      await sql`select pg_advisory_xact_lock(hashtextextended(current_setting('app.org_id') || ${` ${userId} ${agentId}`}, 0))`.execute(
        tx,
      );
      const { count } = await tx
        .selectFrom((eb) =>
          eb
            .selectFrom('delegations')
            .select('id')
            .where('user_id', '=', userId)
            .where('agent_id', '=', agentId)
            .where('expires_at', '>', now)
            .where('parent_id', 'is', null)
            .where('closed_at', 'is', null)
            .limit(limit)
            .as('live'),
        )
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },

    async insert(tx, delegation, now) {
      await tx
        .insertInto('delegations')
        .values({
          id: delegation.id,
          parent_id: delegation.parentId,
          user_id: delegation.userId,
          chain: [...delegation.chain],
          scopes: [...delegation.scopes],
          audience: delegation.audience,
          expires_at: new Date(delegation.expiresAt * 1000),
          created_at: now,
        })
        .execute();
      if (delegation.parentId) {
        await tx
          .updateTable('delegations')
          .set({ child_count: sql`child_count + 1` })
          .where('id', '=', delegation.parentId)
          .execute();
      }
      await prune(tx, new Date(now.getTime() - KEEP_ENDED_MS));
    },

    async closeWithAgent(tx, agentId, reason, now) {
      const { numUpdatedRows } = await tx
        .updateTable('delegations')
        .set({ closed_at: now, close_reason: reason })
        .where('closed_at', 'is', null)
        .where('expires_at', '>', now)
        .where(sql<boolean>`${agentId} = any(chain)`)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows);
    },

    async closeOfUsers(tx, userIds, reason, now) {
      const { numUpdatedRows } = await tx
        .updateTable('delegations')
        .set({ closed_at: now, close_reason: reason })
        .where('user_id', '=', sql<string>`any(${[...userIds]}::text[])`)
        .where('closed_at', 'is', null)
        .where('expires_at', '>', now)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows);
    },
  };
}

/** In two statements: as one, the planner may choose to read every delegation of the org to find these few. */
async function prune(tx: Tx, endedBefore: Date): Promise<void> {
  const ended = await tx
    .selectFrom('delegations')
    .select('id')
    .where('expires_at', '<', endedBefore)
    .orderBy('expires_at')
    .limit(PRUNED_PER_INSERT)
    .forUpdate()
    .skipLocked()
    .execute();
  if (ended.length === 0) return;
  const ids = ended.map((row) => row.id);
  await tx.deleteFrom('delegations').where('id', '=', sql<string>`any(${ids}::uuid[])`).execute();
}

function toDelegation(row: Selectable<DelegationsTable>): Delegation {
  return {
    id: row.id,
    parentId: row.parent_id,
    userId: row.user_id,
    chain: row.chain,
    scopes: row.scopes,
    audience: row.audience,
    expiresAt: Math.floor(row.expires_at.getTime() / 1000),
    childCount: row.child_count,
    closed: row.closed_at !== null,
  };
}
