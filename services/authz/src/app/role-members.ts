import type { RequestContext } from '@lumo/tenancy';
import { LIMITS } from '../core/rbac/limits.js';
import type { PeopleStore } from '../ports.js';
import { giveAndTake } from './assign-roles.js';
import type { AuthzDeps } from './authz-deps.js';
import { callerReach } from './caller-reach.js';
import { requireRole } from './read-roles.js';
import { invalid, notFound } from './refusals.js';

export interface ChangeMembers {
  /** Id or slug. */
  readonly role: string;
  /** Ids or e-mail addresses. */
  readonly users: readonly string[];
}

/** When to look again for people that the events of the directory did not name yet, in milliseconds. */
const LOOK_AGAIN_MS = [50, 100, 200, 300, 350] as const;

/** Gives a role to people. Where one of them is unknown, nobody gets it. */
export function addRoleMembers({
  changes,
  graphs,
  stores,
  wait,
}: Pick<AuthzDeps, 'changes' | 'graphs' | 'stores' | 'wait'>) {
  return async (ctx: RequestContext, { role: reference, users }: ChangeMembers): Promise<void> => {
    await requireRole(stores, reference);
    const ids = await resolveUsers(stores.people, wait, users);
    const requireReach = await callerReach({ graphs }, ctx);
    await changes.run(async (work) => {
      const role = await requireRole(work, reference);
      const holders = new Set(await work.assignments.holders(role.id, ids));
      for (const id of ids.filter((userId) => !holders.has(userId))) {
        const subject = { type: 'user', id } as const;
        if ((await work.assignments.roleIdsOf(subject)).length >= LIMITS.rolesPerSubject)
          throw invalid({ users: `would have more than ${LIMITS.rolesPerSubject} roles: ${id}` });
        await giveAndTake(work, { subject, added: [role], removed: [] }, requireReach);
      }
    });
  };
}

/** Takes a role from one person; not found where the person does not have it. */
export function removeRoleMember({ changes, graphs, stores }: Pick<AuthzDeps, 'changes' | 'graphs' | 'stores'>) {
  return async (
    ctx: RequestContext,
    { role: reference, user }: { readonly role: string; readonly user: string },
  ): Promise<void> => {
    const id = (await stores.people.resolve([user])).get(user) ?? user;
    const requireReach = await callerReach({ graphs }, ctx);
    await changes.run(async (work) => {
      const role = await requireRole(work, reference);
      if ((await work.assignments.holders(role.id, [id])).length === 0) throw notFound('User with this role');
      await giveAndTake(work, { subject: { type: 'user', id }, added: [], removed: [role] }, requireReach);
    });
  };
}

/**
 * Ids of people, each once. People are known from events, and who was created a moment ago may not have arrived: unknown
 * ones are looked for again for a second before they count as unknown.
 */
async function resolveUsers(
  people: PeopleStore,
  wait: AuthzDeps['wait'],
  references: readonly string[],
): Promise<readonly string[]> {
  let known = await people.resolve(references);
  for (const pause of LOOK_AGAIN_MS) {
    if (references.every((reference) => known.has(reference))) break;
    await wait(pause);
    known = await people.resolve(references);
  }
  const unknown = references.filter((reference) => !known.has(reference));
  if (unknown.length > 0) throw notFound(`User ${unknown.slice(0, 5).join(', ').slice(0, 500)}`);
  return [...new Set(known.values())];
}
