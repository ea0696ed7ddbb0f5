import { z } from 'zod';
import type { ListedDefinition } from '../../app/attributes/built-in-definitions.js';
import type { CheckedPolicies, CheckedPolicy } from '../../app/decision/check-policies.js';
import { ATTRIBUTE_TYPES, DATA_TYPES } from '../../core/abac/attribute-definition.js';
import type { Policy } from '../../core/abac/policy.js';
import type { PolicyRecord } from '../../policy-ports.js';

export const policySchema = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  description: z.string().nullable(),
  resourceType: z.string(),
  action: z.string(),
  effect: z.enum(['allow', 'deny']),
  priority: z.int(),
  conditions: z.record(z.string(), z.unknown()),
  isActive: z.boolean(),
  isSystem: z.boolean(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type PolicyView = z.infer<typeof policySchema>;

/** `isSystem`: every policy is the organization's own. */
export function viewPolicy({ createdAt, updatedAt, conditions, ...policy }: PolicyRecord): PolicyView {
  const { id, name, slug, description, resourceType, action, effect, priority, isActive } = policy;
  return {
    ...{ id, name, slug, description, resourceType, action, effect, priority },
    conditions: { ...conditions },
    isActive,
    isSystem: false,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

export const definitionSchema = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  description: z.string().nullable(),
  attributeType: z.enum(ATTRIBUTE_TYPES),
  dataType: z.enum(DATA_TYPES),
  validationRules: z.record(z.string(), z.unknown()).nullable(),
  defaultValue: z.unknown().nullable(),
  isRequired: z.boolean(),
  isSystem: z.boolean(),
  isActive: z.boolean(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type DefinitionView = z.infer<typeof definitionSchema>;

export function viewDefinition({
  createdAt,
  updatedAt,
  validationRules,
  ...definition
}: ListedDefinition): DefinitionView {
  const { id, name, slug, description, attributeType, dataType, defaultValue, isRequired, isSystem } = definition;
  return {
    ...{ id, name, slug, description, attributeType, dataType },
    validationRules: validationRules && { ...validationRules },
    ...{ defaultValue, isRequired, isSystem },
    isActive: true,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

/** Four members always: the public clients refuse an answer without them (contract 3.4). Conditions are not told. */
export const matchedSchema = z.object({
  id: z.string(),
  name: z.string(),
  effect: z.enum(['allow', 'deny']),
  priority: z.int(),
});

export function viewMatched({ id, name, effect, priority }: Policy): z.infer<typeof matchedSchema> {
  return { id, name, effect, priority };
}

const bag = z.record(z.string(), z.unknown());
export const checkedSchema = z.object({
  allowed: z.boolean(),
  decision: z.enum(['allow', 'deny']),
  reason: z.string(),
  matchedPolicies: z.array(matchedSchema),
  brokenPolicies: z.array(z.object({ id: z.string(), name: z.string(), problem: z.string() })).optional(),
  evaluationContext: z.object({ user: bag, resource: bag, environment: bag }).optional(),
});

/** The answer to one question; what only holders of `policies.view` may see is left out for the others. */
export function viewChecked(checked: CheckedPolicy, { seesPolicies }: CheckedPolicies): z.infer<typeof checkedSchema> {
  const { allowed, decision, scopes } = checked;
  return {
    allowed,
    decision: allowed ? 'allow' : 'deny',
    reason: reasonOf(checked, seesPolicies),
    matchedPolicies: decision.holding.map(viewMatched),
    ...(seesPolicies &&
      decision.broken.length > 0 && {
        brokenPolicies: decision.broken.map(({ policy: { id, name }, fault }) => ({ id, name, problem: fault })),
      }),
    ...(scopes && {
      evaluationContext: { user: scopes.user, resource: scopes.resource, environment: scopes.environment },
    }),
  };
}

function reasonOf(
  { outcome, decision: { holding, broken, considered } }: CheckedPolicy,
  seesPolicies: boolean,
): string {
  switch (outcome) {
    case 'allow':
      return `Allowed by policy "${holding[0]?.name}".`;
    case 'deny':
      return `Denied by policy "${holding.find(({ effect }) => effect === 'deny')?.name}".`;
    case 'not_delegated':
      return 'The delegation does not cover this: the agent was not granted it.';
    case 'error': {
      const [first] = broken;
      return seesPolicies
        ? `Denied: policy "${first?.policy.name}" could not be evaluated: ${first?.fault}.`
        : 'Denied: a policy about this could not be evaluated.';
    }
    case 'none':
      return considered.allow + considered.deny > 0
        ? 'Denied by default: no policy about this allows it.'
        : 'Denied by default: no policy is about this.';
  }
}
