import type { RoleFacts } from '../core/rbac/graph-rows.js';
import type { Role, Work } from '../ports.js';
import { requireRole } from './read-roles.js';
import { immutable } from './refusals.js';

/** A role that the organization may change, by id or slug. */
export async function requireCustomRole(work: Work, reference: string): Promise<Role> {
  const role = await requireRole(work, reference);
  if (role.isSystem) throw immutable('role');
  return role;
}

export function roleFacts({ id, slug, name, everything }: Role): RoleFacts {
  return { id, slug, name, everything };
}

export function roleTarget({ id, slug }: Role) {
  return { type: 'role', id, name: slug };
}
