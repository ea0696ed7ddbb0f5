import { route } from '@lumo/service';
import { z } from 'zod';
import * as input from './relation-input.js';
import { relations } from './relations.routes.js';

/** The tuples of a store, the log of their changes, and a stream of those to come. */

const MAX_WRITES = 1000;
const MAX_PRECONDITIONS = 50;

const filter = {
  object: input.object.optional(),
  object_type: input.typeName.optional(),
  relation: input.relation.optional(),
  subject: input.subject.optional(),
};
const storedTuple = z.object({
  object: z.string(),
  relation: z.string(),
  subject: z.string(),
  condition: z.object({ name: z.string(), context: input.conditionContext.optional() }).optional(),
});
const timestamp = z.iso.datetime();
const noStore = { 404: ['store_not_found', 'model_not_found'] } as const;

const precondition = z.union([
  z.strictObject({ must_exist: z.object(filter) }),
  z.strictObject({ must_not_exist: z.object(filter) }),
]);

export const writeTuples = route({
  ...relations,
  method: 'POST',
  path: '/relations/tuples',
  summary:
    'Write and delete up to 1000 tuples, all or nothing. With the header Idempotency-Key, a repetition has the same answer ' +
    'and no further effect',
  body: z.object({
    writes: z.array(input.tuple).max(MAX_WRITES).optional(),
    deletes: z.array(input.tupleKey).max(MAX_WRITES).optional(),
    preconditions: z.array(precondition).max(MAX_PRECONDITIONS).optional().meta({
      description: 'What must hold before: some tuple matches a filter, or none does.',
    }),
    on_duplicate: z.enum(['error', 'ignore']).optional(),
    on_missing: z.enum(['error', 'ignore']).optional(),
    store: input.store.optional(),
    model: input.model.optional(),
  }),
  responses: { 200: z.object({ written: z.int(), deleted: z.int(), ...input.tokenOf }) },
  errors: {
    400: ['validation_error', 'type_not_found', 'relation_not_found', 'invalid_tuple'],
    ...noStore,
    409: ['tuple_exists', 'tuple_not_stored', 'precondition_failed', 'idempotency_key_reused'],
  },
});

export const readTuples = route({
  ...relations,
  method: 'GET',
  path: '/relations/tuples',
  summary: 'Tuples as they are stored, in the order of their keys',
  query: z.object({
    ...filter,
    store: input.store.optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
    cursor: input.cursor.optional(),
  }),
  responses: {
    200: z.object({
      tuples: z.array(storedTuple.extend({ written_at: timestamp })),
      cursor: z.string().optional(),
      ...input.tokenOf,
    }),
  },
  errors: { 400: ['validation_error', 'cursor_invalid'], ...noStore },
});

const changed = storedTuple.extend({
  operation: z.enum(['write', 'delete']),
  at: timestamp,
  revision: z.int(),
});

export const readChanges = route({
  ...relations,
  method: 'GET',
  path: '/relations/changes',
  summary: 'What happened to tuples, oldest first. `cursor` also leads on where nothing follows yet',
  query: z.object({
    object_type: input.typeName.optional(),
    since: z.iso.datetime({ offset: true }).optional(),
    store: input.store.optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
    cursor: input.cursor.optional(),
  }),
  responses: { 200: z.object({ changes: z.array(changed), cursor: z.string() }) },
  errors: { 400: ['validation_error', 'cursor_invalid'], ...noStore, 410: ['changes_pruned'] },
});

export const watch = route({
  ...relations,
  method: 'GET',
  path: '/relations/watch',
  summary:
    'Changes as they are committed, as server-sent events `change`; `heartbeat` where there are none. The id of either ' +
    'resumes the stream without gap and without repetition (Last-Event-ID, or `after`). It ends with the credential, ' +
    'and now and then by itself: connect again',
  query: z.object({
    after: input.cursor
      .optional()
      .meta({ description: 'The id of an event, or the token of an answer. Absent: from now on.' }),
    object_type: z.union([input.typeName, z.array(input.typeName).max(20)]).optional(),
    store: input.store.optional(),
  }),
  responses: { 200: z.unknown() },
  alsoProduces: ['text/event-stream'],
  errors: {
    400: ['validation_error', 'consistency_token_invalid'],
    ...noStore,
    410: ['changes_pruned'],
    429: ['too_many_requests'],
  },
});
