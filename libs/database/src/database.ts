import type { Kysely } from 'kysely';

/**
 * A service's door to its own PostgreSQL schema.
 * Every connection that leaves the pool carries `app.org_id` of the current context, or nothing: without an org context
 * row-level security shows no row of any org and accepts none.
 */
export interface Database<Tables> {
  readonly db: Kysely<Tables>;
  /** Rejects where PostgreSQL does not answer within two seconds. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
