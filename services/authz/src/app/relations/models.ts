import type { AuthorizationModel } from '../../core/rebac/authorization-model.js';
import { compileModel } from '../../core/rebac/compile-model.js';
import type { CompiledModel } from '../../core/rebac/compiled-model.js';
import type { ModelRecord, ModelRecords, StoreRecord } from '../../relation-ports.js';
import { LruMap } from './lru-map.js';
import { modelNotFound } from './store-id.js';

/**
 * Compiled models. They never change, so that nothing here can be out of date; equal models of different stores and
 * organizations are compiled once.
 */
export interface Models {
  /** Where it is known already. */
  peek(store: number, id: string): CompiledModel | undefined;
  load(records: ModelRecords, store: number, id: string): Promise<CompiledModel | undefined>;
  /** The named model or the store's newest. @throws DomainError model_not_found */
  require(
    records: ModelRecords,
    store: Pick<StoreRecord, 'number' | 'modelId'>,
    id: string | undefined,
  ): Promise<CompiledModel>;
}

/** Characters of all the models that are kept compiled. */
const KEPT_TEXT = 16 * 1024 * 1024;
const KEPT_IDS = 20_000;

export function createModels(): Models {
  const compiled = new LruMap<string, { readonly model: CompiledModel; readonly size: number }>({
    budget: KEPT_TEXT,
    sizeOf: ({ size }) => size,
  });
  /** Store numbers are unique in the installation. */
  const hashes = new LruMap<string, string>({ budget: KEPT_IDS, sizeOf: () => 1 });

  function compile({ hash, model: text }: ModelRecord): CompiledModel {
    const known = compiled.get(hash);
    if (known) return known.model;
    // It was valid when it was written, and stays what it says although later versions may be stricter.
    const model = compileModel(JSON.parse(text) as AuthorizationModel);
    compiled.set(hash, { model, size: text.length });
    return model;
  }

  async function load(records: ModelRecords, store: number, id: string): Promise<CompiledModel | undefined> {
    const record = await records.model(store, id);
    if (!record) return undefined;
    const model = compile(record);
    hashes.set(`${store} ${id}`, record.hash);
    return model;
  }

  function peek(store: number, id: string): CompiledModel | undefined {
    const hash = hashes.get(`${store} ${id}`);
    return hash === undefined ? undefined : compiled.get(hash)?.model;
  }

  return {
    peek,
    load,
    async require(records, { number, modelId }, asked) {
      const id = asked ?? modelId;
      const model = id === null ? undefined : (peek(number, id) ?? (await load(records, number, id)));
      if (!model) throw modelNotFound(asked);
      return model;
    },
  };
}
