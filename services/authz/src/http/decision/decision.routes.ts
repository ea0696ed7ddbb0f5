import { requires, route, single } from '@lumo/service';
import { z } from 'zod';
import { COMBINATIONS, DECISION_ENGINES } from '../../core/decision/combination.js';
import { abac, along, attributes, resourceId, targetName } from '../abac/abac-input.js';
import { matchedSchema } from '../abac/abac-views.js';

/** Roles and policies keep no past: an exact snapshot is for relations alone. */
const consistency = z
  .union([
    z.enum(['minimize_latency', 'fully_consistent']),
    z.strictObject({ at_least_as_fresh: z.string().max(2_000) }),
  ])
  .meta({
    description:
      '`minimize_latency` (default): at most a second old. `fully_consistent`: everything that was committed before the ' +
      'question. `at_least_as_fresh`, with the `token` of an earlier answer: everything that it saw.',
  });

const outcome = z.enum(['allow', 'deny', 'not_applicable', 'error']);
export const partSchema = z.looseObject({
  engine: z.enum(DECISION_ENGINES),
  outcome,
  code: z.string(),
  reason: z.string(),
  explicit: z.boolean().optional().meta({ description: 'Denied by a rule, not only for want of an allowing one.' }),
  matchedPolicies: z.array(matchedSchema).optional(),
});

const action = z.union([targetName, z.object({ name: targetName, properties: attributes.optional() })]);
const resource = z.object({
  type: targetName,
  id: resourceId.optional(),
  attributes: attributes.optional(),
  properties: attributes.optional().meta({ description: 'The same as attributes.' }),
});

/** The combined decision, once at the root (org of the credential) and once below the org. */
export function decisionRoutes(mount: 'root' | 'org') {
  const path = mount === 'root' ? '/api/v1/authz' : '/authz';
  return {
    decide: route({
      ...abac,
      mount,
      tag: 'Authorization',
      method: 'POST',
      path: `${path}/decide`,
      summary: 'One decision of roles, policies and relations, combined as the org wants it',
      body: z.object({
        ...along,
        action,
        resource,
        explain: z.boolean().optional().meta({ description: 'With what decided; needs policies.view.' }),
        consistency: consistency.optional(),
      }),
      responses: {
        200: z.object({
          allowed: z.boolean(),
          decision: z.enum(['allow', 'deny', 'error']),
          combination: z.enum(COMBINATIONS),
          token: z.string(),
          parts: z.array(partSchema),
          user_id: z.string(),
          subject_type: z.string(),
          subject_id: z.string(),
          evaluationContext: z.record(z.string(), z.unknown()).optional(),
        }),
      },
      errors: { 400: ['validation_error', 'INVALID_SUBJECT', 'MISSING_SUBJECT', 'consistency_token_invalid'] },
    }),
  };
}

const question = z.object({
  subject: z.object({ type: targetName.default('user'), id: resourceId }),
  resource: z.object({ type: targetName, id: resourceId.optional() }),
  action: targetName,
  context: z
    .object({ user: attributes.optional(), resource: attributes.optional(), environment: attributes.optional() })
    .optional(),
});

const draft = z.looseObject({
  id: z.string().max(400).optional().meta({ description: 'Id or slug of the policy that this one would replace.' }),
});

const outcomeOfPolicies = z.enum(['allow', 'deny', 'error', 'none']);

export const dryRunRoute = route({
  ...abac,
  tag: 'Policies',
  method: 'POST',
  path: '/authz/dry-run',
  summary:
    'Which answers would change with other policies; of the questions that this process was asked lately, or of given ones',
  body: z.object({
    policies: z
      .object({ put: z.array(draft).max(100).default([]), remove: z.array(z.string().max(400)).max(1_000).default([]) })
      .default({ put: [], remove: [] }),
    questions: z.array(question).min(1).max(200).optional(),
  }),
  responses: {
    200: z.object({
      tried: z.int(),
      policies: z.int(),
      changed: z.array(
        z.object({
          question: z.record(z.string(), z.unknown()),
          before: outcomeOfPolicies,
          after: outcomeOfPolicies,
          decidedBy: z.array(matchedSchema),
          partial: z
            .boolean()
            .meta({ description: 'Attributes of the question were not kept: the answer may differ.' }),
        }),
      ),
    }),
  },
  errors: { 400: ['validation_error'] },
});

const settings = z.object({
  decision_combination: z.enum(COMBINATIONS).meta({
    description:
      '`or`: any engine allows. `and`: every engine that the question concerns allows. `first_match`: the first engine ' +
      'that the question concerns decides. In `or` and `and`, a policy that denies always wins.',
  }),
  decision_engines: z
    .array(z.enum(DECISION_ENGINES))
    .min(1)
    .max(DECISION_ENGINES.length)
    .meta({ description: 'Who takes part; in this order for first_match.' }),
  time_zone: z.string().max(64).meta({ description: 'IANA name: when a day begins for policies.' }),
});

const settingsRoute = {
  mount: 'org',
  tag: 'Settings',
  path: '/admin/settings/authorization',
  access: requires('admin:settings'),
} as const;

export const readSettingsRoute = route({
  ...settingsRoute,
  method: 'GET',
  summary: 'Read how decisions are combined',
  responses: { 200: single(settings) },
});

export const changeSettingsRoute = route({
  ...settingsRoute,
  method: ['PUT', 'PATCH'],
  summary: 'Change how decisions are combined; what is absent stays as it is',
  body: z.preprocess((body) => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
    const names: Readonly<Record<string, string>> = {
      decisionCombination: 'decision_combination',
      decisionEngines: 'decision_engines',
      decision_order: 'decision_engines',
      timeZone: 'time_zone',
      timezone: 'time_zone',
    };
    return Object.fromEntries(Object.entries(body).map(([name, value]) => [names[name] ?? name, value]));
  }, z.strictObject(settings.partial().shape)),
  responses: { 200: single(settings) },
  errors: { 400: ['validation_error'] },
});
