import { isStorable } from '../../core/abac/attribute-value.js';
import { countComparisons } from '../../core/abac/count-comparisons.js';
import { normaliseCondition } from '../../core/abac/normalise-condition.js';
import { EFFECTS, type Effect, POLICY_LIMITS, type Policy } from '../../core/abac/policy.js';
import { slugFromName } from '../../core/rbac/slug.js';
import type { NewPolicy, PolicyRecord } from '../../policy-ports.js';
import { invalid } from '../refusals.js';

/** A policy as a client writes it; in a change, what is absent stays. */
export interface PolicyDraft {
  readonly name?: string;
  readonly slug?: string;
  readonly description?: string | null;
  readonly resourceType?: string;
  readonly action?: string;
  readonly effect?: string;
  readonly priority?: number;
  /** In the current shape or an older one (contract 3.4). */
  readonly conditions?: unknown;
  readonly isActive?: boolean;
}

export type SettledPolicy = Omit<NewPolicy, 'id'>;

const SLUG = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/;
const MAX_TARGET = 255;

/** Judges a draft and completes it. Throws `validation_error` that names the member and the place inside of it. */
export function settleDraft(
  draft: PolicyDraft,
  before?: Omit<PolicyRecord, 'id' | 'createdAt' | 'updatedAt'> | Policy,
): SettledPolicy {
  const name = draft.name ?? before?.name;
  if (name === undefined || name.trim() === '') throw invalid({ name: 'is required: what to call the policy.' });
  const conditions = draft.conditions === undefined ? before?.conditions : readConditions(draft.conditions);
  if (!conditions) throw invalid({ conditions: 'is required; {"operator": "AND", "conditions": []} holds always.' });
  return {
    name,
    slug: readSlug(draft.slug ?? before?.slug ?? slugFromName(name)),
    description: draft.description === undefined ? textOf(before, 'description') : draft.description,
    resourceType: readTarget('resourceType', draft.resourceType ?? before?.resourceType),
    action: readTarget('action', draft.action ?? before?.action),
    effect: readEffect(draft.effect ?? before?.effect),
    priority: readPriority(draft.priority ?? before?.priority ?? POLICY_LIMITS.defaultPriority),
    conditions,
    isActive: draft.isActive ?? (before && 'isActive' in before ? before.isActive : true),
  };
}

/** What the engine needs of it. */
export function policyOf(id: string, { description: _, isActive: __, ...policy }: SettledPolicy): Policy {
  return { id, ...policy };
}

export function leavesOf({ conditions, isActive }: SettledPolicy): number {
  return isActive ? countComparisons(conditions) : 0;
}

function readConditions(input: unknown) {
  const read = normaliseCondition(input);
  if (!read.ok) throw invalid({ [read.error.at]: `${read.error.problem}.` });
  return read.value;
}

function readSlug(slug: string): string {
  if (!SLUG.test(slug))
    throw invalid({ slug: 'must have 1 to 100 letters, digits or _ . : - and begin with a letter or digit.' });
  if (slug.startsWith('pol_')) throw invalid({ slug: 'must not begin with "pol_", which is how policy ids begin.' });
  return slug;
}

function readTarget(member: 'resourceType' | 'action', text: string | undefined): string {
  if (text === undefined || text === '') throw invalid({ [member]: 'is required; * stands for every one.' });
  if (text.length > MAX_TARGET || !isStorable(text) || /\p{Cc}/u.test(text) || text.trim() !== text)
    throw invalid({ [member]: `must be 1 to ${MAX_TARGET} characters without control characters or outer spaces.` });
  if (text.includes('*') && text !== '*')
    throw invalid({ [member]: 'may be * for every one, but has no other patterns.' });
  return text;
}

function readEffect(effect: string | undefined): Effect {
  const known = EFFECTS.find((one) => one === effect);
  if (!known) throw invalid({ effect: 'must be allow or deny.' });
  return known;
}

function readPriority(priority: number): number {
  if (!Number.isInteger(priority) || priority < 0 || priority > POLICY_LIMITS.maxPriority)
    throw invalid({ priority: `must be a whole number from 0 to ${POLICY_LIMITS.maxPriority}.` });
  return priority;
}

function textOf(before: object | undefined, member: 'description'): string | null {
  const value = before && member in before ? (before as Record<string, unknown>)[member] : null;
  return typeof value === 'string' ? value : null;
}
