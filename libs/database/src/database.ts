import type { Kysely } from 'kysely';

/**
 * A service's door to its own PostgreSQL schema.
 * Every connection that leaves the pool carries `app.org_id` of the current context, or nothing: without an org context
 * row-level security shows no row of any org and accepts none. A transaction belongs to the org it began for: in the
 * context of another its statements are refused. `bigint` columns are exact numbers, `date` is text (see column-types.ts);
 * there is no streaming: read page by page.
 */
export interface Database<Tables> {
  readonly db: Kysely<Tables>;
  /** Rejects where PostgreSQL does not answer within two seconds. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
