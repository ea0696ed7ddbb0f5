import type { RequestContext } from '@lumo/tenancy';
import { LIMITS } from '../core/rbac/limits.js';
import type { SubjectType } from '../core/subject.js';
import type { CountedRole, Member, Page, PageQuery, Permission, Role, RoleQuery, Stores } from '../ports.js';
import type { AuthzDeps } from './authz-deps.js';
import { notFound } from './refusals.js';

type Deps = Pick<AuthzDeps, 'stores'>;
type OfRole = { readonly role: string };

export interface DetailedRole extends CountedRole {
  readonly permissions: readonly Permission[];
}

export function listRoleRecords({ stores }: Deps) {
  return (_ctx: RequestContext, query: RoleQuery): Promise<Page<CountedRole>> => stores.roles.list(query);
}

/** A role, by id or slug, with everything it carries. */
export function readRole({ stores }: Deps) {
  return (_ctx: RequestContext, { role }: OfRole): Promise<DetailedRole> => detailedRole(stores, role);
}

export function listRolePermissions({ stores }: Deps) {
  return async (_ctx: RequestContext, { role, ...query }: PageQuery & OfRole): Promise<Page<Permission>> =>
    stores.roles.permissions(await requireRole(stores, role), query);
}

/** The people who have a role. */
export function listRoleMembers({ stores }: Deps) {
  return async (_ctx: RequestContext, { role, ...query }: PageQuery & OfRole): Promise<Page<Member>> =>
    stores.assignments.members((await requireRole(stores, role)).id, query);
}

const MAX_IDS = 10_000;

/** Ids of the subjects of one type that have a role, sorted; `truncated` where there are more than `limit`. */
export function listMemberIds({ stores }: Deps) {
  return async (
    _ctx: RequestContext,
    { role, type, limit }: OfRole & { readonly type: SubjectType; readonly limit: number },
  ): Promise<{ readonly ids: readonly string[]; readonly truncated: boolean }> => {
    const atMost = limit > 0 ? Math.min(limit, MAX_IDS) : MAX_IDS;
    const { id } = await requireRole(stores, role);
    const ids = await stores.assignments.memberIds(id, type, atMost + 1);
    return { ids: ids.slice(0, atMost), truncated: ids.length > atMost };
  };
}

export async function detailedRole(stores: Stores, reference: string): Promise<DetailedRole> {
  const role = await requireRole(stores, reference);
  const counted = await stores.roles.counted(role.id);
  if (!counted) throw notFound('Role');
  const { rows } = await stores.roles.permissions(role, { page: 1, limit: LIMITS.permissionsPerOrg });
  return { ...counted, permissions: rows };
}

export async function requireRole(stores: Stores, reference: string): Promise<Role> {
  const role = await stores.roles.byReference(reference);
  if (!role) throw notFound('Role');
  return role;
}
