import { route } from '@lumo/service';
import { z } from 'zod';
import * as input from './relation-input.js';
import { checkItem, relations } from './relations.routes.js';

/** Models, the stores that hold them, and what a model would change. */

const MAX_TEXT = 512 * 1024;
const MAX_FILES = 100;
const noStore = { 404: ['store_not_found', 'model_not_found'] } as const;
const timestamp = z.iso.datetime();

const source = {
  dsl: z
    .string()
    .max(MAX_TEXT)
    .optional()
    .meta({
      description: 'The model in the OpenFGA modelling language.',
      examples: ['model\n  schema 1.1\n\ntype user\n\ntype document\n  relations\n    define viewer: [user]\n'],
    }),
  json: z.looseObject({}).optional().meta({ description: 'The model in the JSON form of that language.' }),
  modules: z
    .array(z.object({ name: z.string().min(1).max(256), contents: z.string().max(MAX_TEXT) }))
    .min(1)
    .max(MAX_FILES)
    .optional()
    .meta({ description: 'The files of a modular model; with an `fga.mod`, exactly those that it lists.' }),
};

const modelView = z.object({
  id: z.string(),
  created_at: timestamp,
  json: z.looseObject({ schema_version: z.string(), type_definitions: z.array(z.unknown()) }).optional(),
  dsl: z.string().optional().meta({ description: 'Absent where the language cannot express the model.' }),
});

export const writeModel = route({
  ...relations,
  method: 'POST',
  path: '/relations/models',
  summary: 'Write a model, as text, JSON or modules; one that says what the newest says is not written again',
  body: z.object({ ...source, store: input.store.optional() }),
  responses: { 201: z.object({ id: z.string(), created: z.boolean(), ...input.tokenOf }) },
  errors: { 400: ['validation_error', 'invalid_model'], ...noStore, 409: ['limit_reached'] },
});

export const listModels = route({
  ...relations,
  method: 'GET',
  path: '/relations/models',
  summary: 'List models, newest first',
  query: z.object({
    store: input.store.optional(),
    limit: z.coerce.number().int().min(1).max(50).default(25),
    cursor: input.cursor.optional(),
  }),
  responses: {
    200: z.object({
      models: z.array(modelView.pick({ id: true, created_at: true })),
      cursor: z.string().optional(),
    }),
  },
  errors: { 400: ['validation_error', 'cursor_invalid'], ...noStore },
});

export const readModel = route({
  ...relations,
  method: 'GET',
  path: '/relations/models/:modelId',
  summary: 'Read a model, by its id or as `latest`',
  params: z.object({ modelId: z.string().max(64) }),
  query: z.object({ store: input.store.optional() }),
  responses: { 200: modelView },
  errors: noStore,
});

const store = z.object({
  id: z.string(),
  name: z.string(),
  model: z.string().nullable(),
  created_at: timestamp,
  updated_at: timestamp,
});

export const listStores = route({
  ...relations,
  method: 'GET',
  path: '/relations/stores',
  summary: 'List stores, newest first; the own store of the org appears with its first model',
  query: z.object({
    name: z.string().max(64).optional(),
    limit: z.coerce.number().int().min(1).max(100).default(25),
    cursor: input.cursor.optional(),
  }),
  responses: { 200: z.object({ stores: z.array(store), cursor: z.string().optional() }) },
  errors: { 400: ['validation_error', 'cursor_invalid'] },
});

export const createStore = route({
  ...relations,
  method: 'POST',
  path: '/relations/stores',
  summary: 'Create a store beside the own one of the org',
  body: z.object({
    name: z
      .string()
      .min(1)
      .max(64)
      .refine((name) => /^[^\p{Cc}\p{Cs}]*[^\p{Cc}\p{Cs}\s][^\p{Cc}\p{Cs}]*$/u.test(name), 'must be readable text'),
  }),
  responses: { 201: store },
  errors: { 400: ['validation_error'], 409: ['limit_reached'] },
});

const storeParams = z.object({ storeId: z.string().max(64) });

export const readStore = route({
  ...relations,
  method: 'GET',
  path: '/relations/stores/:storeId',
  summary: 'Read a store',
  params: storeParams,
  responses: { 200: store },
  errors: noStore,
});

export const deleteStore = route({
  ...relations,
  method: 'DELETE',
  path: '/relations/stores/:storeId',
  summary: 'Delete a store with its models and tuples; the own store of the org stays',
  params: storeParams,
  responses: { 200: z.object({ message: z.string() }) },
  errors: noStore,
});

export const dryRun = route({
  ...relations,
  method: 'POST',
  path: '/relations/dry-run',
  summary: 'Which answers would change under another model: of these checks, or of those asked recently',
  body: z.object({
    ...source,
    checks: z.array(checkItem).min(1).max(1000).optional().meta({
      description: 'Absent: the checks of the store that this process answered recently.',
    }),
    store: input.store.optional(),
    consistency: input.consistency.optional(),
  }),
  responses: {
    200: z.object({
      checked: z.int(),
      changed: z.array(
        z.looseObject({
          object: z.string(),
          relation: z.string(),
          subject: z.string(),
          before: z.looseObject({}),
          after: z.looseObject({}),
        }),
      ),
      ...input.tokenOf,
    }),
  },
  errors: { 400: ['validation_error', 'invalid_model', 'consistency_token_invalid'], ...noStore },
});
