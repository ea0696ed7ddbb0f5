import type { NewEvent } from '@lumo/messaging';
import type { RequestContext } from '@lumo/tenancy';
import { LIMITS } from '../core/rbac/limits.js';
import type { Subject } from '../core/subject.js';
import type { Role, Work } from '../ports.js';
import type { AuthzDeps } from './authz-deps.js';
import { callerReach, type RequireReach } from './caller-reach.js';
import { requireRole } from './read-roles.js';
import { invalid, notFound } from './refusals.js';

type Deps = Pick<AuthzDeps, 'changes' | 'graphs'>;

export interface AssignRoles {
  readonly subject: Subject;
  readonly slugs: readonly string[];
  /** `replace` takes away every role that is not named. */
  readonly mode: 'add' | 'replace';
}

/** Gives a subject roles. An unknown slug is a `validation_error` and changes nothing. */
export function assignRoles({ changes, graphs }: Deps) {
  return async (ctx: RequestContext, { subject, slugs, mode }: AssignRoles): Promise<void> => {
    const requireReach = await callerReach({ graphs }, ctx);
    await changes.run(async (work) => {
      const wanted = await requireRoles(work, slugs);
      const held = new Set(await work.assignments.roleIdsOf(subject));
      const wantedIds = new Set(wanted.map(({ id }) => id));
      const removedIds = mode === 'replace' ? [...held].filter((id) => !wantedIds.has(id)) : [];
      const removed = await rolesByIds(work, removedIds);
      const added = wanted.filter(({ id }) => !held.has(id));
      if (held.size - removed.length + added.length > LIMITS.rolesPerSubject)
        throw invalid({ roles: `must be at most ${LIMITS.rolesPerSubject} for one subject.` });
      await giveAndTake(work, { subject, added, removed }, requireReach);
    });
  };
}

/** Takes one role (id or slug) from a subject; not found where the subject does not have it. */
export function unassignRole({ changes, graphs }: Deps) {
  return async (
    ctx: RequestContext,
    { subject, role: reference }: { readonly subject: Subject; readonly role: string },
  ): Promise<void> => {
    const requireReach = await callerReach({ graphs }, ctx);
    await changes.run(async (work) => {
      const role = await requireRole(work, reference);
      if (!(await work.assignments.roleIdsOf(subject)).includes(role.id)) throw notFound('Role of this subject');
      await giveAndTake(work, { subject, added: [], removed: [role] }, requireReach);
    });
  };
}

export interface RoleTransfer {
  readonly subject: Subject;
  readonly added: readonly Role[];
  readonly removed: readonly Role[];
}

/** Changes what one subject has: rows, graph step and events. The caller must reach as far as every role in it. */
export async function giveAndTake(
  work: Work,
  { subject, added, removed }: RoleTransfer,
  requireReach: RequireReach,
): Promise<void> {
  const touched = [...added, ...removed];
  if (touched.length === 0) return;
  requireReach({
    permissions: await work.roles.systemPermissionsOf(touched.map(({ id }) => id)),
    everything: touched.some(({ everything }) => everything),
  });
  const add = added.map(({ id }) => id);
  const remove = removed.map(({ id }) => id);
  await work.assignments.removeRoles(subject, remove);
  await work.assignments.addRoles(subject, add);
  work.record({ op: 'subject-roles', subject, add, remove });
  if (added.length > 0) work.announce(assignmentEvent('user.role.assigned', subject, added));
  if (removed.length > 0) work.announce(assignmentEvent('user.role.removed', subject, removed));
}

function assignmentEvent(
  name: 'user.role.assigned' | 'user.role.removed',
  subject: Subject,
  roles: readonly Role[],
): NewEvent {
  return { name, target: { ...subject }, data: { roles: roles.map(({ slug }) => slug) } };
}

async function requireRoles(work: Work, slugs: readonly string[]): Promise<readonly Role[]> {
  const found = await work.roles.bySlugs(slugs);
  const known = new Set(found.map(({ slug }) => slug));
  const unknown = slugs.filter((slug) => !known.has(slug));
  if (unknown.length > 0)
    throw invalid({ roles: `names unknown roles: ${unknown.slice(0, 10).join(', ').slice(0, 500)}` });
  return found;
}

async function rolesByIds(work: Work, ids: readonly string[]): Promise<readonly Role[]> {
  const roles: Role[] = [];
  for (const id of ids) roles.push(await requireRole(work, id));
  return roles;
}
