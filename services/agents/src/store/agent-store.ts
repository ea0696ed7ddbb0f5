import type { Database } from '@lumo/database';
import { isUuid } from '@lumo/kit';
import { type Expression, type ExpressionBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { Agent } from '../core/agent.js';
import type { AgentQuery, AgentStore } from '../ports.js';
import type { AgentsTable, AgentsTables } from './agents-tables.js';

const SORT_COLUMNS = {
  name: 'name',
  type: 'type',
  status: 'status',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const satisfies Record<NonNullable<AgentQuery['sortBy']>, keyof AgentsTable>;

type AgentsBuilder = ExpressionBuilder<AgentsTables, 'agents'>;

export function createAgentStore({ db }: Database<AgentsTables>): AgentStore {
  return {
    async byRef(ref) {
      const row = await db.selectFrom('agents').selectAll().where(named(ref)).executeTakeFirst();
      return row && toAgent(row);
    },

    async byAgentIds(agentIds) {
      if (agentIds.length === 0) return new Map();
      const rows = await db
        .selectFrom('agents')
        .selectAll()
        .where('agent_id', '=', sql<string>`any(${[...agentIds]}::text[])`)
        .execute();
      return byAgentId(rows);
    },

    async list(query) {
      const matches = db.selectFrom('agents').where(matching(query));
      const [rows, { total }] = await Promise.all([
        matches
          .selectAll()
          .orderBy(SORT_COLUMNS[query.sortBy ?? 'createdAt'], query.sortDir === 'ASC' ? 'asc' : 'desc')
          .orderBy('id', 'desc')
          .limit(query.limit)
          .offset((query.page - 1) * query.limit)
          .execute(),
        matches.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
      ]);
      return { rows: rows.map(toAgent), total };
    },

    async secrets(agentId, now) {
      const rows = await db
        .selectFrom('agent_secrets')
        .select('sha256')
        .where('agent_id', '=', agentId)
        .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
        .execute();
      return rows.map((row) => row.sha256);
    },

    async lockForChange(tx, ref) {
      const row = await tx.selectFrom('agents').selectAll().where(named(ref)).forUpdate().executeTakeFirst();
      return row && toAgent(row);
    },

    async lockForDecision(tx, agentIds) {
      // In one order everywhere: two decisions and a change can wait for each other in a row, never in a circle.
      const rows = await tx
        .selectFrom('agents')
        .selectAll()
        .where('agent_id', '=', sql<string>`any(${[...agentIds]}::text[])`)
        .orderBy('agent_id')
        .forShare()
        .execute();
      return byAgentId(rows);
    },

    async insert(tx, agent, secretSha256) {
      await tx
        .insertInto('agents')
        .values({
          id: agent.id,
          agent_id: agent.agentId,
          name: agent.name,
          description: agent.description,
          type: agent.type,
          status: agent.status,
          capabilities: [...agent.capabilities],
          tokens_not_before: agent.tokensNotBefore,
          created_at: agent.createdAt,
          updated_at: agent.updatedAt,
        })
        .execute();
      await tx
        .insertInto('agent_secrets')
        .values({ agent_id: agent.agentId, sha256: secretSha256, created_at: agent.createdAt, expires_at: null })
        .execute();
    },

    async update(tx, agentId, change, now) {
      const row = await tx
        .updateTable('agents')
        .set({
          ...(change.name !== undefined && { name: change.name }),
          ...(change.description !== undefined && { description: change.description }),
          ...(change.type !== undefined && { type: change.type }),
          ...(change.status !== undefined && { status: change.status }),
          ...(change.capabilities !== undefined && { capabilities: [...change.capabilities] }),
          ...(change.tokensNotBefore !== undefined && { tokens_not_before: change.tokensNotBefore }),
          updated_at: now,
        })
        .where('agent_id', '=', agentId)
        .returningAll()
        .executeTakeFirstOrThrow();
      return toAgent(row);
    },

    async remove(tx, agentId) {
      await tx.deleteFrom('agents').where('agent_id', '=', agentId).execute();
    },

    async addSecret(tx, agentId, sha256, now, othersEndAt) {
      await tx.deleteFrom('agent_secrets').where('agent_id', '=', agentId).where('expires_at', '<=', now).execute();
      await tx
        .updateTable('agent_secrets')
        .set({ expires_at: sql<Date>`least(coalesce(expires_at, ${othersEndAt}), ${othersEndAt})` })
        .where('agent_id', '=', agentId)
        .execute();
      await tx
        .insertInto('agent_secrets')
        .values({ agent_id: agentId, sha256, created_at: now, expires_at: null })
        .execute();
    },
  };
}

function named(ref: string) {
  return (eb: AgentsBuilder): Expression<SqlBool> => (isUuid(ref) ? eb('id', '=', ref) : eb('agent_id', '=', ref));
}

function matching(query: AgentQuery) {
  return (eb: AgentsBuilder): Expression<SqlBool> => {
    const pattern = `%${(query.search ?? '').replace(/[\\%_]/g, '\\$&')}%`;
    return eb.and([
      ...(query.search
        ? [eb.or([eb('name', 'ilike', pattern), eb('description', 'ilike', pattern), eb('agent_id', 'ilike', pattern)])]
        : []),
      ...(query.status ? [eb('status', '=', query.status)] : []),
      ...(query.type ? [eb('type', '=', query.type)] : []),
    ]);
  };
}

function byAgentId(rows: readonly Selectable<AgentsTable>[]): ReadonlyMap<string, Agent> {
  return new Map(rows.map((row) => [row.agent_id, toAgent(row)]));
}

function toAgent(row: Selectable<AgentsTable>): Agent {
  return {
    id: row.id,
    agentId: row.agent_id,
    name: row.name,
    description: row.description,
    type: row.type,
    status: row.status,
    capabilities: row.capabilities,
    tokensNotBefore: row.tokens_not_before,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
