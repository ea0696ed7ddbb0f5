import { z } from 'zod';
import { tupleKey, tupleKeyView, tupleKeyWithoutCondition } from './fga-tuple.js';

/** Bodies and answers of the OpenFGA API 1.x; `null` stands for absent, as in the JSON of protocol buffers. */

const MAX_TUPLES = 1000;
const MAX_CONTEXTUAL = 100;
const MAX_CHECKS = 1000;
const MAX_ASSERTIONS = 100;

const word = z.string().max(256);
const modelId = z.string().max(64).nullish();
const context = z.record(z.string(), z.unknown()).nullish();
const consistency = z.enum(['UNSPECIFIED', 'MINIMIZE_LATENCY', 'HIGHER_CONSISTENCY']).nullish();
const contextual = z.array(tupleKey).max(MAX_CONTEXTUAL);
const contextualTuples = z.object({ tuple_keys: contextual.nullish() }).nullish();
const question = { contextual_tuples: contextualTuples, context };
const asking = { authorization_model_id: modelId, consistency };

export const paging = z.object({
  page_size: z.string().max(20).optional(),
  continuation_token: z.string().max(2000).optional(),
});

const timestamp = z.iso.datetime();
const store = z.object({
  id: z.string(),
  name: z.string(),
  created_at: timestamp,
  updated_at: timestamp,
  deleted_at: z.null().optional(),
});
export const createStoreBody = z.object({ name: z.string().max(1024).nullish() });
export const storeAnswer = store;
export const storesAnswer = z.object({ stores: z.array(store), continuation_token: z.string() });

export const modelBody = z.looseObject({
  schema_version: z.string().max(16).nullish(),
  type_definitions: z.array(z.unknown()).max(1000).nullish(),
  conditions: z.record(z.string(), z.unknown()).nullish(),
});
const model = z.looseObject({ id: z.string(), schema_version: z.string(), type_definitions: z.array(z.unknown()) });
export const modelAnswer = z.object({ authorization_model: model });
export const modelsAnswer = z.object({ authorization_models: z.array(model), continuation_token: z.string() });
export const modelWrittenAnswer = z.object({ authorization_model_id: z.string() });

export const writeBody = z.object({
  writes: z
    .object({
      tuple_keys: z.array(tupleKey).max(MAX_TUPLES).nullish(),
      on_duplicate: z.enum(['', 'error', 'ignore']).nullish(),
    })
    .nullish(),
  deletes: z
    .object({
      tuple_keys: z.array(tupleKeyWithoutCondition).max(MAX_TUPLES).nullish(),
      on_missing: z.enum(['', 'error', 'ignore']).nullish(),
    })
    .nullish(),
  authorization_model_id: modelId,
});

export const readBody = z.object({
  tuple_key: tupleKeyWithoutCondition.nullish(),
  page_size: z.number().nullish(),
  continuation_token: z.string().max(2000).nullish(),
  consistency,
});
export const readAnswer = z.object({
  tuples: z.array(z.object({ key: tupleKeyView, timestamp })),
  continuation_token: z.string(),
});

export const changesQuery = paging.extend({ type: word.optional(), start_time: z.string().max(64).optional() });
export const changesAnswer = z.object({
  changes: z.array(
    z.object({
      tuple_key: tupleKeyView,
      operation: z.enum(['TUPLE_OPERATION_WRITE', 'TUPLE_OPERATION_DELETE']),
      timestamp,
    }),
  ),
  continuation_token: z.string(),
});

export const checkBody = z.object({ tuple_key: tupleKeyWithoutCondition, ...question, ...asking });
export const checkAnswer = z.object({ allowed: z.boolean(), resolution: z.string() });

export const batchCheckBody = z.object({
  checks: z
    .array(z.object({ tuple_key: tupleKeyWithoutCondition, correlation_id: z.string().max(64).nullish(), ...question }))
    .max(MAX_CHECKS),
  ...asking,
});
export const batchCheckAnswer = z.object({
  result: z.record(
    z.string(),
    z.union([
      z.object({ allowed: z.boolean() }),
      z.object({ error: z.object({ input_error: z.string(), message: z.string() }) }),
    ]),
  ),
});

export const expandBody = z.object({
  tuple_key: tupleKeyWithoutCondition,
  contextual_tuples: contextualTuples,
  ...asking,
});

export const listObjectsBody = z.object({
  type: word.nullish(),
  relation: word.nullish(),
  user: z.string().max(1024).nullish(),
  ...question,
  ...asking,
});
export const listObjectsAnswer = z.object({ objects: z.array(z.string()) });

export const listUsersBody = z.object({
  object: z.object({ type: word.nullish(), id: z.string().max(1024).nullish() }).nullish(),
  relation: word.nullish(),
  user_filters: z.array(z.object({ type: word.nullish(), relation: word.nullish() })).nullish(),
  contextual_tuples: contextual.nullish(),
  context,
  ...asking,
});
export const listUsersAnswer = z.object({
  users: z.array(
    z.union([
      z.object({ object: z.object({ type: z.string(), id: z.string() }) }),
      z.object({ userset: z.object({ type: z.string(), id: z.string(), relation: z.string() }) }),
      z.object({ wildcard: z.object({ type: z.string() }) }),
    ]),
  ),
});

const assertion = z.object({
  tuple_key: tupleKeyWithoutCondition,
  expectation: z.boolean().nullish(),
  contextual_tuples: contextual.nullish(),
  context,
});
export const assertionsBody = z.object({ assertions: z.array(assertion).max(MAX_ASSERTIONS) });
export const assertionsAnswer = z.object({
  authorization_model_id: z.string(),
  assertions: z.array(
    z.object({
      tuple_key: z.object({ object: z.string(), relation: z.string(), user: z.string() }),
      expectation: z.boolean(),
      contextual_tuples: z.array(tupleKeyView),
      context: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
});

export type FgaConsistency = z.infer<typeof consistency>;
export type FgaQuestion = {
  readonly contextual_tuples?: z.infer<typeof contextualTuples>;
  readonly context?: z.infer<typeof context>;
};
