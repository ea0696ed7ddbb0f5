import { APP, Handles, type InputOf } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { StoreView } from '../../app/relations/read-stores.js';
import type { AuthzApp } from '../../app.js';
import type { TupleKey } from '../../core/rebac/tuple.js';
import { fgaTarget, requireModelId, requireStoreId } from './fga-asking.js';
import { fgaError } from './fga-error.js';
import { readKey, readTuple, viewKey, viewTuple } from './fga-tuple.js';
import * as routes from './openfga.routes.js';
import { readPaging } from './paging.js';
import { type FgaOperation, speakFga } from './speak-fga.js';

const OTHER: FgaOperation = { kind: 'other' };
const NAME = /^[a-zA-Z0-9\s.\-/^_&@]{3,64}$/;
const MAX_TYPE_LENGTH = 254;

/** Stores, models and tuples in the API of OpenFGA. */
@Controller()
export class FgaDataController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.listStores)
  listStores({ ctx, query }: InputOf<typeof routes.listStores>): Promise<object> {
    return speakFga(OTHER, async () => {
      await this.app.requireRelationRight(ctx, 'read');
      const { stores, cursor = '' } = await this.app.listStores(ctx, {
        ...readPaging(query.page_size, query.continuation_token),
        ...(query.name && { name: query.name }),
      });
      return { stores: stores.map(viewStore), continuation_token: cursor };
    });
  }

  @Handles(routes.createStore)
  createStore({ ctx, body }: InputOf<typeof routes.createStore>): Promise<object> {
    return speakFga(OTHER, async () => {
      await this.app.requireRelationRight(ctx, 'manage');
      const name = body.name ?? '';
      if (!NAME.test(name))
        throw fgaError(
          'validation_error',
          'name must have 3 to 64 characters: letters, digits, spaces and . - / ^ _ & @',
        );
      return viewStore(await this.app.createStore(ctx, { name }));
    });
  }

  @Handles(routes.readStore)
  readStore({ ctx, params }: InputOf<typeof routes.readStore>): Promise<object> {
    return speakFga(OTHER, async () => {
      await this.app.requireRelationRight(ctx, 'read');
      return viewStore(await this.app.readStore(ctx, { store: requireStoreId(params.storeId) }));
    });
  }

  @Handles(routes.deleteStore)
  deleteStore({ ctx, params }: InputOf<typeof routes.deleteStore>): Promise<void> {
    return speakFga(OTHER, async () => {
      await this.app.requireRelationRight(ctx, 'manage');
      await this.app.deleteStore(ctx, { store: requireStoreId(params.storeId) });
    });
  }

  @Handles(routes.listModels)
  listModels({ ctx, params, query }: InputOf<typeof routes.listModels>): Promise<object> {
    return speakFga(OTHER, async () => {
      await this.app.requireRelationRight(ctx, 'read');
      const { models, cursor = '' } = await this.app.listModels(ctx, {
        store: requireStoreId(params.storeId),
        ...readPaging(query.page_size, query.continuation_token),
        whole: true,
      });
      return { authorization_models: models.map(({ id, model }) => ({ id, ...model })), continuation_token: cursor };
    });
  }

  @Handles(routes.writeModel)
  writeModel({ ctx, params, body }: InputOf<typeof routes.writeModel>): Promise<object> {
    return speakFga({ kind: 'model' }, async () => {
      await this.app.requireRelationRight(ctx, 'manage');
      const store = requireStoreId(params.storeId);
      const { schema_version, type_definitions, conditions } = body;
      if (!type_definitions || type_definitions.length === 0)
        throw fgaError('type_definitions_too_few_items', 'type_definitions must hold at least one type.');
      const model = { schema_version: schema_version ?? '', type_definitions, ...(conditions && { conditions }) };
      const { id } = await this.app.writeModel(ctx, { store, model });
      return { authorization_model_id: id };
    });
  }

  @Handles(routes.readModel)
  readModel({ ctx, params }: InputOf<typeof routes.readModel>): Promise<object> {
    return speakFga(OTHER, async () => {
      await this.app.requireRelationRight(ctx, 'read');
      const store = requireStoreId(params.storeId);
      const { id, model } = await this.app.readModel(ctx, { store, id: requireModelId(params.modelId) });
      return { authorization_model: { id, ...model } };
    });
  }

  @Handles(routes.write)
  write({ ctx, params, body }: InputOf<typeof routes.write>): Promise<object> {
    return speakFga({ kind: 'write' }, async () => {
      await this.app.requireRelationRight(ctx, 'write');
      const writes = (body.writes?.tuple_keys ?? []).map(readTuple);
      const deletes = (body.deletes?.tuple_keys ?? []).map(readKey);
      const target = fgaTarget(params.storeId, body);
      requireWritable([...writes, ...deletes]);
      await this.app.writeTuples(ctx, {
        ...target,
        writes,
        deletes,
        onDuplicate: body.writes?.on_duplicate === 'ignore' ? 'ignore' : 'error',
        onMissing: body.deletes?.on_missing === 'ignore' ? 'ignore' : 'error',
      });
      return {};
    });
  }

  @Handles(routes.read)
  read({ ctx, params, body }: InputOf<typeof routes.read>): Promise<object> {
    return speakFga(OTHER, async () => {
      await this.app.requireRelationRight(ctx, 'read');
      const { tuples, cursor = '' } = await this.app.readTuples(ctx, {
        store: requireStoreId(params.storeId),
        filter: readFilter(body.tuple_key),
        ...readPaging(body.page_size, body.continuation_token),
      });
      return {
        tuples: tuples.map(({ tuple, writtenAt }) => ({ key: viewTuple(tuple), timestamp: writtenAt.toISOString() })),
        continuation_token: cursor,
      };
    });
  }

  @Handles(routes.changes)
  changes({ ctx, params, query }: InputOf<typeof routes.changes>): Promise<object> {
    return speakFga(OTHER, async () => {
      await this.app.requireRelationRight(ctx, 'read');
      const { changes, cursor } = await this.app.readChanges(ctx, {
        store: requireStoreId(params.storeId),
        ...(query.type && { objectType: query.type }),
        ...(query.start_time && !query.continuation_token && { since: readTime(query.start_time) }),
        ...readPaging(query.page_size, query.continuation_token),
      });
      return {
        changes: changes.map(({ tuple, operation, at }) => ({
          // Of what was deleted, the condition is not told (OpenFGA, ReadChanges).
          tuple_key: operation === 'write' ? viewTuple(tuple) : viewKey(tuple),
          operation: operation === 'write' ? 'TUPLE_OPERATION_WRITE' : 'TUPLE_OPERATION_DELETE',
          timestamp: at.toISOString(),
        })),
        continuation_token: cursor,
      };
    });
  }
}

function viewStore({ id, name, createdAt, updatedAt }: StoreView): object {
  return { id, name, created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString(), deleted_at: null };
}

/** What OpenFGA calls by words of their own, before anything is looked up. */
function requireWritable(keys: readonly TupleKey[]): void {
  if (keys.length === 0)
    throw fgaError('invalid_write_input', 'Make sure you provide at least one write, or at least one delete.');
  const seen = new Set<string>();
  for (const { object, relation, subject } of keys) {
    const key = JSON.stringify([object, relation, subject]);
    if (seen.has(key))
      throw fgaError(
        'cannot_allow_duplicate_tuples_in_one_request',
        `duplicate tuple in write: user: '${subject}', relation: '${relation}', object: '${object}'`,
      );
    seen.add(key);
  }
}

/** `document:` is every object of a type; then a user must be named, as in OpenFGA. */
function readFilter(given: InputOf<typeof routes.read>['body']['tuple_key']) {
  if (!given) return {};
  const { object, relation, subject } = readKey(given);
  if (!object && !relation && !subject) return {};
  const colon = object.indexOf(':');
  const type = colon < 0 ? object : object.slice(0, colon);
  const isTypeOnly = colon < 0 || colon === object.length - 1;
  if (type === '' || type.length > MAX_TYPE_LENGTH || (isTypeOnly && subject === ''))
    throw fgaError(
      'validation_error',
      "the 'tuple_key' field was provided but the object type field is required and both the object id and user cannot be empty",
    );
  return {
    ...(isTypeOnly ? { objectType: type } : { object }),
    ...(relation && { relation }),
    ...(subject && { subject }),
  };
}

function readTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()) || !/^\d{4}-\d{2}-\d{2}T/.test(text))
    throw fgaError('invalid_start_time', 'start_time must be a time of RFC 3339, such as 2026-01-01T00:00:00Z.');
  return time;
}
