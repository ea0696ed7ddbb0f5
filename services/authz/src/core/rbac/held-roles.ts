import type { Subject } from '../subject.js';
import type { RbacGraph, RoleNode } from './rbac-graph.js';
import { ADMIN_PERMISSIONS } from './system-catalogue.js';

export interface HeldRole {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  /** Whether the role carries every admin permission: its holders are administrators of the organization. */
  readonly isAdmin: boolean;
}

/** The roles of a subject, sorted by slug. */
export function listRoles(graph: RbacGraph, subject: Subject): readonly HeldRole[] | 'unknown' {
  const standing = graph.standing(subject);
  if (standing === 'unknown') return 'unknown';
  if (standing === 'nothing') return [];
  return standing.roles
    .map((role) => ({
      id: role.facts.id,
      slug: role.facts.slug,
      name: role.facts.name,
      isAdmin: carriesAdministration(graph, role),
    }))
    .sort((a, b) => (a.slug < b.slug ? -1 : 1));
}

function carriesAdministration(graph: RbacGraph, role: RoleNode): boolean {
  if (role.facts.everything) return true;
  return ADMIN_PERMISSIONS.every(({ slug }) => {
    const permission = graph.permission(slug);
    return permission !== undefined && role.permissions.has(permission.slot);
  });
}
