import type { RequestContext } from '@lumo/tenancy';
import {
  beyondScopes,
  isPrivileged,
  mayWrite,
  outranking,
  permissionsFor,
  standsAboveOrgs,
} from '../core/admin-authority.js';
import type { DirectoryDeps } from './directory-deps.js';
import { outOfReach } from './refusals.js';

/**
 * Refuses scopes that reach further than the caller: a key or a client with them would raise the caller's own rights
 * (OWASP API5). Scopes of the org's own applications are free.
 */
export async function requireMayGrant(
  { roles }: Pick<DirectoryDeps, 'roles'>,
  { principal }: RequestContext,
  scopes: readonly string[],
): Promise<void> {
  const privileged = scopes.filter(isPrivileged);
  if (privileged.length === 0 || standsAboveOrgs(principal)) return;
  let beyond = beyondScopes(principal.scopes, privileged);
  if (beyond.length === 0 && principal.type === 'user') {
    const held = await roles.permissionsOf(principal.id);
    beyond = privileged.filter((scope) => !permissionsFor(scope).every((permission) => held.has(permission)));
  }
  if (beyond.length > 0) {
    throw outOfReach(`You cannot give what you do not have: ${beyond.join(', ')}.`, { scopes: beyond });
  }
}

/** Refuses to administer a person whose admin permissions reach further than the caller's. */
export async function requireMayManage(
  { roles }: Pick<DirectoryDeps, 'roles'>,
  { principal }: RequestContext,
  userId: string,
): Promise<void> {
  const isSelf = principal.type === 'user' && principal.id === userId;
  if (standsAboveOrgs(principal) || isSelf) return;
  const target = await roles.permissionsOf(userId);
  if (outranking(target, { scopes: [] }).length === 0) return;
  const permissions = principal.type === 'user' ? await roles.permissionsOf(principal.id) : undefined;
  const beyond = outranking(target, { scopes: principal.scopes, permissions });
  if (beyond.length > 0) {
    throw outOfReach('This user has administrative permissions that you lack. Ask an administrator.', {
      permissions: beyond,
    });
  }
}

/** Giving a person roles is administering roles, whichever route it comes by. */
export async function requireMayAssignRoles(
  { roles }: Pick<DirectoryDeps, 'roles'>,
  { principal }: RequestContext,
): Promise<void> {
  if (standsAboveOrgs(principal)) return;
  const byScope = mayWrite(principal.scopes, 'roles');
  const byRole = principal.type !== 'user' || (await roles.permissionsOf(principal.id)).has('admin:roles');
  if (!byScope || !byRole) throw outOfReach('Assigning roles needs admin:roles.');
}
