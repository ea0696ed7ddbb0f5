import type { RequestContext } from '@lumo/tenancy';
import type { Policy } from '../../core/abac/policy.js';
import { type PolicyOutcome, PolicySet } from '../../core/abac/policy-set.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import { requirePolicyRight } from '../policies/policy-access.js';
import { type PolicyDraft, policyOf, settleDraft } from '../policies/policy-draft.js';
import { evaluatePolicies, type PolicyInquiry } from './evaluate-policies.js';
import type { RecentQuestion } from './recent-questions.js';

/** A change of policies that is only tried. */
export interface DryRunPolicies {
  /** Policies as they would be: one that names an existing id or slug replaces it, others are added. */
  readonly put: readonly (PolicyDraft & { readonly reference?: string })[];
  /** Ids or slugs of policies that would be gone. */
  readonly remove: readonly string[];
  /** Questions to try; absent: those that were asked lately. */
  readonly questions?: readonly Omit<RecentQuestion, 'askedAt' | 'isPartial'>[];
}

export interface ChangedAnswer {
  readonly question: Omit<RecentQuestion, 'askedAt' | 'isPartial'>;
  readonly before: PolicyOutcome;
  readonly after: PolicyOutcome;
  /** Policies that decide afterwards. */
  readonly decidedBy: readonly Policy[];
  readonly isPartial: boolean;
}

export interface DryRun {
  readonly tried: number;
  readonly changed: readonly ChangedAnswer[];
  /** Policies in force with the change. */
  readonly policies: number;
}

type Deps = Pick<AuthzDeps, 'graphs' | 'policies' | 'policySource' | 'clock' | 'questions'>;

/** Asks the same questions of the policies as they are and as they would be, and tells whose answer changes. */
export function dryRunPolicies(deps: Deps) {
  return async (ctx: RequestContext, change: DryRunPolicies): Promise<DryRun> => {
    await requirePolicyRight(deps, ctx, 'policies.view');
    const given = change.questions?.map((question) => ({ ...question, isPartial: false }));
    const questions = given ?? deps.questions.of(orgOf(ctx).id);
    const { policies, definitions } = await deps.policySource.loadPolicies();
    const changed = applyChange(policies, change);
    const [now, then] = [new PolicySet(policies, definitions), new PolicySet(changed, definitions)];
    const inquiries = questions.map(
      ({ subject, resource, action, request }): PolicyInquiry => ({
        subject: { subject, asked: subject, isOther: true, isTrusted: true },
        resource,
        action,
        request,
      }),
    );
    const before = await evaluatePolicies(deps, ctx, inquiries, {
      policies: now,
      freshness: 'now',
      allAttributes: true,
    });
    const after = await deps.policies.pace.each(orgOf(ctx), before.answers, ({ scopes }, i) => {
      const { resource, action } = questions[i] ?? { resource: { type: '' }, action: '' };
      return then.decide({ resourceType: resource.type, action, scopes });
    });
    return {
      tried: questions.length,
      policies: changed.length,
      changed: questions.flatMap((question, i) => {
        const [was, is] = [before.answers[i]?.decision.outcome, after[i]];
        if (!was || !is || was === is.outcome) return [];
        const { isPartial, subject, resource, action, request } = question;
        return [
          {
            question: { subject, resource, action, request },
            before: was,
            after: is.outcome,
            decidedBy: is.holding,
            isPartial,
          },
        ];
      }),
    };
  };
}

/** Refuses a change that could not be made: what names nothing, what is not valid. */
function applyChange(policies: readonly Policy[], { put, remove }: DryRunPolicies): readonly Policy[] {
  const result = new Map(policies.map((policy) => [policy.id, policy]));
  const idOf = (reference: string) =>
    result.has(reference) ? reference : policies.find(({ slug }) => slug === reference)?.id;
  for (const reference of remove) {
    const id = idOf(reference);
    if (id !== undefined) result.delete(id);
  }
  put.forEach(({ reference, ...draft }, i) => {
    const id = reference === undefined ? undefined : idOf(reference);
    const settled = settleDraft(draft, id === undefined ? undefined : result.get(id));
    if (settled.isActive) result.set(id ?? `draft-${i}`, policyOf(id ?? `draft-${i}`, settled));
    else if (id !== undefined) result.delete(id);
  });
  return [...result.values()];
}
