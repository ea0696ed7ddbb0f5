import { newId } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { LIMITS } from '../core/rbac/limits.js';
import { checkRoleSlug, slugFromName } from '../core/rbac/slug.js';
import type { PermissionReference, RoleChange, Work } from '../ports.js';
import type { AuthzDeps } from './authz-deps.js';
import { callerReach } from './caller-reach.js';
import { requireCustomRole, roleFacts, roleTarget } from './custom-role.js';
import { type DetailedRole, detailedRole } from './read-roles.js';
import { duplicate, invalid, limitReached } from './refusals.js';
import { givePermissions, requirePermissions, setPermissions, systemSlugs } from './role-permissions.js';

export interface CreateRole {
  readonly name: string;
  /** Made from the name where it is absent. */
  readonly slug?: string;
  readonly description?: string | null;
  readonly permissions?: readonly PermissionReference[];
}

export interface UpdateRole extends RoleChange {
  readonly role: string;
  /** Replaces what the role carries. */
  readonly permissions?: readonly PermissionReference[];
}

type Deps = Pick<AuthzDeps, 'changes' | 'graphs'>;

/** Adds a role; `duplicate_resource` where the slug is taken, `validation_error` where a permission is unknown. */
export function createRole({ changes, graphs }: Deps) {
  return async (ctx: RequestContext, command: CreateRole): Promise<DetailedRole> => {
    const slug = customSlug(command.slug ?? slugFromName(command.name));
    const requireReach = await callerReach({ graphs }, ctx);
    return changes.run(async (work) => {
      await requireFree(work, slug);
      if ((await work.roles.count()) >= LIMITS.rolesPerOrg) throw limitReached('roles', LIMITS.rolesPerOrg);
      const permissions = await requirePermissions(work, command.permissions ?? []);
      requireReach({ permissions: systemSlugs(permissions), everything: false });
      const role = await work.roles.insert({
        id: newId('role'),
        slug,
        name: command.name,
        description: command.description ?? null,
        everything: false,
        isSystem: false,
      });
      work.record({ op: 'role', role: roleFacts(role) });
      await givePermissions(work, role, permissions);
      const slugs = permissions.map((permission) => permission.slug);
      work.announce({ name: 'role.created', target: roleTarget(role), data: { slug, permissions: slugs } });
      return detailedRole(work, role.id);
    });
  };
}

/** Changes the members that are named. */
export function updateRole({ changes, graphs }: Deps) {
  return async (
    ctx: RequestContext,
    { role: reference, permissions, ...change }: UpdateRole,
  ): Promise<DetailedRole> => {
    const slug = change.slug === undefined ? undefined : customSlug(change.slug);
    const requireReach = await callerReach({ graphs }, ctx);
    return changes.run(async (work) => {
      const before = await requireCustomRole(work, reference);
      if (slug !== undefined && slug !== before.slug) await requireFree(work, slug);
      const fields = Object.keys(change).filter((field) => change[field as keyof RoleChange] !== undefined);
      const role = fields.length > 0 ? await work.roles.update(before.id, change) : before;
      if (fields.length > 0) work.record({ op: 'role', role: roleFacts(role) });
      const changed = permissions && (await setPermissions(work, role, permissions, requireReach));
      if (fields.length > 0 || changed)
        work.announce({ name: 'role.updated', target: roleTarget(role), data: { fields, ...changed } });
      return detailedRole(work, role.id);
    });
  };
}

/** Removes a role, also from everyone who has it. */
export function deleteRole({ changes, graphs }: Deps) {
  return async (ctx: RequestContext, { role: reference }: { readonly role: string }): Promise<void> => {
    const requireReach = await callerReach({ graphs }, ctx);
    await changes.run(async (work) => {
      const role = await requireCustomRole(work, reference);
      requireReach({ permissions: await work.roles.systemPermissionsOf([role.id]), everything: role.everything });
      await work.roles.remove(role.id);
      work.record({ op: 'role-gone', id: role.id });
      work.announce({ name: 'role.deleted', target: roleTarget(role), data: { slug: role.slug } });
    });
  };
}

function customSlug(text: string): string {
  const slug = checkRoleSlug(text);
  if (!slug.ok) throw invalid({ slug: slug.error });
  return slug.value;
}

async function requireFree(work: Work, slug: string): Promise<void> {
  if ((await work.roles.bySlugs([slug])).length > 0) throw duplicate('role', slug);
}
