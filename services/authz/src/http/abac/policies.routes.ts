import { listOf, listQuery, messageOnly, route, single } from '@lumo/service';
import { z } from 'zod';
import { description, flag, name, reference } from '../admin-input.js';
import { abac, along, asked } from './abac-input.js';
import { policySchema } from './abac-views.js';

const common = { ...abac, tag: 'Policies' } as const;
const params = z.object({ policyId: reference });
const notFound = { 404: ['resource_not_found'] } as const;
/** What is written is judged by the operation, which names the place inside of the conditions. */
const fields = {
  slug: z.string().max(1_000).optional(),
  description,
  effect: z.string().max(100),
  resourceType: z.string().max(1_000),
  action: z.string().max(1_000),
  conditions: z.unknown().meta({
    description:
      'A group `{operator: AND|OR|NOT, conditions: […]}` or a comparison `{subject, operator, value}`; older shapes ' +
      '(`all`, `any`, `none`, `attribute`) are accepted and stored as this one.',
    type: 'object',
  }),
  priority: z.number().optional().meta({ description: '0 to 1000, default 100; higher ones are named first.' }),
  isActive: z.boolean().optional(),
};
/** `target {resources, actions}` of older policies, one of each. */
const target = z
  .object({ resources: z.array(z.string()).length(1).optional(), actions: z.array(z.string()).length(1).optional() })
  .optional()
  .meta({ description: 'Older spelling of resourceType and action; one of each, make a policy for every other one.' });

export const listRoute = route({
  ...common,
  method: 'GET',
  path: '/abac/policies',
  aliases: ['/admin/abac/policies'],
  summary: 'List policies',
  query: listQuery.extend({
    resourceType: z.string().max(255).optional(),
    action: z.string().max(255).optional(),
    effect: z.enum(['allow', 'deny']).optional(),
    isActive: flag.optional(),
  }),
  responses: { 200: listOf(policySchema) },
});

export const createRoute = route({
  ...common,
  method: 'POST',
  path: '/abac/policies',
  aliases: ['/admin/abac/policies'],
  summary: 'Create a policy; it counts from the next decision on',
  body: z.object({
    ...fields,
    name,
    resourceType: fields.resourceType.optional(),
    action: fields.action.optional(),
    target,
  }),
  responses: { 201: single(policySchema) },
  errors: { 400: ['validation_error'], 409: ['duplicate_resource', 'limit_reached'] },
});

export const readRoute = route({
  ...common,
  method: 'GET',
  path: '/abac/policies/:policyId',
  aliases: ['/admin/abac/policies/:policyId'],
  summary: 'Read a policy, by id or slug',
  params,
  responses: { 200: single(policySchema) },
  errors: notFound,
});

export const updateRoute = route({
  ...common,
  method: ['PUT', 'PATCH'],
  path: '/abac/policies/:policyId',
  aliases: ['/admin/abac/policies/:policyId'],
  summary: 'Change a policy; what is absent stays as it is',
  params,
  body: z.object({
    ...fields,
    name: name.optional(),
    effect: fields.effect.optional(),
    resourceType: fields.resourceType.optional(),
    action: fields.action.optional(),
    conditions: fields.conditions.optional(),
    target,
  }),
  responses: { 200: single(policySchema) },
  errors: { 400: ['validation_error'], ...notFound, 409: ['duplicate_resource', 'limit_reached'] },
});

export const deleteRoute = route({
  ...common,
  method: 'DELETE',
  path: '/abac/policies/:policyId',
  aliases: ['/admin/abac/policies/:policyId'],
  summary: 'Delete a policy',
  params,
  responses: { 200: messageOnly },
  errors: notFound,
});

export const toggleRoute = route({
  ...common,
  method: 'POST',
  path: '/abac/policies/:policyId/toggle',
  aliases: ['/admin/abac/policies/:policyId/toggle'],
  summary: 'Switch a policy on or off',
  params,
  responses: { 200: single(policySchema) },
  errors: { ...notFound, 409: ['limit_reached'] },
});

export const testRoute = route({
  ...common,
  method: 'POST',
  path: '/abac/policies/:policyId/test',
  aliases: ['/admin/abac/policies/:policyId/test'],
  summary: 'Try one policy, also one that is switched off: what each of its conditions comes to',
  params,
  body: z.object({ ...asked, ...along }),
  responses: {
    200: z.object({
      matched: z.boolean(),
      decision: z.enum(['allow', 'deny', 'not_applicable', 'error']),
      reason: z.string(),
      policy: policySchema,
      trace: z.record(z.string(), z.unknown()),
      evaluationContext: z.record(z.string(), z.unknown()),
    }),
  },
  errors: { 400: ['validation_error', 'INVALID_SUBJECT'], ...notFound },
});
