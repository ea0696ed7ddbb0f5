import { route } from '@lumo/service';
import { z } from 'zod';
import { abac, along, asked } from './abac-input.js';
import { checkedSchema, matchedSchema } from './abac-views.js';

/** Questions of one request (contract 3.4). */
export const MAX_CHECKS = 100;

const about = {
  user_id: z.string().meta({ description: 'Id of the subject, of whatever type it is.' }),
  subject_type: z.string(),
  subject_id: z.string(),
};
const echoed = { resourceType: z.string(), action: z.string(), resourceId: z.string().optional() };

const slot = z.object({
  index: z.int(),
  allowed: z.boolean(),
  reason: z.string(),
  resourceType: z.string().optional(),
  action: z.string().optional(),
  resourceId: z.string().optional(),
  matchedPolicies: z.array(matchedSchema).optional(),
  error: z.string().optional(),
});

/** An item is judged on its own: what is wrong with it is told in its place (contract 3.4). */
const items = z
  .array(z.unknown())
  .min(1)
  .max(MAX_CHECKS)
  .nullish()
  .meta({ description: 'Each {resourceType, action, resourceId?, resource?}.' });

/** The checks of contract 3.4, once at the root (org of the credential) and once below the org. */
export function abacCheckRoutes(mount: 'root' | 'org') {
  const path = mount === 'root' ? '/api/v1/abac' : '/abac';
  const common = { ...abac, mount, tag: 'Authorization' } as const;
  return {
    check: route({
      ...common,
      method: 'POST',
      path: `${path}/check`,
      summary: 'Whether policies allow the caller, or a subject, an action on a resource',
      body: z.object({ ...asked, ...along }),
      responses: { 200: checkedSchema.extend({ ...about, ...echoed }) },
      errors: { 400: ['validation_error', 'INVALID_SUBJECT'] },
    }),
    checkBulk: route({
      ...common,
      method: 'POST',
      path: `${path}/check-bulk`,
      aliases: [`${path}/check/batch`],
      summary: 'Up to 100 checks about one subject; `requests` or `checks`',
      body: z.object({ requests: items, checks: items, ...along }),
      responses: { 200: z.object({ results: z.array(slot), ...about }) },
      errors: { 400: ['validation_error', 'INVALID_SUBJECT'] },
    }),
  };
}
