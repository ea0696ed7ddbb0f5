import { sql } from 'kysely';
import type { AttributeValues } from '../policy-ports.js';
import type { Executor } from './paging.js';

export function createAttributeValues(db: Executor): AttributeValues {
  return {
    async setValue({ kind, type, id }, definitionId, value) {
      const newer = { value: JSON.stringify(value), updated_at: sql<Date>`now()` };
      if (kind === 'user') {
        await db
          .insertInto('user_attributes')
          .values({ subject_type: type, subject_id: id, definition_id: definitionId, value: newer.value })
          .onConflict((conflict) =>
            conflict.columns(['org_id', 'subject_type', 'subject_id', 'definition_id']).doUpdateSet(newer),
          )
          .execute();
        return 0;
      }
      const row = await db
        .insertInto('resource_attributes')
        .values({ resource_type: type, resource_id: id, definition_id: definitionId, value: newer.value })
        .onConflict((conflict) =>
          conflict.columns(['org_id', 'resource_type', 'resource_id', 'definition_id']).doUpdateSet(newer),
        )
        .returning('number')
        .executeTakeFirstOrThrow();
      return row.number;
    },
    async removeValue({ kind, type, id }, definitionId) {
      const { numDeletedRows } =
        kind === 'user'
          ? await db
              .deleteFrom('user_attributes')
              .where('subject_type', '=', type)
              .where('subject_id', '=', id)
              .where('definition_id', '=', definitionId)
              .executeTakeFirst()
          : await db
              .deleteFrom('resource_attributes')
              .where('resource_type', '=', type)
              .where('resource_id', '=', id)
              .where('definition_id', '=', definitionId)
              .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    async removeValuesOf({ kind, type, id }) {
      if (kind === 'user') {
        await db.deleteFrom('user_attributes').where('subject_type', '=', type).where('subject_id', '=', id).execute();
      } else {
        await db
          .deleteFrom('resource_attributes')
          .where('resource_type', '=', type)
          .where('resource_id', '=', id)
          .execute();
      }
    },
  };
}
