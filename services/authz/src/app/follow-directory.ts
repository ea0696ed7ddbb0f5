import type { LumoEvent } from '@lumo/contracts';
import { type AttributeBag, type AttributeValue, checkValue } from '../core/abac/attribute-value.js';
import type { SubjectType } from '../core/subject.js';
import type { OpenTransaction, Work } from '../ports.js';
import type { AuthzDeps } from './authz-deps.js';

type Deps = Pick<AuthzDeps, 'changes' | 'storesIn'>;

/** Deleted people are remembered this long, in case an older event about them is still on its way. */
const BURIED_DAYS = 30;
const DAY_MS = 86_400_000;

/** Keeps what the events say about people, so that members of roles have names and policies can read what they are. */
export function keepPeople({ changes }: Deps) {
  return async (events: readonly LumoEvent[], tx: OpenTransaction): Promise<void> => {
    await changes.within(tx, async (work) => {
      for (const { target, data, occurredAt } of events) {
        if (!target) continue;
        const email = textOf(data.email) ?? (target.name?.includes('@') ? target.name : undefined);
        const said = { email, username: textOf(data.username), name: textOf(data.name) };
        await work.people.put({ id: target.id, occurredAt: new Date(occurredAt), ...said, facts: factsOf(data) });
      }
      work.touch('policies');
    });
  };
}

/** Forgets people who were deleted, and takes their roles and permissions. */
export function buryPeople({ changes, storesIn }: Deps) {
  return async (events: readonly LumoEvent[], tx: OpenTransaction): Promise<void> => {
    const { people, policies } = storesIn(tx);
    for (const { target, occurredAt } of events) if (target) await people.bury(target.id, new Date(occurredAt));
    for (const { target } of events)
      if (target) await policies.removeValuesOf({ kind: 'user', type: 'user', id: target.id });
    const newest = Math.max(...events.map(({ occurredAt }) => Date.parse(occurredAt)));
    await people.forgetBuried(new Date(newest - BURIED_DAYS * DAY_MS));
    await changes.within(tx, async (work) => {
      await stripSubjects(work, 'user', events);
      work.touch('policies');
    });
  };
}

/** Takes the roles, permissions and attributes of agents that were deleted. */
export function stripAgents({ changes }: Deps) {
  return async (events: readonly LumoEvent[], tx: OpenTransaction): Promise<void> => {
    await changes.within(tx, async (work) => {
      await stripSubjects(work, 'agent', events);
      for (const { target } of events)
        if (target) await work.policies.removeValuesOf({ kind: 'user', type: 'agent', id: target.id });
      work.touch('policies');
    });
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

/** Members of an event that policies read as attributes of the person. What is empty is there as null: it was cleared. */
const FACTS = {
  givenName: 'string',
  familyName: 'string',
  locale: 'string',
  zoneinfo: 'string',
  isActive: 'boolean',
  blocked: 'boolean',
  emailVerified: 'boolean',
  mfaEnabled: 'boolean',
  createdAt: 'string',
  groups: 'list',
} as const;

function factsOf(data: LumoEvent['data']): AttributeBag {
  const facts: Record<string, AttributeValue> = {};
  for (const [name, kind] of Object.entries(FACTS)) {
    const value = data[name];
    if (value === undefined) continue;
    const fits = kind === 'list' ? Array.isArray(value) : typeof value === kind;
    const checked = checkValue(fits ? value : null);
    if (checked.ok) facts[name] = checked.value;
  }
  return facts;
}

/** Undefined where an event does not mention the member; null where it says that it is empty. */
function textOf(value: unknown): string | null | undefined {
  return typeof value === 'string' || value === null ? value : undefined;
}
