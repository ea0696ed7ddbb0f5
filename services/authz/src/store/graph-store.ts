import { sql } from 'kysely';
import type { GraphChange } from '../core/rbac/graph-change.js';
import type { SubjectHolding } from '../core/rbac/graph-rows.js';
import type { SubjectType } from '../core/subject.js';
import type { GraphSource } from '../ports.js';
import { CURRENT_ORG } from './graph-revision.js';
import type { Executor } from './paging.js';

type PermissionTuple = [id: number, slug: string, name: string, description: string | null];
type RoleTuple = [id: string, slug: string, name: string, everything: boolean, permissionIds: number[]];
type SubjectTuple = [type: SubjectType, id: string, roleIds: string[], permissionIds: number[]];

/** Each method is one statement, hence one snapshot: rows and the revision they belong to cannot disagree. */
export function createGraphStore(db: Executor): GraphSource {
  return {
    async load(maxSubjects) {
      const { rows } = await sql<{
        revision: number;
        permissions: readonly PermissionTuple[];
        roles: readonly RoleTuple[];
        subjects: readonly SubjectTuple[] | null;
      }>`
        with held as materialized (
          select (select count(*) from (select 1 from role_assignments limit ${maxSubjects + 1}) a)
               + (select count(*) from (select 1 from permission_grants limit ${maxSubjects + 1}) g) as count
        )
        select
          coalesce((select roles_at from graph_revisions where org = ${CURRENT_ORG}), 0) as revision,
          (select coalesce(json_agg(json_build_array(id, slug, name, description)), '[]') from permissions) as permissions,
          (select coalesce(json_agg(json_build_array(id, slug, name, everything,
              (select coalesce(json_agg(permission_id), '[]') from role_permissions p
               where p.org_id = roles.org_id and p.role_id = roles.id))), '[]') from roles) as roles,
          case when (select count from held) <= ${maxSubjects} then
            (select coalesce(json_agg(json_build_array(subject_type, subject_id, role_ids, permission_ids)), '[]') from (
              select subject_type, subject_id,
                     array_remove(array_agg(role_id), null) as role_ids,
                     array_remove(array_agg(permission_id), null) as permission_ids
              from (
                select subject_type, subject_id, role_id, null::integer as permission_id from role_assignments
                union all
                select subject_type, subject_id, null, permission_id from permission_grants
              ) each_held group by subject_type, subject_id
            ) each_subject)
          end as subjects
      `.execute(db);
      const [row] = rows;
      if (!row) throw new Error('a statement without a from clause has one row');
      return {
        revision: row.revision,
        permissions: row.permissions.map(([id, slug, name, description]) => ({ id, slug, name, description })),
        roles: row.roles.map(([id, slug, name, everything, permissionIds]) => ({
          id,
          slug,
          name,
          everything,
          permissionIds,
        })),
        ...(row.subjects && { subjects: row.subjects.map(toHolding) }),
      };
    },

    async changesSince(revision) {
      const { rows } = await sql<{ pruned: number } & (GraphChange | { readonly revision: null })>`
        select coalesce((select roles_pruned from graph_revisions where org = ${CURRENT_ORG}), 0) as pruned, c.revision, c.ops
        from (select 1) always left join graph_changes c on c.revision > ${revision}
        order by c.revision
      `.execute(db);
      if (rows[0] && rows[0].pruned > revision) return 'gap';
      return rows.flatMap((row) => (row.revision === null ? [] : [{ revision: row.revision, ops: row.ops }]));
    },

    async holdings(subjects) {
      const { rows } = await sql<{ revision: number; subjects: readonly SubjectTuple[] }>`
        select
          coalesce((select roles_at from graph_revisions where org = ${CURRENT_ORG}), 0) as revision,
          (select coalesce(json_agg(json_build_array(type, id,
              (select coalesce(json_agg(role_id), '[]') from role_assignments
               where subject_type = type and subject_id = id),
              (select coalesce(json_agg(permission_id), '[]') from permission_grants
               where subject_type = type and subject_id = id))), '[]')
           from unnest(${subjects.map(({ type }) => type)}::text[], ${subjects.map(({ id }) => id)}::text[]) as asked (type, id)
          ) as subjects
      `.execute(db);
      const [row] = rows;
      return { revision: row?.revision ?? 0, subjects: (row?.subjects ?? []).map(toHolding) };
    },
  };
}

function toHolding([type, id, roleIds, permissionIds]: SubjectTuple): SubjectHolding {
  return { type, id, roleIds, permissionIds };
}
