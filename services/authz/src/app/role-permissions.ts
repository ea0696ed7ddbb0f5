import type { RequestContext } from '@lumo/tenancy';
import { LIMITS } from '../core/rbac/limits.js';
import type { Permission, PermissionReference, Role, Work } from '../ports.js';
import type { AuthzDeps } from './authz-deps.js';
import { callerReach, type RequireReach } from './caller-reach.js';
import { requireCustomRole, roleTarget } from './custom-role.js';
import { type DetailedRole, detailedRole } from './read-roles.js';
import { invalid, limitReached, notFound } from './refusals.js';

type Deps = Pick<AuthzDeps, 'changes' | 'graphs'>;

export interface ChangeRolePermissions {
  readonly role: string;
  readonly permissions: readonly PermissionReference[];
  readonly mode: 'add' | 'replace';
}

/** What a change of a role's permissions did, by slug: the data of its event. */
export interface PermissionsChanged {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Adds permissions to a role, or replaces them all. An unknown one changes nothing. */
export function changeRolePermissions({ changes, graphs }: Deps) {
  return async (
    ctx: RequestContext,
    { role: reference, permissions, mode }: ChangeRolePermissions,
  ): Promise<DetailedRole> => {
    const requireReach = await callerReach({ graphs }, ctx);
    return changes.run(async (work) => {
      const role = await requireCustomRole(work, reference);
      const changed =
        mode === 'replace'
          ? await setPermissions(work, role, permissions, requireReach)
          : await addPermissions(work, role, permissions, requireReach);
      if (changed) work.announce({ name: 'role.updated', target: roleTarget(role), data: { ...changed } });
      return detailedRole(work, role.id);
    });
  };
}

/** Takes one permission from a role; not found where the role does not have it. */
export function removeRolePermission({ changes, graphs }: Deps) {
  return async (
    ctx: RequestContext,
    { role: reference, permission: which }: { readonly role: string; readonly permission: string },
  ): Promise<void> => {
    const requireReach = await callerReach({ graphs }, ctx);
    await changes.run(async (work) => {
      const role = await requireCustomRole(work, reference);
      const permission = await work.permissions.byReference(which);
      const held = await work.roles.permissionIds(role.id);
      if (!permission || !held.includes(permission.id)) throw notFound('Permission of this role');
      requireReach({ permissions: systemSlugs([permission]), everything: false });
      await takePermissions(work, role, [permission.id]);
      const changed: PermissionsChanged = { added: [], removed: [permission.slug] };
      work.announce({ name: 'role.updated', target: roleTarget(role), data: { ...changed } });
    });
  };
}

/** Undefined where the role has exactly these already. */
export async function setPermissions(
  work: Work,
  role: Role,
  references: readonly PermissionReference[],
  requireReach: RequireReach,
): Promise<PermissionsChanged | undefined> {
  const wanted = await requirePermissions(work, references);
  const held = await work.permissions.find(await work.roles.permissionIds(role.id));
  const added = without(wanted, held);
  const removed = without(held, wanted);
  requireReach({ permissions: systemSlugs([...added, ...removed]), everything: false });
  await takePermissions(
    work,
    role,
    removed.map(({ id }) => id),
  );
  await givePermissions(work, role, added);
  return changedOf(added, removed);
}

async function addPermissions(
  work: Work,
  role: Role,
  references: readonly PermissionReference[],
  requireReach: RequireReach,
): Promise<PermissionsChanged | undefined> {
  const held = new Set(await work.roles.permissionIds(role.id));
  const added = (await requirePermissions(work, references)).filter(({ id }) => !held.has(id));
  requireReach({ permissions: systemSlugs(added), everything: false });
  await givePermissions(work, role, added);
  return changedOf(added, []);
}

/** Permissions by slug or id, each once; names the unknown ones. */
export async function requirePermissions(
  work: Work,
  references: readonly PermissionReference[],
): Promise<readonly Permission[]> {
  const found = await work.permissions.find(references);
  const known = new Set<PermissionReference>(found.flatMap(({ id, slug }) => [id, slug]));
  const unknown = references.filter((reference) => !known.has(reference));
  if (unknown.length > 0)
    throw invalid({ permissions: `names unknown permissions: ${unknown.slice(0, 10).join(', ').slice(0, 500)}` });
  return found;
}

/** Adds permissions that the role does not have, within the limit of the org. */
export async function givePermissions(work: Work, role: Role, permissions: readonly Permission[]): Promise<void> {
  if (permissions.length === 0) return;
  if ((await work.roles.pairCount()) + permissions.length > LIMITS.rolePermissionsPerOrg)
    throw limitReached('permissions in all its roles together', LIMITS.rolePermissionsPerOrg);
  const ids = permissions.map(({ id }) => id);
  await work.roles.addPermissions(role.id, ids);
  work.record({ op: 'role-permissions', role: role.id, add: ids, remove: [] });
}

async function takePermissions(work: Work, role: Role, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await work.roles.removePermissions(role.id, ids);
  work.record({ op: 'role-permissions', role: role.id, add: [], remove: ids });
}

export function systemSlugs(permissions: readonly Permission[]): readonly string[] {
  return permissions.filter(({ isSystem }) => isSystem).map(({ slug }) => slug);
}

function without(from: readonly Permission[], others: readonly Permission[]): readonly Permission[] {
  const ids = new Set(others.map(({ id }) => id));
  return from.filter(({ id }) => !ids.has(id));
}

function changedOf(added: readonly Permission[], removed: readonly Permission[]): PermissionsChanged | undefined {
  if (added.length + removed.length === 0) return undefined;
  return { added: added.map(({ slug }) => slug), removed: removed.map(({ slug }) => slug) };
}
