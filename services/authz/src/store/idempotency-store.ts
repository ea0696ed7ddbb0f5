import { sql } from 'kysely';
import type { IdempotencyStore } from '../relation-ports.js';
import type { Executor } from './paging.js';

export function createIdempotencyStore(db: Executor): IdempotencyStore {
  return {
    find: (scope, key) =>
      db
        .selectFrom('idempotency_keys')
        .select(['request', 'answer'])
        .where('scope', '=', scope)
        .where('key', '=', key)
        .executeTakeFirst(),

    async keep(scope, key, request, answer) {
      await db
        .insertInto('idempotency_keys')
        .values({ scope, key, request, answer: JSON.stringify(answer) })
        .execute();
    },

    async forget(before, limit) {
      await sql`
        delete from idempotency_keys where ctid = any (array(
          select ctid from idempotency_keys where created_at < ${before} order by created_at limit ${limit}
        ))
      `.execute(db);
    },
  };
}
