import type { Decision } from './question.js';
import { ADMIN_PERMISSIONS, SYSTEM_PERMISSIONS } from './system-catalogue.js';

const GUARDS: ReadonlyMap<string, string> = new Map(SYSTEM_PERMISSIONS.map(({ slug, guard }) => [slug, guard]));
const ALL_GUARDS: readonly string[] = ADMIN_PERMISSIONS.map(({ slug }) => slug);
/** Scopes with which every part of the organization can be changed. */
const GENERAL_SCOPES: readonly string[] = ['admin', 'admin:write', 'admin.write'];

/** What a change of roles hands out or takes away: permissions by slug, and whether a role carries everything. */
export interface Handout {
  readonly permissions: readonly string[];
  readonly everything: boolean;
}

/** Whether the person who calls holds an admin permission now. Machines are limited by their scopes only. */
export type HoldsGuard = (guard: string) => Decision;

/**
 * The admin permissions that a caller lacks for a change. Who administers roles could otherwise give itself, or take
 * from others, rights above its own (OWASP API5). Permissions of the organization's own applications are free.
 */
export function missingGuards(
  caller: { readonly type: string; readonly scopes: readonly string[] },
  holds: HoldsGuard,
  handout: Handout,
): readonly string[] {
  // The operator of the installation and the platform itself stand above the roles of an organization.
  if (caller.type === 'instance' || caller.type === 'service') return [];
  const guards = handout.everything ? ALL_GUARDS : handout.permissions.flatMap((slug) => GUARDS.get(slug) ?? []);
  return [...new Set(guards)].filter(
    (guard) => !inScopes(caller.scopes, guard) || (caller.type === 'user' && holds(guard) !== true),
  );
}

function inScopes(scopes: readonly string[], guard: string): boolean {
  return scopes.some((scope) => scope === guard || GENERAL_SCOPES.includes(scope));
}
