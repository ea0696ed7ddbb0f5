import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { type LogFilter, SEARCH_WINDOW } from '../ports.js';
import type { AuditTables } from './audit-tables.js';

type LogBuilder = ExpressionBuilder<AuditTables, 'log'>;

export function restricts(filter: LogFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

/**
 * The condition of a filter. Each part but the search has an index that starts with the org, and compares with operators
 * that PostgreSQL lets run before the row-level security policy ("leakproof"): an array containment would not be.
 */
export function matching(filter: LogFilter, headSeq: number) {
  return (eb: LogBuilder): Expression<SqlBool> => {
    const { names, severity, result, actorId, targetId, user, from, to, search } = filter;
    return eb.and([
      ...(names ? [eb('name', '=', sql<string>`any(${[...names]}::text[])`)] : []),
      // Written into the statement, not bound: only so the planner can use the partial indexes.
      ...(severity !== undefined ? [eb('severity', '=', sql.lit(severity))] : []),
      ...(result !== undefined ? [eb('result', '=', sql.lit(result))] : []),
      ...(actorId !== undefined ? [actedBy(eb, actorId)] : []),
      ...(targetId !== undefined ? [eb('target_id', '=', targetId)] : []),
      ...(user !== undefined ? [about(eb, user)] : []),
      ...(from ? [eb('occurred_at', '>=', from)] : []),
      ...(to ? [eb('occurred_at', '<=', to)] : []),
      ...(search !== undefined ? [containing(eb, search, headSeq)] : []),
    ]);
  };
}

function actedBy(eb: LogBuilder, id: string): Expression<SqlBool> {
  const itself = eb.selectFrom('log as own').select('own.seq').where('own.actor_id', '=', id);
  const forSomebody = eb.selectFrom('log_chain_actors as c').select('c.seq').where('c.actor_id', '=', id);
  return eb('seq', 'in', itself.unionAll(forSomebody));
}

function about(eb: LogBuilder, user: string): Expression<SqlBool> {
  if (user.includes('@')) return eb('user_email', '=', user.toLowerCase());
  return eb.or([eb('actor_id', '=', user), eb('target_id', '=', user)]);
}

function containing(eb: LogBuilder, search: string, headSeq: number): Expression<SqlBool> {
  const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  return eb.and([
    eb('seq', '>', headSeq - SEARCH_WINDOW),
    eb.or([
      eb('name', 'ilike', pattern),
      eb('actor_name', 'ilike', pattern),
      eb('actor_id', 'ilike', pattern),
      eb('target_name', 'ilike', pattern),
      eb('target_id', 'ilike', pattern),
      eb('user_email', 'ilike', pattern),
      eb('ip', 'ilike', pattern),
      eb('request_id', 'ilike', pattern),
    ]),
  ]);
}
