import { DomainError } from '@lumo/kit';
import { anyPrincipal, route } from '@lumo/service';
import { z } from 'zod';
import { explanation } from './explanation-view.js';
import * as input from './relation-input.js';
import { usersetTree } from './tree-view.js';

/**
 * Questions about relations. Anybody may ask about itself; about others, and why, with the right to ask
 * (`core/rbac/relation-rights.ts`).
 */
export const relations = {
  mount: 'org',
  access: anyPrincipal('user', 'agent', 'client', 'api_key'),
  tag: 'Relations',
} as const;

/** Refusals that every question about relations has. */
export const QUESTION_ERRORS = {
  400: [
    'validation_error',
    'MISSING_SUBJECT',
    'type_not_found',
    'relation_not_found',
    'invalid_tuple',
    'condition_failed',
    'over_budget',
    'consistency_token_invalid',
  ],
  404: ['store_not_found', 'model_not_found'],
  410: ['snapshot_unavailable'],
} as const;

const MAX_CHECKS = 1000;
const MAX_PAGE = 10_000;
const limit = z.int().min(1).max(MAX_PAGE);

const question = { object: input.object, relation: input.relation, subject: input.subject.optional() };
const depth = z.int().min(1).max(1000).optional().meta({ description: 'Hops over usersets and parents; absent: any.' });
const echoed = { object: z.string(), relation: z.string(), subject: z.string() };

const checkBody = z.object({ ...question, ...input.along, ...input.where, max_depth: depth });

export const check = route({
  ...relations,
  method: 'POST',
  path: '/relations/check',
  together: true,
  summary: 'Whether a subject has a relation to an object',
  body: checkBody,
  responses: { 200: z.object({ allowed: z.boolean(), ...echoed, ...input.tokenOf }) },
  errors: QUESTION_ERRORS,
});

export const checkItem = z.object({
  id: z.union([z.string().max(128), z.int()]).optional(),
  ...question,
  ...input.along,
});

const checked = z.union([
  z.object({ id: z.union([z.string(), z.int()]).optional(), allowed: z.boolean() }),
  z.object({
    id: z.union([z.string(), z.int()]).optional(),
    error: z.looseObject({ code: z.string(), message: z.string() }),
  }),
]);

export const checks = route({
  ...relations,
  method: 'POST',
  path: '/relations/checks',
  summary:
    'Up to 1000 checks at one state. As application/x-ndjson: any number, one check a line, answered line by line while ' +
    'they come; store, model and consistency then stand in the query, and the last line is {done, count, token}',
  query: z.object({
    store: input.store.optional(),
    model: input.model.optional(),
    consistency: z.enum(['minimize_latency', 'fully_consistent']).optional(),
    at_least_as_fresh: input.cursor.optional(),
  }),
  body: z.object({ checks: z.array(checkItem).min(1).max(MAX_CHECKS), ...input.where }),
  alsoConsumes: ['application/x-ndjson'],
  responses: { 200: z.object({ results: z.array(checked), ...input.tokenOf }) },
  alsoProduces: ['application/x-ndjson'],
  errors: QUESTION_ERRORS,
});

export const explain = route({
  ...relations,
  method: 'POST',
  path: '/relations/explain',
  summary: 'Why a subject has a relation to an object, or what is missing',
  body: checkBody,
  responses: { 200: z.object({ allowed: z.boolean(), explanation, ...input.tokenOf }) },
  errors: QUESTION_ERRORS,
});

export const expand = route({
  ...relations,
  method: 'POST',
  path: '/relations/expand',
  summary: 'One level of the derivation of a relation',
  body: z.object({
    object: input.object,
    relation: input.relation,
    contextual_tuples: input.along.contextual_tuples,
    ...input.where,
  }),
  responses: { 200: z.object({ tree: usersetTree, ...input.tokenOf }) },
  errors: QUESTION_ERRORS,
});

export const listObjects = route({
  ...relations,
  method: 'POST',
  path: '/relations/list-objects',
  summary: 'The objects of a type to which a subject has a relation; every page is of one state',
  body: z.object({
    type: input.typeName,
    relation: input.relation,
    subject: input.subject.optional(),
    ...input.along,
    ...input.where,
    max_depth: depth,
    limit: limit.optional(),
    cursor: input.cursor.optional(),
  }),
  responses: {
    200: z.object({ objects: z.array(z.string()), cursor: z.string().optional(), ...input.tokenOf }),
  },
  errors: { ...QUESTION_ERRORS, 400: [...QUESTION_ERRORS[400], 'cursor_invalid'] },
});

/** `user` or `group#member`. */
const subjectKind = z
  .string()
  .max(400)
  .meta({ description: 'A type, or a relation of a type for usersets.', examples: ['user', 'group#member'] });

const subjectsBody = z.object({
  object: input.object,
  relation: input.relation,
  types: z.array(subjectKind).min(1).max(20).optional().meta({ description: 'Absent: every type of the model.' }),
  ...input.along,
  ...input.where,
  max_depth: depth,
  limit: limit.optional(),
  cursor: input.cursor.optional(),
});

export const listSubjects = route({
  ...relations,
  method: 'POST',
  path: '/relations/list-subjects',
  summary: 'The subjects that have a relation to an object; `excluded` are those whom `type:*` does not reach',
  body: subjectsBody,
  responses: {
    200: z.object({
      subjects: z.array(z.string()),
      excluded: z.array(z.string()),
      cursor: z.string().optional(),
      ...input.tokenOf,
    }),
  },
  errors: { ...QUESTION_ERRORS, 400: [...QUESTION_ERRORS[400], 'cursor_invalid'] },
});

export const whoCan = route({
  ...relations,
  method: 'POST',
  path: '/relations/who-can',
  summary: 'Everybody who has a relation to an object, by type',
  body: subjectsBody,
  responses: {
    200: z.object({
      object: z.string(),
      relation: z.string(),
      who: z.array(
        z.object({
          type: z.string(),
          everybody: z.boolean().meta({ description: 'All of the type, but for those in `except`.' }),
          subjects: z.array(z.string()),
          except: z.array(z.string()),
        }),
      ),
      cursor: z.string().optional(),
      ...input.tokenOf,
    }),
  },
  errors: { ...QUESTION_ERRORS, 400: [...QUESTION_ERRORS[400], 'cursor_invalid'] },
});

export const whatCan = route({
  ...relations,
  method: 'POST',
  path: '/relations/what-can',
  summary: 'Every relation that a subject has to an object, or its objects of a type by relation',
  body: z.object({
    subject: input.subject.optional(),
    object: input.object.optional(),
    type: input.typeName.optional(),
    ...input.along,
    ...input.where,
    limit: z.int().min(1).max(1000).optional().meta({ description: 'Objects for each relation.' }),
  }),
  responses: {
    200: z.object({
      subject: z.string(),
      object: z.string().optional(),
      relations: z.array(z.string()).optional(),
      /** Relations whose answer is an error; no other is missing. */
      undecided: z.array(z.looseObject({ relation: z.string(), code: z.string(), message: z.string() })).optional(),
      type: z.string().optional(),
      objects: z.record(z.string(), z.object({ objects: z.array(z.string()), more: z.boolean() })).optional(),
      ...input.tokenOf,
    }),
  },
  errors: QUESTION_ERRORS,
});

/** What what-can is about: one of the two. */
export function requireObjectOrType({
  object,
  type,
}: {
  readonly object?: string | undefined;
  readonly type?: string | undefined;
}): { readonly object: string } | { readonly type: string } {
  if (object !== undefined && type === undefined) return { object };
  if (type !== undefined && object === undefined) return { type };
  throw new DomainError('invalid', 'validation_error', 'Send object or type: one of the two.', {
    details: { object: 'one of object and type' },
  });
}
