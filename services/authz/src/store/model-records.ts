import { sql } from 'kysely';
import type { ModelRecords } from '../relation-ports.js';
import type { Executor } from './paging.js';

export function createModelRecords(db: Executor): ModelRecords {
  return {
    async model(store, id) {
      const row = await db
        .selectFrom('relation_models')
        .select(['id', 'hash', 'model', 'revision', 'created_at as createdAt'])
        .where('store', '=', store)
        .where('id', '=', id)
        .executeTakeFirst();
      return row;
    },

    models: (store, { before, limit }) =>
      db
        .selectFrom('relation_models')
        .select(['id', 'hash', 'revision', 'created_at as createdAt'])
        .where('store', '=', store)
        .$if(before !== undefined, (query) => query.where('revision', '<', before ?? 0))
        .orderBy('revision', 'desc')
        .limit(limit)
        .execute(),

    async modelCount(store) {
      const { count } = await db
        .selectFrom('relation_models')
        .select(sql<number>`count(*)::int`.as('count'))
        .where('store', '=', store)
        .executeTakeFirstOrThrow();
      return count;
    },

    async insertModel(store, { id, hash, model, revision }) {
      await db.insertInto('relation_models').values({ store, id, hash, model, revision }).execute();
    },
  };
}
