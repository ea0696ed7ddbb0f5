import { newId } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { INITIAL_ROLES, type InitialRole, SYSTEM_PERMISSIONS } from '../core/rbac/system-catalogue.js';
import type { OpenTransaction, Permission, Stores, Work } from '../ports.js';
import type { AuthzDeps } from './authz-deps.js';
import { factsOf } from './change-permissions.js';
import { roleFacts, roleTarget } from './custom-role.js';
import { givePermissions } from './role-permissions.js';

const SYSTEM_SLUGS = SYSTEM_PERMISSIONS.map(({ slug }) => slug);

/**
 * Gives the org of the context its system permissions and roles, and a new org its predefined roles. Again is the same as
 * once: what a later version adds arrives, and what the organization made of its predefined roles stays.
 */
export function provisionOrg({ changes, stores }: Pick<AuthzDeps, 'changes' | 'stores'>) {
  return async (_ctx: RequestContext): Promise<void> => {
    if (!(await isProvisioned(stores))) await changes.run(provision);
  };
}

/** The same in a transaction that somebody else commits. */
export function provisionOrgWithin({ changes, storesIn }: Pick<AuthzDeps, 'changes' | 'storesIn'>) {
  return async (tx: OpenTransaction): Promise<void> => {
    if (!(await isProvisioned(storesIn(tx)))) await changes.within(tx, provision);
  };
}

async function isProvisioned({ permissions, roles }: Stores): Promise<boolean> {
  const systemRoles = INITIAL_ROLES.filter(({ isSystem }) => isSystem).map(({ slug }) => slug);
  const hasRoles = (await roles.bySlugs(systemRoles)).length === systemRoles.length;
  const present = await permissions.find(SYSTEM_SLUGS);
  return hasRoles && present.length === SYSTEM_SLUGS.length && present.every(({ isSystem }) => isSystem);
}

async function provision(work: Work): Promise<void> {
  const isNew = (await work.roles.count()) === 0;
  const permissions = await ensurePermissions(work);
  const present = new Map((await work.roles.bySlugs(INITIAL_ROLES.map(({ slug }) => slug))).map((r) => [r.slug, r]));
  for (const initial of INITIAL_ROLES.filter(({ isSystem }) => isSystem || isNew)) {
    const role = present.get(initial.slug) ?? (await createInitialRole(work, initial));
    const held = new Set(await work.roles.permissionIds(role.id));
    const wanted = initial.permissions === 'everything' ? [] : initial.permissions;
    if (initial.isSystem || !present.has(initial.slug)) {
      const missing = permissions.filter(({ id, slug }) => wanted.includes(slug) && !held.has(id));
      await givePermissions(work, role, missing);
    }
  }
}

async function ensurePermissions(work: Work): Promise<readonly Permission[]> {
  const present = new Map((await work.permissions.find(SYSTEM_SLUGS)).map((p) => [p.slug, p]));
  const all: Permission[] = [];
  for (const { guard: _guard, ...wanted } of SYSTEM_PERMISSIONS) {
    const system = { ...wanted, category: 'system', isSystem: true };
    const known = present.get(wanted.slug);
    // The organization may have used the word for a permission of its own before this version knew it.
    const permission = known
      ? known.isSystem
        ? known
        : await work.permissions.update(known.id, system)
      : await work.permissions.insert(system);
    if (permission !== known) work.record({ op: 'permission', permission: factsOf(permission) });
    all.push(permission);
  }
  return all;
}

async function createInitialRole(work: Work, initial: InitialRole) {
  const role = await work.roles.insert({
    id: newId('role'),
    slug: initial.slug,
    name: initial.name,
    description: initial.description,
    everything: initial.permissions === 'everything',
    isSystem: initial.isSystem,
  });
  work.record({ op: 'role', role: roleFacts(role) });
  work.announce({ name: 'role.created', target: roleTarget(role), data: { slug: role.slug, isSystem: role.isSystem } });
  return role;
}
