import type { RequestContext } from '@lumo/tenancy';
import type { CountedRole, Page, PageQuery, Permission, PermissionQuery } from '../ports.js';
import type { AuthzDeps } from './authz-deps.js';
import { notFound } from './refusals.js';

type Deps = Pick<AuthzDeps, 'stores'>;

export function listPermissionRecords({ stores }: Deps) {
  return (_ctx: RequestContext, query: PermissionQuery): Promise<Page<Permission>> => stores.permissions.list(query);
}

/** A permission, by id or slug, and how many roles name it. */
export function readPermission({ stores }: Deps) {
  return async (
    _ctx: RequestContext,
    { reference }: { readonly reference: string },
  ): Promise<Permission & { readonly roleCount: number }> => {
    const permission = await requirePermission(stores, reference);
    return { ...permission, roleCount: await stores.permissions.roleCount(permission.id) };
  };
}

/** The roles that name a permission. */
export function listRolesWithPermission({ stores }: Deps) {
  return async (
    _ctx: RequestContext,
    { reference, ...query }: PageQuery & { readonly reference: string },
  ): Promise<Page<CountedRole>> => {
    const permission = await requirePermission(stores, reference);
    return stores.roles.list({ ...query, permissionId: permission.id });
  };
}

async function requirePermission(stores: Deps['stores'], reference: string): Promise<Permission> {
  const permission = await stores.permissions.byReference(reference);
  if (!permission) throw notFound('Permission');
  return permission;
}
