import type { RequestContext } from '@lumo/tenancy';
import type { PermissionFacts } from '../core/rbac/graph-rows.js';
import { LIMITS } from '../core/rbac/limits.js';
import { checkPermissionSlug, slugFromName } from '../core/rbac/slug.js';
import { RESERVED_PREFIX } from '../core/rbac/system-catalogue.js';
import type { Permission, PermissionChange, Work } from '../ports.js';
import type { AuthzDeps } from './authz-deps.js';
import { duplicate, immutable, invalid, limitReached, notFound } from './refusals.js';

export interface CreatePermission {
  /** One of name and slug is needed; each suggests the other. */
  readonly name?: string;
  readonly slug?: string;
  readonly description?: string | null;
  readonly resource?: string | null;
  readonly action?: string | null;
  readonly category?: string | null;
}

type Deps = Pick<AuthzDeps, 'changes'>;

/** Adds a permission to the org; `duplicate_resource` where the slug is taken. */
export function createPermission({ changes }: Deps) {
  return async (_ctx: RequestContext, command: CreatePermission): Promise<Permission> => {
    const slug = customSlug(command.slug ?? suggestSlug(command));
    return changes.run(async (work) => {
      await requireFree(work, slug);
      if ((await work.permissions.count()) >= LIMITS.permissionsPerOrg)
        throw limitReached('permissions', LIMITS.permissionsPerOrg);
      const permission = await work.permissions.insert({
        slug,
        name: command.name ?? slug,
        description: command.description ?? null,
        resource: command.resource ?? null,
        action: command.action ?? null,
        category: command.category ?? null,
        isSystem: false,
      });
      work.record({ op: 'permission', permission: factsOf(permission) });
      work.announce({ name: 'permission.created', target: targetOf(permission), data: { slug } });
      return permission;
    });
  };
}

/** Changes the members that are named. A new slug takes effect at once for everyone who has the permission. */
export function updatePermission({ changes }: Deps) {
  return async (
    _ctx: RequestContext,
    { reference, ...change }: PermissionChange & { readonly reference: string },
  ): Promise<Permission> => {
    const slug = change.slug === undefined ? undefined : customSlug(change.slug);
    return changes.run(async (work) => {
      const before = await requireCustom(work, reference);
      if (slug !== undefined && slug !== before.slug) await requireFree(work, slug);
      const fields = Object.keys(change).filter((field) => change[field as keyof PermissionChange] !== undefined);
      if (fields.length === 0) return before;
      const permission = await work.permissions.update(before.id, change);
      work.record({ op: 'permission', permission: factsOf(permission) });
      work.announce({
        name: 'permission.updated',
        target: targetOf(permission),
        data: { fields, slug: permission.slug, ...(slug && slug !== before.slug && { previousSlug: before.slug }) },
      });
      return permission;
    });
  };
}

/** Removes a permission, also from every role and subject that has it. */
export function deletePermission({ changes }: Deps) {
  return async (_ctx: RequestContext, { reference }: { readonly reference: string }): Promise<void> => {
    await changes.run(async (work) => {
      const permission = await requireCustom(work, reference);
      await work.permissions.remove(permission.id);
      work.record({ op: 'permission-gone', id: permission.id });
      work.announce({ name: 'permission.deleted', target: targetOf(permission), data: { slug: permission.slug } });
    });
  };
}

export function factsOf({ id, slug, name, description }: Permission): PermissionFacts {
  return { id, slug, name, description };
}

function targetOf({ id, slug }: Permission) {
  return { type: 'permission', id: String(id), name: slug };
}

function customSlug(text: string): string {
  const slug = checkPermissionSlug(text);
  if (!slug.ok) throw invalid({ slug: slug.error });
  if (text.startsWith(RESERVED_PREFIX))
    throw invalid({ slug: `must not begin with "${RESERVED_PREFIX}", which is for system permissions.` });
  return slug.value;
}

/** `resource.action` where both are given; a name that reads like a slug is one; other names become one. */
function suggestSlug({ name, resource, action }: CreatePermission): string {
  if (resource && action) return `${resource}.${action}`;
  if (name === undefined) throw invalid({ slug: 'or name is required.' });
  return /\s/.test(name) ? slugFromName(name) : name;
}

async function requireFree(work: Work, slug: string): Promise<void> {
  if ((await work.permissions.find([slug])).length > 0) throw duplicate('permission', slug);
}

async function requireCustom(work: Work, reference: string): Promise<Permission> {
  const permission = await work.permissions.byReference(reference);
  if (!permission) throw notFound('Permission');
  if (permission.isSystem) throw immutable('permission');
  return permission;
}
