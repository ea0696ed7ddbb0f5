import { anyPrincipal, route } from '@lumo/service';
import { z } from 'zod';
import { FGA_REFUSALS } from './fga-error.js';
import { treeSchema } from './fga-tree.js';
import * as schemas from './openfga-schemas.js';

/**
 * The HTTP API of OpenFGA 1.x under `/orgs/:org/openfga`, so that its SDKs and tools work against an org unchanged.
 * Who may call what is decided by the operations: rights over relations (`core/rbac/relation-rights.ts`).
 */
const common = {
  mount: 'root',
  access: anyPrincipal('user', 'agent', 'client', 'api_key'),
  tag: 'OpenFGA',
  refusals: FGA_REFUSALS,
} as const;
const STORES = '/orgs/:org/openfga/stores';
const STORE = `${STORES}/:storeId`;

const id = z.string().max(400);
const orgParams = z.object({ org: id });
const storeParams = z.object({ org: id, storeId: id });
const modelParams = z.object({ org: id, storeId: id, modelId: id });

const noStore = { 404: ['store_id_not_found'] } as const;
const ofModel = ['authorization_model_not_found', 'latest_authorization_model_not_found'] as const;
const ofQuestion = [...ofModel, 'validation_error', 'invalid_tuple', 'authorization_model_resolution_too_complex'];

export const listStores = route({
  ...common,
  method: 'GET',
  path: STORES,
  summary: 'List stores',
  params: orgParams,
  query: schemas.paging.extend({ name: z.string().max(1024).optional() }),
  responses: { 200: schemas.storesAnswer },
});

export const createStore = route({
  ...common,
  method: 'POST',
  path: STORES,
  summary: 'Create a store',
  params: orgParams,
  body: schemas.createStoreBody,
  responses: { 201: schemas.storeAnswer },
});

export const readStore = route({
  ...common,
  method: 'GET',
  path: STORE,
  summary: 'Read a store',
  params: storeParams,
  responses: { 200: schemas.storeAnswer },
  errors: noStore,
});

export const deleteStore = route({
  ...common,
  method: 'DELETE',
  path: STORE,
  summary: 'Delete a store with everything in it',
  params: storeParams,
  responses: { 204: null },
  errors: noStore,
});

export const listModels = route({
  ...common,
  method: 'GET',
  path: `${STORE}/authorization-models`,
  summary: 'List authorization models, newest first',
  params: storeParams,
  query: schemas.paging,
  responses: { 200: schemas.modelsAnswer },
  errors: noStore,
});

export const writeModel = route({
  ...common,
  method: 'POST',
  path: `${STORE}/authorization-models`,
  summary: 'Write a new authorization model',
  params: storeParams,
  body: schemas.modelBody,
  responses: { 201: schemas.modelWrittenAnswer },
  errors: { 400: ['invalid_authorization_model', 'type_definitions_too_few_items'], ...noStore },
});

export const readModel = route({
  ...common,
  method: 'GET',
  path: `${STORE}/authorization-models/:modelId`,
  summary: 'Read an authorization model',
  params: modelParams,
  responses: { 200: schemas.modelAnswer },
  errors: { 400: ofModel, ...noStore },
});

export const write = route({
  ...common,
  method: 'POST',
  path: `${STORE}/write`,
  summary: 'Write and delete tuples, all or nothing',
  params: storeParams,
  body: schemas.writeBody,
  responses: { 200: z.object({}) },
  errors: { 400: [...ofModel, 'validation_error', 'write_failed_due_to_invalid_input'], ...noStore },
});

export const read = route({
  ...common,
  method: 'POST',
  path: `${STORE}/read`,
  summary: 'Read stored tuples',
  params: storeParams,
  body: schemas.readBody,
  responses: { 200: schemas.readAnswer },
  errors: { 400: ['validation_error', 'invalid_continuation_token'], ...noStore },
});

export const changes = route({
  ...common,
  method: 'GET',
  path: `${STORE}/changes`,
  summary: 'Read changes of tuples, oldest first',
  params: storeParams,
  query: schemas.changesQuery,
  responses: { 200: schemas.changesAnswer },
  errors: { 400: ['invalid_start_time', 'invalid_continuation_token'], ...noStore },
});

export const check = route({
  ...common,
  method: 'POST',
  path: `${STORE}/check`,
  together: true,
  summary: 'Whether a user has a relation to an object',
  params: storeParams,
  body: schemas.checkBody,
  responses: { 200: schemas.checkAnswer },
  errors: { 400: ofQuestion, ...noStore },
});

export const batchCheck = route({
  ...common,
  method: 'POST',
  path: `${STORE}/batch-check`,
  summary: 'Up to 1000 checks in one request',
  params: storeParams,
  body: schemas.batchCheckBody,
  responses: { 200: schemas.batchCheckAnswer },
  errors: { 400: ofQuestion, ...noStore },
});

export const expand = route({
  ...common,
  method: 'POST',
  path: `${STORE}/expand`,
  summary: 'One level of the derivation of a relation',
  params: storeParams,
  body: schemas.expandBody,
  responses: { 200: treeSchema },
  errors: { 400: [...ofQuestion, 'invalid_expand_input'], ...noStore },
});

export const listObjects = route({
  ...common,
  method: 'POST',
  path: `${STORE}/list-objects`,
  summary: 'Every object of a type to which a user has a relation',
  params: storeParams,
  body: schemas.listObjectsBody,
  responses: { 200: schemas.listObjectsAnswer },
  errors: { 400: [...ofQuestion, 'type_not_found', 'relation_not_found', 'exceeded_entity_limit'], ...noStore },
});

export const streamedListObjects = route({
  ...common,
  method: 'POST',
  path: `${STORE}/streamed-list-objects`,
  summary: 'The same, one line of JSON for each object while they are found',
  params: storeParams,
  body: schemas.listObjectsBody,
  responses: { 200: z.unknown() },
  alsoProduces: ['application/x-ndjson'],
  errors: { 400: [...ofQuestion, 'type_not_found', 'relation_not_found'], ...noStore },
});

export const listUsers = route({
  ...common,
  method: 'POST',
  path: `${STORE}/list-users`,
  summary: 'Every user of a type that has a relation to an object',
  params: storeParams,
  body: schemas.listUsersBody,
  responses: { 200: schemas.listUsersAnswer },
  errors: { 400: [...ofQuestion, 'type_not_found', 'relation_not_found', 'exceeded_entity_limit'], ...noStore },
});

export const readAssertions = route({
  ...common,
  method: 'GET',
  path: `${STORE}/assertions/:modelId`,
  summary: 'Read the assertions of a model',
  params: modelParams,
  responses: { 200: schemas.assertionsAnswer },
  errors: { 400: ofModel, ...noStore },
});

export const writeAssertions = route({
  ...common,
  method: 'PUT',
  path: `${STORE}/assertions/:modelId`,
  summary: 'Replace the assertions of a model',
  params: modelParams,
  body: schemas.assertionsBody,
  responses: { 204: null },
  errors: { 400: [...ofModel, 'validation_error'], ...noStore },
});
