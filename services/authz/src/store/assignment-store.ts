import { sql } from 'kysely';
import type { Subject } from '../core/subject.js';
import type { AssignmentStore } from '../ports.js';
import { containing, cutPage, type Executor, type SortOrder } from './paging.js';
import { any } from './permission-store.js';

const MEMBER_ORDER: SortOrder = {
  text: { email: 'people.email', name: 'people.name', username: 'people.username' },
  standard: 'email',
  tieBreaker: 'role_assignments.subject_id',
};

export function createAssignmentStore(db: Executor): AssignmentStore {
  const rolesOf = ({ type, id }: Subject) =>
    db.selectFrom('role_assignments').where('subject_type', '=', type).where('subject_id', '=', id);
  const grantsOf = ({ type, id }: Subject) =>
    db.selectFrom('permission_grants').where('subject_type', '=', type).where('subject_id', '=', id);
  return {
    async roleIdsOf(subject) {
      const rows = await rolesOf(subject).select('role_id').execute();
      return rows.map((row) => row.role_id);
    },
    async addRoles({ type, id }, roleIds) {
      if (roleIds.length === 0) return;
      await db
        .insertInto('role_assignments')
        .values(roleIds.map((roleId) => ({ subject_type: type, subject_id: id, role_id: roleId })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    async removeRoles({ type, id }, roleIds) {
      if (roleIds.length === 0) return;
      await db
        .deleteFrom('role_assignments')
        .where('subject_type', '=', type)
        .where('subject_id', '=', id)
        .where('role_id', '=', any(roleIds))
        .execute();
    },
    async holders(roleId, userIds) {
      const rows = await db
        .selectFrom('role_assignments')
        .select('subject_id')
        .where('role_id', '=', roleId)
        .where('subject_type', '=', 'user')
        .where('subject_id', '=', any(userIds))
        .execute();
      return rows.map((row) => row.subject_id);
    },
    members(roleId, query) {
      let members = db
        .selectFrom('role_assignments')
        .leftJoin('people', (join) =>
          join
            .onRef('people.org_id', '=', 'role_assignments.org_id')
            .onRef('people.id', '=', 'role_assignments.subject_id'),
        )
        .select(['role_assignments.subject_id as id', 'people.email', 'people.username', 'people.name'])
        .where('role_assignments.role_id', '=', roleId)
        .where('role_assignments.subject_type', '=', 'user');
      if (query.search) {
        const pattern = containing(query.search);
        members = members.where(
          sql<boolean>`(people.email ilike ${pattern} or people.name ilike ${pattern} or people.username ilike ${pattern})`,
        );
      }
      return cutPage(members, query, MEMBER_ORDER);
    },
    async memberIds(roleId, type, limit) {
      const rows = await db
        .selectFrom('role_assignments')
        .select('subject_id')
        .where('role_id', '=', roleId)
        .where('subject_type', '=', type)
        .orderBy('subject_id')
        .limit(limit)
        .execute();
      return rows.map((row) => row.subject_id);
    },
    async permissionIdsOf(subject) {
      const rows = await grantsOf(subject).select('permission_id').execute();
      return rows.map((row) => row.permission_id);
    },
    async grant({ type, id }, permissionIds) {
      if (permissionIds.length === 0) return;
      await db
        .insertInto('permission_grants')
        .values(
          permissionIds.map((permissionId) => ({ subject_type: type, subject_id: id, permission_id: permissionId })),
        )
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    async revoke({ type, id }, permissionIds) {
      if (permissionIds.length === 0) return;
      await db
        .deleteFrom('permission_grants')
        .where('subject_type', '=', type)
        .where('subject_id', '=', id)
        .where('permission_id', '=', any(permissionIds))
        .execute();
    },
    async removeAll(subject) {
      const roles = await rolesOf(subject)
        .innerJoin('roles', (join) =>
          join.onRef('roles.org_id', '=', 'role_assignments.org_id').onRef('roles.id', '=', 'role_assignments.role_id'),
        )
        .select('roles.slug')
        .execute();
      const permissions = await grantsOf(subject)
        .innerJoin('permissions', (join) =>
          join
            .onRef('permissions.org_id', '=', 'permission_grants.org_id')
            .onRef('permissions.id', '=', 'permission_grants.permission_id'),
        )
        .select('permissions.slug')
        .execute();
      for (const table of ['role_assignments', 'permission_grants'] as const) {
        await db
          .deleteFrom(table)
          .where('subject_type', '=', subject.type)
          .where('subject_id', '=', subject.id)
          .execute();
      }
      return { roles: roles.map((row) => row.slug), permissions: permissions.map((row) => row.slug) };
    },
  };
}
