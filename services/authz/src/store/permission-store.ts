import { sql } from 'kysely';
import type { NewPermission, PermissionStore } from '../ports.js';
import { containing, cutPage, type Executor, type SortOrder } from './paging.js';

/** Columns of a permission under the names that the ports use; also for joins that list permissions. */
export const PERMISSION_COLUMNS = [
  'permissions.id',
  'permissions.slug',
  'permissions.name',
  'permissions.description',
  'permissions.resource',
  'permissions.action',
  'permissions.category',
  'permissions.is_system as isSystem',
  'permissions.created_at as createdAt',
] as const;

export const PERMISSION_ORDER: SortOrder = {
  text: { slug: 'permissions.slug', name: 'permissions.name', category: 'permissions.category' },
  other: { id: 'permissions.id', createdAt: 'permissions.created_at' },
  standard: 'slug',
  tieBreaker: 'permissions.id',
};

/** Identity columns are int4: a longer number is no id. */
const INTEGER = /^\d{1,9}$/;

export function createPermissionStore(db: Executor): PermissionStore {
  const select = () => db.selectFrom('permissions').select(PERMISSION_COLUMNS);
  return {
    list(query) {
      let matching = select();
      if (query.category !== undefined) matching = matching.where('permissions.category', '=', query.category);
      if (query.isSystem !== undefined) matching = matching.where('permissions.is_system', '=', query.isSystem);
      if (query.search) matching = matching.where(matchesPermission(query.search));
      return cutPage(matching, query, PERMISSION_ORDER);
    },
    async byReference(reference) {
      const byId = INTEGER.test(reference)
        ? await select().where('permissions.id', '=', Number(reference)).executeTakeFirst()
        : undefined;
      return byId ?? (await select().where('permissions.slug', '=', reference).executeTakeFirst());
    },
    async find(references) {
      if (references.length === 0) return [];
      const slugs = references.filter((reference) => typeof reference === 'string');
      const ids = references.filter((reference) => typeof reference === 'number');
      return select()
        .where((eb) => eb.or([eb('permissions.slug', '=', any(slugs)), eb('permissions.id', '=', any(ids))]))
        .execute();
    },
    async count() {
      const { count } = await db
        .selectFrom('permissions')
        .select(sql<number>`count(*)::int`.as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },
    insert(permission) {
      return db
        .insertInto('permissions')
        .values(columns(permission))
        .returning(PERMISSION_COLUMNS)
        .executeTakeFirstOrThrow();
    },
    update(id, change) {
      return db
        .updateTable('permissions')
        .set({ ...change, updated_at: sql`now()` })
        .where('id', '=', id)
        .returning(PERMISSION_COLUMNS)
        .executeTakeFirstOrThrow();
    },
    async remove(id) {
      await db.deleteFrom('permissions').where('id', '=', id).execute();
    },
    async roleCount(id) {
      const { count } = await db
        .selectFrom('role_permissions')
        .select(sql<number>`count(*)::int`.as('count'))
        .where('permission_id', '=', id)
        .executeTakeFirstOrThrow();
      return count;
    },
  } satisfies PermissionStore;
}

export function matchesPermission(search: string) {
  const pattern = containing(search);
  return sql<boolean>`(permissions.slug ilike ${pattern} or permissions.name ilike ${pattern} or permissions.description ilike ${pattern})`;
}

/** `column = any($1)`: one parameter and one statement text whatever the number of values. */
export function any<T>(values: readonly T[]) {
  return sql<T>`any(${values})`;
}

function columns({ isSystem, ...rest }: NewPermission) {
  return { ...rest, is_system: isSystem };
}
