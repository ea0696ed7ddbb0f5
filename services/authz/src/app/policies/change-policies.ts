import { newId } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { POLICY_LIMITS } from '../../core/abac/policy.js';
import type { PolicyRecord } from '../../policy-ports.js';
import type { Work } from '../../ports.js';
import type { AuthzDeps } from '../authz-deps.js';
import { duplicate, limitReached, notFound } from '../refusals.js';
import { requirePolicyRight } from './policy-access.js';
import { leavesOf, type PolicyDraft, type SettledPolicy, settleDraft } from './policy-draft.js';

type Deps = Pick<AuthzDeps, 'changes' | 'graphs'>;

/** Adds a policy; it counts from the next decision on. */
export function createPolicy(deps: Deps) {
  return async (ctx: RequestContext, draft: PolicyDraft): Promise<PolicyRecord> => {
    await requirePolicyRight(deps, ctx, 'policies.manage');
    const settled = settleDraft(draft);
    return deps.changes.run(async (work) => {
      await requireFreeSlug(work, settled.slug);
      await requireRoom(work, settled);
      const policy = await work.policies.insertPolicy({ id: newId('policy'), ...settled });
      await policiesMoved(work);
      work.announce({ name: 'policy.created', target: targetOf(policy), data: factsOf(policy) });
      return policy;
    });
  };
}

/** Changes the members that are named. */
export function updatePolicy(deps: Deps) {
  return async (
    ctx: RequestContext,
    { reference, ...draft }: PolicyDraft & { readonly reference: string },
  ): Promise<PolicyRecord> => {
    await requirePolicyRight(deps, ctx, 'policies.manage');
    return deps.changes.run(async (work) => {
      const before = await requirePolicy(work.policies, reference);
      const settled = settleDraft(draft, before);
      const fields = Object.keys(draft).filter((field) => draft[field as keyof PolicyDraft] !== undefined);
      if (fields.length === 0) return before;
      if (settled.slug !== before.slug) await requireFreeSlug(work, settled.slug);
      await requireRoom(work, settled, before.id);
      const policy = await work.policies.updatePolicy(before.id, settled);
      await policiesMoved(work);
      work.announce({ name: 'policy.updated', target: targetOf(policy), data: { fields, ...factsOf(policy) } });
      return policy;
    });
  };
}

/** Switches a policy on or off. */
export function togglePolicy(deps: Deps) {
  return async (ctx: RequestContext, { reference }: { readonly reference: string }): Promise<PolicyRecord> => {
    await requirePolicyRight(deps, ctx, 'policies.manage');
    return deps.changes.run(async (work) => {
      const before = await requirePolicy(work.policies, reference);
      const isActive = !before.isActive;
      await requireRoom(work, { ...before, isActive }, before.id);
      const policy = await work.policies.updatePolicy(before.id, { isActive });
      await policiesMoved(work);
      work.announce({
        name: 'policy.updated',
        target: targetOf(policy),
        data: { fields: ['isActive'], ...factsOf(policy) },
      });
      return policy;
    });
  };
}

export function deletePolicy(deps: Deps) {
  return async (ctx: RequestContext, { reference }: { readonly reference: string }): Promise<void> => {
    await requirePolicyRight(deps, ctx, 'policies.manage');
    await deps.changes.run(async (work) => {
      const policy = await requirePolicy(work.policies, reference);
      await work.policies.removePolicy(policy.id);
      await policiesMoved(work);
      work.announce({ name: 'policy.deleted', target: targetOf(policy), data: factsOf(policy) });
    });
  };
}

export async function requirePolicy(
  policies: Pick<Work['policies'], 'policy'>,
  reference: string,
): Promise<PolicyRecord> {
  const policy = await policies.policy(reference);
  if (!policy) throw notFound('Policy');
  return policy;
}

/** What is compiled in every process is made again. */
export async function policiesMoved(work: Work): Promise<void> {
  await work.policies.movePolicies();
  work.touch('policies');
}

async function requireFreeSlug(work: Work, slug: string): Promise<void> {
  if ((await work.policies.policy(slug))?.slug === slug) throw duplicate('policy', slug);
}

async function requireRoom(work: Work, settled: SettledPolicy, except?: string): Promise<void> {
  const { count, activeLeaves } = await work.policies.policyTotals(except);
  if (count >= POLICY_LIMITS.perOrg) throw limitReached('policies', POLICY_LIMITS.perOrg);
  if (activeLeaves + leavesOf(settled) > POLICY_LIMITS.leavesPerOrg)
    throw limitReached('comparisons in its active policies', POLICY_LIMITS.leavesPerOrg);
}

function targetOf({ id, slug }: PolicyRecord) {
  return { type: 'policy', id, name: slug };
}

function factsOf({ slug, resourceType, action, effect, priority, isActive }: PolicyRecord) {
  return { slug, resourceType, action, effect, priority, isActive };
}
