import type { RequestContext } from '@lumo/tenancy';
import type { UserPermission, UserRole } from '../ports.js';
import { requireMayAssignRoles } from './caller-authority.js';
import type { DirectoryDeps } from './directory-deps.js';
import { requireUser } from './find-user.js';

type Deps = Pick<DirectoryDeps, 'users' | 'roles'>;

/** Adds roles to a person, or replaces them all. An unknown slug changes nothing. */
export function assignUserRoles(deps: Deps, mode: 'add' | 'replace') {
  return async (ctx: RequestContext, idOrEmail: string, slugs: readonly string[]): Promise<readonly UserRole[]> => {
    await requireMayAssignRoles(deps, ctx);
    const user = await requireUser(deps.users, idOrEmail);
    return deps.roles.assign(user.id, slugs, mode);
  };
}

export function unassignUserRole(deps: Deps) {
  return async (ctx: RequestContext, idOrEmail: string, role: string): Promise<void> => {
    await requireMayAssignRoles(deps, ctx);
    const user = await requireUser(deps.users, idOrEmail);
    await deps.roles.unassign(user.id, role);
  };
}

export function readUserPermissions({ users, roles }: Deps) {
  return async (_ctx: RequestContext, idOrEmail: string): Promise<readonly UserPermission[]> =>
    roles.directPermissions((await requireUser(users, idOrEmail)).id);
}

/** Grants permissions beside those of the roles. An unknown slug changes nothing. */
export function grantUserPermissions(deps: Deps) {
  return async (
    ctx: RequestContext,
    idOrEmail: string,
    slugs: readonly string[],
  ): Promise<readonly UserPermission[]> => {
    await requireMayAssignRoles(deps, ctx);
    const user = await requireUser(deps.users, idOrEmail);
    return deps.roles.grantPermissions(user.id, slugs);
  };
}

export function revokeUserPermission(deps: Deps) {
  return async (ctx: RequestContext, idOrEmail: string, permission: string): Promise<void> => {
    await requireMayAssignRoles(deps, ctx);
    const user = await requireUser(deps.users, idOrEmail);
    await deps.roles.revokePermission(user.id, permission);
  };
}
