import type { z } from 'zod';
import type { EnginePart } from '../../app/decision/decide.js';
import type { PolicyDecision } from '../../core/abac/policy-set.js';
import { viewMatched } from '../abac/abac-views.js';
import type { partSchema } from './decision.routes.js';

/** `details`: what decided, for who may see the policies and asked for it. */
export function viewPart(part: EnginePart, { details }: { readonly details: boolean }): z.infer<typeof partSchema> {
  const { engine, outcome, code } = part;
  return {
    engine,
    outcome: outcome === 'forbid' ? 'deny' : outcome,
    code,
    reason: reasonOf(part, details),
    ...(outcome === 'forbid' && { explicit: true }),
    ...(details && detailsOf(part)),
  };
}

function detailsOf(part: EnginePart): object {
  switch (part.engine) {
    case 'rbac': {
      const { permission, source } = part.roles ?? {};
      return { ...(permission !== undefined && { permission }), ...(source !== undefined && { source }) };
    }
    case 'abac':
      return part.policies ? viewPolicies(part.policies) : {};
    case 'rebac': {
      const { explanation, failure } = part.relations;
      return {
        ...(explanation && { explanation }),
        ...(failure?.details && { details: failure.details }),
      };
    }
  }
}

function viewPolicies({ holding, broken }: PolicyDecision): object {
  return {
    matchedPolicies: holding.map(viewMatched),
    ...(broken.length > 0 && {
      brokenPolicies: broken.map(({ policy: { id, name }, fault }) => ({ id, name, problem: fault })),
    }),
  };
}

function reasonOf(part: EnginePart, details: boolean): string {
  switch (part.engine) {
    case 'rbac':
      return roleReason(part);
    case 'abac':
      return policyReason(part, details);
    case 'rebac':
      return relationReason(part);
  }
}

function roleReason({ code, roles }: Extract<EnginePart, { engine: 'rbac' }>): string {
  if (code === 'not_delegated') return 'The delegation does not cover this: the agent was not granted it.';
  const permission = roles?.permission;
  switch (roles?.code) {
    case 'permission_held':
      return `Holds the permission ${permission}.`;
    case 'permission_missing':
      return `Lacks the permission ${permission}.`;
    default:
      return 'The organization has no permission of that name.';
  }
}

function policyReason({ code, policies }: Extract<EnginePart, { engine: 'abac' }>, details: boolean): string {
  const named = policies?.holding.find(({ effect }) => code !== 'policy_denies' || effect === 'deny')?.name;
  const [broken] = policies?.broken ?? [];
  switch (code) {
    case 'policy_denies':
      return `The policy "${named}" denies it.`;
    case 'policy_allows':
      return `The policy "${named}" allows it.`;
    case 'policy_error':
      return details && broken
        ? `The policy "${broken.policy.name}" could not be evaluated: ${broken.fault}.`
        : 'A policy about this could not be evaluated.';
    case 'no_policy_allows':
      return 'No policy about this allows it.';
    case 'no_policy_denies':
      return 'Policies about this only deny, and none of them holds.';
    default:
      return 'No policy is about this.';
  }
}

function relationReason({ relations }: Extract<EnginePart, { engine: 'rebac' }>): string {
  switch (relations.code) {
    case 'related':
      return 'Has the relation.';
    case 'not_related':
      return 'Does not have the relation.';
    case 'not_in_model':
      return 'The model of relations knows no such type or relation.';
    default:
      return relations.failure?.message ?? 'Relations could not be decided.';
  }
}
