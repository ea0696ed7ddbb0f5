import type { RequestContext } from '@lumo/tenancy';
import { fault, isFault, type Truth } from '../../core/abac/compare.js';
import { type AttributeScopes, compileCondition, joinTruths } from '../../core/abac/compile-condition.js';
import { type Condition, type ConditionLeaf, isGroup } from '../../core/abac/condition.js';
import { ANY, type Policy } from '../../core/abac/policy.js';
import { PolicySet } from '../../core/abac/policy-set.js';
import type { PolicyRecord } from '../../policy-ports.js';
import type { AuthzDeps } from '../authz-deps.js';
import { evaluatePolicies, type RequestAttributes } from '../decision/evaluate-policies.js';
import { type AskedSubject, settleSubject } from '../decision/subject-of-question.js';
import { requirePolicy } from './change-policies.js';
import { requirePolicyRight } from './policy-access.js';

export interface TestPolicy {
  readonly reference: string;
  readonly about?: AskedSubject;
  /** Absent: what the policy is about. */
  readonly resourceType?: string;
  readonly action?: string;
  readonly resourceId?: string;
  readonly request: RequestAttributes;
}

/** A condition with what came of it. */
export type TracedCondition =
  | {
      readonly operator: 'AND' | 'OR' | 'NOT';
      readonly result: Traced;
      readonly conditions: readonly TracedCondition[];
    }
  | { readonly subject: string; readonly operator: string; readonly value?: unknown; readonly result: Traced };

export type Traced = boolean | { readonly error: string };

export interface TestedPolicy {
  readonly policy: PolicyRecord;
  /** Whether the policy is about the question at all. */
  readonly isAbout: boolean;
  /** Whether its conditions hold. */
  readonly holds: Traced;
  readonly trace: TracedCondition;
  readonly scopes: AttributeScopes;
}

type Deps = Pick<AuthzDeps, 'graphs' | 'policies' | 'clock' | 'stores'>;

/** Tries one policy, also one that is switched off, and tells what each of its conditions comes to. Changes nothing. */
export function testPolicy(deps: Deps) {
  return async (ctx: RequestContext, command: TestPolicy): Promise<TestedPolicy> => {
    await requirePolicyRight(deps, ctx, 'policies.view');
    const policy = await requirePolicy(deps.stores.policies, command.reference);
    const subject = await settleSubject(deps, ctx, command.about);
    const resourceType = command.resourceType ?? policy.resourceType;
    const action = command.action ?? policy.action;
    const resource = { type: resourceType, ...(command.resourceId !== undefined && { id: command.resourceId }) };
    const { answers, current } = await evaluatePolicies(
      deps,
      ctx,
      [{ subject, resource, action, request: command.request }],
      { freshness: 'now', allAttributes: true, policies: new PolicySet([policy], []) },
    );
    const [answer] = answers;
    if (!answer) throw new Error('one inquiry has one answer');
    const find = (root: string, slug: string) =>
      current.definitions.find((definition) => definition.attributeType === root && definition.slug === slug);
    const meter = { work: 0 };
    const trace = traceOf(policy.conditions, (condition) => compileCondition(condition, find)(answer.scopes, meter));
    return {
      policy,
      isAbout: isAbout(policy, resourceType, action),
      holds: trace.result,
      trace,
      scopes: answer.scopes,
    };
  };
}

/** Each comparison is made once, in the order of a decision, and groups are made of what came of it. */
function traceOf(condition: Condition, compare: (leaf: ConditionLeaf) => Truth): TracedCondition {
  if (!isGroup(condition)) return { ...condition, result: traced(compare(condition)) };
  const { operator } = condition;
  const conditions = condition.conditions.map((part) => traceOf(part, compare));
  const truth = joinTruths(operator, conditions, ({ result }) =>
    typeof result === 'boolean' ? result : fault(result.error),
  );
  return { operator, result: traced(truth), conditions };
}

function traced(truth: Truth): Traced {
  return isFault(truth) ? { error: truth.fault } : truth;
}

function isAbout({ resourceType, action }: Policy, askedType: string, askedAction: string): boolean {
  return (resourceType === ANY || resourceType === askedType) && (action === ANY || action === askedAction);
}
