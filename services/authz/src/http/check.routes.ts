import { anyPrincipal, route } from '@lumo/service';
import { z } from 'zod';
import { checkManySchema, checkOneSchema } from './check-input.js';
import { subjectId, subjectType } from './subject-reference.js';

/** Any input is let in and judged by the handler, because these routes have error codes of their own (contract 1.7). */
function described(schema: z.ZodType) {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io: 'input' });
  return z.unknown().meta(json);
}

const answer = {
  user_id: z.string().meta({ description: 'Id of the subject, of whatever type it is.' }),
  subject_type: subjectType,
  subject_id: z.string(),
};
const echoed = { context: z.record(z.string(), z.unknown()).optional() };
const one = z.object({ allowed: z.boolean(), permission: z.string(), ...answer, ...echoed });
const each = z.object({ results: z.record(z.string(), z.boolean()), ...answer, ...echoed });
const all = z.object({ allowed: z.boolean(), permissions: z.array(z.string()), ...answer, ...echoed });

const effective = z.object({ slug: z.string(), description: z.string().nullable(), source: z.string() });
const paging = z.object({
  total: z.int(),
  page: z.int(),
  limit: z.int(),
  totalPages: z.int(),
  hasNextPage: z.boolean(),
  hasPreviousPage: z.boolean(),
});
const effectiveList = z.object({
  ...answer,
  permissions: z.array(effective),
  count: z.int(),
  data: z.array(effective),
  meta: paging,
  pagination: paging,
  resourceType: z.string(),
});

const listQuery = z.object({
  user_id: subjectId.optional(),
  subject_type: subjectType.optional(),
  subject_id: subjectId.optional(),
  page: z.coerce.number().int().min(1).max(1_000_000).optional(),
  limit: z.coerce.number().int().min(1).max(100).optional(),
});

/** The permission checks of contract 3.2, once at the root (org of the credential) and once below the org. */
export function checkRoutes(mount: 'root' | 'org') {
  const path = mount === 'root' ? '/api/v1/authz' : '/authz';
  const common = { mount, access: anyPrincipal('user', 'agent', 'client', 'api_key'), tag: 'Authorization' } as const;
  const many = (name: string, summary: string, response: z.ZodType) =>
    route({
      ...common,
      method: 'POST',
      path: `${path}/${name}`,
      summary,
      body: described(checkManySchema),
      responses: { 200: response },
      errors: { 400: ['INVALID_PERMISSIONS', 'INVALID_SUBJECT', 'MISSING_SUBJECT'], 500: ['CHECK_FAILED'] },
    });
  return {
    check: route({
      ...common,
      method: 'POST',
      path: `${path}/check`,
      together: true,
      summary: 'Whether the caller, or a subject, has a permission',
      body: described(checkOneSchema),
      responses: { 200: one },
      errors: { 400: ['MISSING_PERMISSION', 'INVALID_SUBJECT', 'MISSING_SUBJECT'], 500: ['CHECK_FAILED'] },
    }),
    checkBulk: many('check-bulk', 'Each of up to 100 permissions', each),
    checkAny: many('check-any', 'Whether at least one of the permissions is there', all),
    checkAll: many('check-all', 'Whether every one of the permissions is there', all),
    list: route({
      ...common,
      method: 'GET',
      path: `${path}/permissions`,
      summary: 'Every permission of the caller, or of a subject; `data` is cut where `limit` is given',
      query: listQuery,
      responses: { 200: effectiveList },
      errors: { 400: ['INVALID_SUBJECT', 'MISSING_SUBJECT'], 500: ['LIST_FAILED'] },
    }),
  };
}

export type ListQuery = z.infer<typeof listQuery>;
