import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { Page, PageQuery } from '../ports.js';
import type { AuthzTables } from './tables.js';

export type Executor = Kysely<AuthzTables>;

/** A pattern that matches the text anywhere, with the wildcards of LIKE taken literally. */
export function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

/** What a list can be sorted by: names of the API to columns. Text is sorted without regard to case. */
export interface SortOrder {
  readonly text: Readonly<Record<string, string>>;
  readonly other?: Readonly<Record<string, string>>;
  /** One of `text`. */
  readonly standard: string;
  /** A unique column: it makes the order total, so that pages do not overlap. */
  readonly tieBreaker: string;
}

/**
 * Cuts one page and counts every match, in two statements: a page past the end still has its total.
 */
export async function cutPage<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  { page, limit, sortBy, sortDir }: PageQuery,
  order: SortOrder,
): Promise<Page<O>> {
  const counted = await query.clearSelect().select(sql<number>`count(*)::int`.as('total')).execute();
  // Over a generic query the compiler cannot see that the one column is the one that was just selected.
  const [{ total } = { total: 0 }] = counted as unknown as readonly { readonly total: number }[];
  const rows = await query
    .orderBy(sortKey(sortBy, order), sortDir === 'DESC' ? 'desc' : 'asc')
    .orderBy(sql.ref(order.tieBreaker))
    .limit(limit)
    .offset((page - 1) * limit)
    .execute();
  return { rows, total };
}

function sortKey(sortBy: string | undefined, { text, other = {}, standard }: SortOrder) {
  if (sortBy !== undefined && Object.hasOwn(other, sortBy)) return sql.ref(other[sortBy] ?? '');
  const name = sortBy !== undefined && Object.hasOwn(text, sortBy) ? sortBy : standard;
  return sql`lower(${sql.ref(text[name] ?? '')})`;
}
