import { sql } from 'kysely';
import { countComparisons } from '../core/abac/count-comparisons.js';
import type { PolicyChange, PolicyRecords } from '../policy-ports.js';
import { containing, cutPage, type Executor, type SortOrder } from './paging.js';

const COLUMNS = [
  'id',
  'slug',
  'name',
  'description',
  'resource_type as resourceType',
  'action',
  'effect',
  'priority',
  'conditions',
  'is_active as isActive',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const;

const ORDER: SortOrder = {
  text: { slug: 'slug', name: 'name', resourceType: 'resource_type', action: 'action', effect: 'effect' },
  other: { priority: 'priority', createdAt: 'created_at', updatedAt: 'updated_at', isActive: 'is_active' },
  standard: 'slug',
  tieBreaker: 'id',
};

export function createPolicyRecords(db: Executor): PolicyRecords {
  const select = () => db.selectFrom('policies').select(COLUMNS);
  return {
    listPolicies({ resourceType, action, effect, isActive, ...query }) {
      let matching = select();
      if (resourceType !== undefined) matching = matching.where('resource_type', '=', resourceType);
      if (action !== undefined) matching = matching.where('action', '=', action);
      if (effect !== undefined) matching = matching.where('effect', '=', effect);
      if (isActive !== undefined) matching = matching.where('is_active', '=', isActive);
      if (query.search) {
        const pattern = containing(query.search);
        matching = matching.where(
          sql<boolean>`(slug ilike ${pattern} or name ilike ${pattern} or description ilike ${pattern})`,
        );
      }
      return cutPage(matching, query, ORDER);
    },
    async policy(reference) {
      const rows = await select()
        .where((eb) => eb.or([eb('id', '=', reference), eb('slug', '=', reference)]))
        .execute();
      return rows.find(({ id }) => id === reference) ?? rows[0];
    },
    async policyTotals(except) {
      return db
        .selectFrom('policies')
        .select([
          sql<number>`count(*)::int`.as('count'),
          sql<number>`coalesce(sum(leaves) filter (where is_active), 0)::int`.as('activeLeaves'),
        ])
        .where('id', '<>', except ?? '')
        .executeTakeFirstOrThrow();
    },
    insertPolicy({ resourceType, isActive, conditions, ...rest }) {
      return db
        .insertInto('policies')
        .values({
          ...rest,
          resource_type: resourceType,
          is_active: isActive,
          conditions: JSON.stringify(conditions),
          leaves: countComparisons(conditions),
        })
        .returning(COLUMNS)
        .executeTakeFirstOrThrow();
    },
    updatePolicy(id, change) {
      return db
        .updateTable('policies')
        .set({ ...columnsOf(change), updated_at: sql`now()` })
        .where('id', '=', id)
        .returning(COLUMNS)
        .executeTakeFirstOrThrow();
    },
    async removePolicy(id) {
      await db.deleteFrom('policies').where('id', '=', id).execute();
    },
  };
}

function columnsOf({ resourceType, isActive, conditions, ...rest }: PolicyChange) {
  return {
    ...rest,
    ...(resourceType !== undefined && { resource_type: resourceType }),
    ...(isActive !== undefined && { is_active: isActive }),
    ...(conditions && { conditions: JSON.stringify(conditions), leaves: countComparisons(conditions) }),
  };
}
