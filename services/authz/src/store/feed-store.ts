import { sql } from 'kysely';
import type { FeedSource } from '../ports.js';
import type { Executor } from './paging.js';

/** Reads across organizations, from the one table that tells no more than ids and revisions. */
export function createFeedStore(db: Executor): FeedSource {
  return {
    async readFeed(after) {
      const { rows } = await sql<{
        position: string;
        org: string | null;
        revision: number;
        roles_at: number;
        relations_at: number;
        policies_at: number;
      }>`
        select pg_snapshot_xmin(pg_current_snapshot())::text as position,
               r.org, r.revision, r.roles_at, r.relations_at, r.policies_at
        from (select 1) always
        left join graph_revisions r on r.changed_in >= ${after ?? null}::xid8
      `.execute(db);
      return {
        position: rows[0]?.position ?? '0',
        changed: rows.flatMap(({ org, revision, roles_at, relations_at, policies_at }) =>
          org === null
            ? []
            : [{ orgId: org, revision, roles: roles_at, relations: relations_at, policies: policies_at }],
        ),
      };
    },
  };
}
