import { sql } from 'kysely';
import type { Role, RoleStore } from '../ports.js';
import { containing, cutPage, type Executor, type SortOrder } from './paging.js';
import { any, matchesPermission, PERMISSION_COLUMNS, PERMISSION_ORDER } from './permission-store.js';

const ROLE_COLUMNS = [
  'roles.id',
  'roles.slug',
  'roles.name',
  'roles.description',
  'roles.everything',
  'roles.is_system as isSystem',
  'roles.created_at as createdAt',
  'roles.updated_at as updatedAt',
] as const;

/** Counted for the rows of a page only: they stand in the select list, after the page is cut. */
const USER_COUNT = sql<number>`(
  select count(*)::int from role_assignments a where a.org_id = roles.org_id and a.role_id = roles.id and a.subject_type = 'user'
)`.as('userCount');

const PERMISSION_COUNT = sql<number>`case when roles.everything
  then (select count(*)::int from permissions p where p.org_id = roles.org_id)
  else (select count(*)::int from role_permissions r where r.org_id = roles.org_id and r.role_id = roles.id)
end`.as('permissionCount');

const ROLE_ORDER: SortOrder = {
  text: { name: 'roles.name', slug: 'roles.slug' },
  other: { createdAt: 'roles.created_at', updatedAt: 'roles.updated_at' },
  standard: 'name',
  tieBreaker: 'roles.id',
};

export function createRoleStore(db: Executor): RoleStore {
  const select = () => db.selectFrom('roles').select(ROLE_COLUMNS);
  const counted = () => select().select([USER_COUNT, PERMISSION_COUNT]);
  return {
    list(query) {
      let matching = counted();
      if (query.isSystem !== undefined) matching = matching.where('roles.is_system', '=', query.isSystem);
      if (query.search) {
        const pattern = containing(query.search);
        matching = matching.where(
          sql<boolean>`(roles.name ilike ${pattern} or roles.slug ilike ${pattern} or roles.description ilike ${pattern})`,
        );
      }
      if (query.permissionId !== undefined) {
        matching = matching.where('roles.id', 'in', (sub) =>
          sub
            .selectFrom('role_permissions')
            .select('role_permissions.role_id')
            .where('role_permissions.permission_id', '=', query.permissionId ?? 0),
        );
      }
      return cutPage(matching, query, ROLE_ORDER);
    },
    byReference: (reference) =>
      select()
        .where((eb) => eb.or([eb('roles.id', '=', reference), eb('roles.slug', '=', reference)]))
        .executeTakeFirst(),
    async bySlugs(slugs) {
      return slugs.length === 0 ? [] : select().where('roles.slug', '=', any(slugs)).execute();
    },
    counted: (id) => counted().where('roles.id', '=', id).executeTakeFirst(),
    count: () => countOf(db, 'roles'),
    insert: ({ isSystem, ...role }) =>
      db
        .insertInto('roles')
        .values({ ...role, is_system: isSystem })
        .returning(ROLE_COLUMNS)
        .executeTakeFirstOrThrow(),
    update: (id, change) =>
      db
        .updateTable('roles')
        .set({ ...change, updated_at: sql`now()` })
        .where('id', '=', id)
        .returning(ROLE_COLUMNS)
        .executeTakeFirstOrThrow(),
    async remove(id) {
      await db.deleteFrom('roles').where('id', '=', id).execute();
    },
    permissions(role: Role, query) {
      let carried = db.selectFrom('permissions').select(PERMISSION_COLUMNS);
      if (!role.everything) {
        carried = carried.where('permissions.id', 'in', (sub) =>
          sub
            .selectFrom('role_permissions')
            .select('role_permissions.permission_id')
            .where('role_permissions.role_id', '=', role.id),
        );
      }
      if (query.search) carried = carried.where(matchesPermission(query.search));
      return cutPage(carried, query, PERMISSION_ORDER);
    },
    async permissionIds(id) {
      const rows = await db.selectFrom('role_permissions').select('permission_id').where('role_id', '=', id).execute();
      return rows.map((row) => row.permission_id);
    },
    async systemPermissionsOf(ids) {
      if (ids.length === 0) return [];
      const rows = await db
        .selectFrom('permissions')
        .select('slug')
        .where('id', 'in', (sub) =>
          sub.selectFrom('role_permissions').select('permission_id').where('role_id', '=', any(ids)),
        )
        .where('is_system', '=', true)
        .execute();
      return rows.map((row) => row.slug);
    },
    pairCount: () => countOf(db, 'role_permissions'),
    async addPermissions(id, permissionIds) {
      if (permissionIds.length === 0) return;
      await db
        .insertInto('role_permissions')
        .columns(['role_id', 'permission_id'])
        .expression(sql`select ${id}, unnest(${permissionIds}::int[])`)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await touch(db, id);
    },
    async removePermissions(id, permissionIds) {
      if (permissionIds.length === 0) return;
      await db
        .deleteFrom('role_permissions')
        .where('role_id', '=', id)
        .where('permission_id', '=', any(permissionIds))
        .execute();
      await touch(db, id);
    },
  };
}

async function touch(db: Executor, id: string): Promise<void> {
  await db.updateTable('roles').set({ updated_at: sql`now()` }).where('id', '=', id).execute();
}

async function countOf(db: Executor, table: 'roles' | 'role_permissions'): Promise<number> {
  const { count } = await db.selectFrom(table).select(sql<number>`count(*)::int`.as('count')).executeTakeFirstOrThrow();
  return count;
}
