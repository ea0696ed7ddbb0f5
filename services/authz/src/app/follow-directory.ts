import type { LumoEvent } from '@lumo/contracts';
import type { SubjectType } from '../core/subject.js';
import type { OpenTransaction, Work } from '../ports.js';
import type { AuthzDeps } from './authz-deps.js';

type Deps = Pick<AuthzDeps, 'changes' | 'storesIn'>;

/** Deleted people are remembered this long, in case an older event about them is still on its way. */
const BURIED_DAYS = 30;
const DAY_MS = 86_400_000;

/** Keeps what the events say about people, so that members of roles have names. */
export function keepPeople({ storesIn }: Deps) {
  return async (events: readonly LumoEvent[], tx: OpenTransaction): Promise<void> => {
    const { people } = storesIn(tx);
    for (const { target, data, occurredAt } of events) {
      if (!target) continue;
      const email = textOf(data.email) ?? (target.name?.includes('@') ? target.name : undefined);
      const said = { email, username: textOf(data.username), name: textOf(data.name) };
      await people.put({ id: target.id, occurredAt: new Date(occurredAt), ...said });
    }
  };
}

/** Forgets people who were deleted, and takes their roles and permissions. */
export function buryPeople({ changes, storesIn }: Deps) {
  return async (events: readonly LumoEvent[], tx: OpenTransaction): Promise<void> => {
    const { people } = storesIn(tx);
    for (const { target, occurredAt } of events) if (target) await people.bury(target.id, new Date(occurredAt));
    const newest = Math.max(...events.map(({ occurredAt }) => Date.parse(occurredAt)));
    await people.forgetBuried(new Date(newest - BURIED_DAYS * DAY_MS));
    await changes.within(tx, (work) => stripSubjects(work, 'user', events));
  };
}

/** Takes the roles and permissions of agents that were deleted. */
export function stripAgents({ changes }: Deps) {
  return async (events: readonly LumoEvent[], tx: OpenTransaction): Promise<void> => {
    await changes.within(tx, (work) => stripSubjects(work, 'agent', events));
  };
}

async function stripSubjects(work: Work, type: SubjectType, events: readonly LumoEvent[]): Promise<void> {
  for (const { target, name } of events) {
    if (!target) continue;
    const subject = { type, id: target.id };
    const { roles, permissions } = await work.assignments.removeAll(subject);
    if (roles.length + permissions.length === 0) continue;
    work.record({ op: 'subject-gone', subject });
    const reason = { because: name };
    if (roles.length > 0) work.announce({ name: 'user.role.removed', target: subject, data: { roles, ...reason } });
    if (permissions.length > 0)
      work.announce({ name: 'user.permission.revoked', target: subject, data: { permissions, ...reason } });
  }
}

/** Undefined where an event does not mention the member; null where it says that it is empty. */
function textOf(value: unknown): string | null | undefined {
  return typeof value === 'string' || value === null ? value : undefined;
}
