import { anyPrincipal, requires, route } from '@lumo/service';
import { z } from 'zod';
import * as input from './relation-input.js';
import { zanzibarFields } from './zanzibar-input.js';

/** Any input is let in and judged by the handler, because these routes have error codes of their own (contract 1.7). */
function described(schema: z.ZodType) {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io: 'input' });
  return z.unknown().meta(json);
}

const access = anyPrincipal('user', 'agent', 'client', 'api_key');
const echoed = { object: z.string(), relation: z.string(), permission: z.string() };
const whom = { subject: z.string(), user: z.string() };
const BAD = { 400: ['MISSING_FIELDS', 'ZANZIBAR_CHECK_FAILED', 'consistency_token_invalid'] } as const;
const along = { ...input.along, consistency: input.consistency.optional() };

const node: z.ZodType = z
  .looseObject({
    type: z.enum(['union', 'intersection', 'leaf']),
    object: z.string(),
    relation: z.string(),
    children: z.array(z.unknown()).optional(),
    subjects: z.array(z.string()).optional(),
  })
  .meta({ description: 'What an exclusion takes away stands beside its children, as `excluded`.' });

/** Relations as contract 3.5 speaks of them, once at the root (org of the credential) and twice below the org. */
export function zanzibarRoutes(mount: 'root' | 'org') {
  const path = mount === 'root' ? '/api/v1/authz/zanzibar' : '/zanzibar';
  const common = { mount, access, tag: 'Authorization', method: 'POST' } as const;
  const aliasesOf = (name: string) => (mount === 'org' ? [`/authz/zanzibar/${name}`] : [`/api/v1/zanzibar/${name}`]);
  return {
    check: route({
      ...common,
      path: `${path}/check`,
      aliases: aliasesOf('check'),
      together: true,
      summary: 'Whether a subject has a relation to an object',
      body: described(
        z.object({
          ...zanzibarFields,
          ...along,
          resolution_metadata: z.boolean().nullish().meta({ description: 'Say how the answer came about.' }),
        }),
      ),
      responses: {
        200: z.object({
          allowed: z.boolean(),
          ...echoed,
          ...whom,
          resolution_metadata: z
            .object({
              resolved_via: z.enum(['direct', 'inheritance']).nullable(),
              depth: z.int(),
              path: z.array(z.string()),
            })
            .optional(),
          ...input.tokenOf,
        }),
      },
      errors: BAD,
    }),
    expand: route({
      ...common,
      path: `${path}/expand`,
      aliases: aliasesOf('expand'),
      summary: 'Who has a relation to an object, as a tree',
      body: described(z.object({ ...zanzibarFields, ...along })),
      responses: { 200: z.object({ tree: node, ...echoed, ...input.tokenOf }) },
      errors: { ...BAD, 403: ['insufficient_permissions'] },
    }),
  };
}

const org = { mount: 'org', access, tag: 'Authorization' } as const;

export const listObjects = route({
  ...org,
  method: 'POST',
  path: '/zanzibar/list-objects',
  summary: 'The objects of a type to which a subject has a relation',
  body: described(z.object({ ...zanzibarFields, ...along, limit: z.int().optional(), cursor: z.string().optional() })),
  responses: {
    200: z.object({
      objects: z.array(z.string()),
      object_ids: z.array(z.string()),
      object_type: z.string(),
      relation: z.string(),
      permission: z.string(),
      ...whom,
      cursor: z.string().optional(),
      ...input.tokenOf,
    }),
  },
  errors: { 400: [...BAD[400], 'cursor_invalid'] },
});

const writtenTuple = z.object({ object: z.string(), relation: z.string(), ...whom });
const tupleBody = described(z.object(zanzibarFields));

export const writeTuple = route({
  ...org,
  method: 'POST',
  path: '/zanzibar/tuples',
  summary: 'Write a tuple; one that is there stays as it is',
  body: tupleBody,
  responses: { 201: z.object({ data: writtenTuple, message: z.string(), ...input.tokenOf }) },
  errors: BAD,
});

export const deleteTuple = route({
  ...org,
  method: 'DELETE',
  path: '/zanzibar/tuples',
  summary: 'Delete a tuple',
  body: tupleBody,
  responses: { 200: z.object({ message: z.string(), ...input.tokenOf }) },
  errors: { ...BAD, 404: ['resource_not_found'] },
});

const text = z.string().max(1024).optional();

export const readTuples = route({
  ...org,
  method: 'GET',
  path: '/zanzibar/tuples',
  summary: 'List stored tuples, by object, relation or subject',
  query: z.object({
    object: text,
    object_type: text,
    object_id: text,
    relation: text,
    permission: text,
    subject: text,
    user: text,
    user_type: text,
    user_id: text,
    limit: z.coerce.number().int().min(1).max(1000).default(25),
    cursor: input.cursor.optional(),
  }),
  responses: {
    200: z.object({
      data: z.array(writtenTuple.extend({ condition: z.unknown().optional(), createdAt: z.iso.datetime() })),
      cursor: z.string().optional(),
      resourceType: z.string(),
      ...input.tokenOf,
    }),
  },
  errors: { 400: [...BAD[400], 'cursor_invalid'] },
});

const namespace = z.looseObject({
  name: z.string(),
  relations: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.unknown()),
});
const admin = { mount: 'org', access: requires('admin:roles'), tag: 'Namespaces' } as const;
const params = z.object({ name: z.string().max(400) });
const modelErrors = { 400: ['validation_error', 'invalid_model'], 409: ['model_changed', 'limit_reached'] } as const;

export const listNamespaces = route({
  ...admin,
  method: 'GET',
  path: '/admin/zanzibar/namespaces',
  summary: 'The model of the org as namespaces',
  responses: { 200: z.object({ data: z.array(namespace), resourceType: z.string() }) },
});

export const replaceNamespaces = route({
  ...admin,
  method: 'PUT',
  path: '/admin/zanzibar/namespaces',
  summary: 'Replace the model of the org',
  body: z.unknown(),
  responses: { 200: z.object({ data: z.array(namespace), message: z.string() }) },
  errors: modelErrors,
});

export const readNamespace = route({
  ...admin,
  method: 'GET',
  path: '/admin/zanzibar/namespaces/:name',
  summary: 'One namespace of the model',
  params,
  responses: { 200: z.object({ data: namespace }) },
  errors: { 404: ['resource_not_found'] },
});

export const writeNamespace = route({
  ...admin,
  method: 'PUT',
  path: '/admin/zanzibar/namespaces/:name',
  summary: 'Add a namespace to the model, or replace it',
  params,
  body: z.unknown(),
  responses: { 200: z.object({ data: namespace, message: z.string() }) },
  errors: modelErrors,
});
