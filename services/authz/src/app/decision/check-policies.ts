import type { RequestContext } from '@lumo/tenancy';
import type { AttributeScopes } from '../../core/abac/compile-condition.js';
import type { PolicyDecision } from '../../core/abac/policy-set.js';
import type { AuthzDeps } from '../authz-deps.js';
import { hasPolicyRight } from '../policies/policy-access.js';
import { evaluatePolicies, type RequestAttributes } from './evaluate-policies.js';
import { type AskedSubject, settleSubject } from './subject-of-question.js';

/** One question to the policies. */
export interface PolicyCheck {
  readonly resourceType: string;
  readonly action: string;
  readonly resourceId?: string;
  readonly resource?: RequestAttributes['resource'];
  readonly actionProperties?: RequestAttributes['action'];
}

export interface CheckPolicies {
  /** Absent: the caller, also an API key, of which only its id and name are known. */
  readonly about?: AskedSubject;
  readonly user?: RequestAttributes['user'];
  readonly environment?: RequestAttributes['environment'];
  readonly checks: readonly PolicyCheck[];
}

export interface CheckedPolicy {
  readonly allowed: boolean;
  /** `not_delegated`: a delegated token does not reach so far, whatever the policies say. */
  readonly outcome: PolicyDecision['outcome'] | 'not_delegated';
  readonly decision: PolicyDecision;
  /** What the policies saw; only for who may see the policies. */
  readonly scopes?: AttributeScopes;
}

export interface CheckedPolicies {
  readonly subject: AskedSubject;
  readonly seesPolicies: boolean;
  /** In the order of the checks. */
  readonly results: readonly CheckedPolicy[];
}

type Deps = Pick<AuthzDeps, 'graphs' | 'policies' | 'clock' | 'stores' | 'decisions' | 'questions'>;

/** Asks the policies alone: nothing is allowed unless one allows it. */
export function checkPolicies(deps: Deps) {
  return async (ctx: RequestContext, command: CheckPolicies): Promise<CheckedPolicies> => {
    const subject = await settleSubject(deps, ctx, command.about);
    const seesPolicies = await hasPolicyRight(deps, ctx, 'explain');
    const inquiries = command.checks.map(({ resourceType, resourceId, action, resource, actionProperties }) => ({
      subject,
      action,
      resource: { type: resourceType, ...(resourceId !== undefined && { id: resourceId }) },
      request: {
        ...(command.user && { user: command.user }),
        ...(resource && { resource }),
        ...(command.environment && { environment: command.environment }),
        ...(actionProperties && { action: actionProperties }),
      },
    }));
    const { answers } = await evaluatePolicies(deps, ctx, inquiries, { allAttributes: seesPolicies });
    const results = answers.map(
      ({ decision, isCovered, scopes }): CheckedPolicy => ({
        allowed: isCovered && decision.outcome === 'allow',
        outcome: isCovered ? decision.outcome : 'not_delegated',
        decision,
        ...(seesPolicies && { scopes }),
      }),
    );
    deps.decisions.record(
      ctx,
      inquiries.map(({ resource, action }, i) => ({
        subject: subject.subject,
        permission: action,
        resource,
        allowed: results[i]?.allowed === true,
      })),
    );
    for (const inquiry of inquiries) deps.questions.remember(ctx, inquiry);
    return { subject: subject.subject, seesPolicies, results };
  };
}
