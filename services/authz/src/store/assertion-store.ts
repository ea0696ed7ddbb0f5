import type { AssertionStore } from '../assertion-ports.js';
import type { Executor } from './paging.js';

/** Assertions of the models of the org in context. */
export function createAssertionStore(db: Executor): AssertionStore {
  return {
    async read(store, modelId) {
      const row = await db
        .selectFrom('relation_assertions')
        .select('assertions')
        .where('store', '=', store)
        .where('model_id', '=', modelId)
        .executeTakeFirst();
      return row?.assertions;
    },
    async replace(store, modelId, assertions) {
      const now = new Date();
      await db
        .insertInto('relation_assertions')
        .values({ store, model_id: modelId, assertions, updated_at: now })
        .onConflict((conflict) =>
          conflict.columns(['org_id', 'store', 'model_id']).doUpdateSet({ assertions, updated_at: now }),
        )
        .execute();
    },
  };
}
