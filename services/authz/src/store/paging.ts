import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { Page, PageQuery } from '../ports.js';
import type { AuthzTables } from './tables.js';

export type Executor = Kysely<AuthzTables>;

/** A pattern that matches the text anywhere, with the wildcards of LIKE taken literally. */
export function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

/**
 * Cuts one page and counts every match, in two statements: a page past the end still has its total.
 * `sortable` maps what a client may sort by to columns; `tieBreaker` makes the order total, so that pages do not overlap.
 */
export async function cutPage<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  { page, limit, sortBy, sortDir }: PageQuery,
  order: {
    readonly sortable: Readonly<Record<string, string>>;
    readonly standard: string;
    readonly tieBreaker: string;
  },
): Promise<Page<O>> {
  const column =
    (sortBy !== undefined && Object.hasOwn(order.sortable, sortBy) && order.sortable[sortBy]) || order.standard;
  const counted = await query.clearSelect().select(sql<number>`count(*)::int`.as('total')).execute();
  // Over a generic query the compiler cannot see that the one column is the one that was just selected.
  const [{ total } = { total: 0 }] = counted as unknown as readonly { readonly total: number }[];
  const rows = await query
    .orderBy(sql.ref(column), sortDir === 'DESC' ? 'desc' : 'asc')
    .orderBy(sql.ref(order.tieBreaker))
    .limit(limit)
    .offset((page - 1) * limit)
    .execute();
  return { rows, total };
}
