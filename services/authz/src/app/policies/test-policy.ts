import type { RequestContext } from '@lumo/tenancy';
import { isFault } from '../../core/abac/compare.js';
import { type AttributeScopes, compileCondition } from '../../core/abac/compile-condition.js';
import { type Condition, isGroup } from '../../core/abac/condition.js';
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
    const result = (condition: Condition): Traced => {
      const truth = compileCondition(condition, find)(answer.scopes, { regexCost: 0 });
      return isFault(truth) ? { error: truth.fault } : truth;
    };
    return {
      policy,
      isAbout: isAbout(policy, resourceType, action),
      holds: result(policy.conditions),
      trace: traceOf(policy.conditions, result),
      scopes: answer.scopes,
    };
  };
}

function traceOf(condition: Condition, result: (condition: Condition) => Traced): TracedCondition {
  if (!isGroup(condition)) return { ...condition, result: result(condition) };
  return {
    operator: condition.operator,
    result: result(condition),
    conditions: condition.conditions.map((part) => traceOf(part, result)),
  };
}

function isAbout({ resourceType, action }: Policy, askedType: string, askedAction: string): boolean {
  return (resourceType === ANY || resourceType === askedType) && (action === ANY || action === askedAction);
}
