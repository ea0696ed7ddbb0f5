import type { RequestContext } from '@lumo/tenancy';
import type { AuthorizationModel } from '../../core/rebac/authorization-model.js';
import type { ModelRecord } from '../../relation-ports.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import { requireStore } from './require-store.js';
import { defaultStoreId, modelNotFound, type StoreTarget, storeIdOf, storeNotFound } from './store-id.js';

export interface ReadModel extends StoreTarget {
  /** `latest`: the one that counts where a question names none. */
  readonly id: string;
}

export interface ModelView {
  readonly id: string;
  readonly model: AuthorizationModel;
  readonly revision: number;
  readonly createdAt: Date;
}

export interface ListModels extends StoreTarget {
  readonly pageSize: number;
  readonly cursor?: string;
  /** With the models themselves, not only what names them. */
  readonly whole?: boolean;
}

export interface ModelPage {
  /** Newest first. `model` where it was asked for. */
  readonly models: readonly (Omit<ModelView, 'model'> & { readonly model?: AuthorizationModel })[];
  readonly cursor?: string;
}

const MODELS_PER_PAGE = 50;

type Deps = Pick<AuthzDeps, 'relations'>;

/** One model of a store. */
export function readModel({ relations }: Deps) {
  return async (ctx: RequestContext, { store: asked, id }: ReadModel): Promise<ModelView> => {
    const org = orgOf(ctx);
    const { records } = relations;
    const store = await requireStore(records, org, storeIdOf(org, asked));
    const wanted = id === 'latest' ? store.modelId : id;
    const record = wanted === null ? undefined : await records.model(store.number, wanted);
    if (!record) throw modelNotFound(id === 'latest' ? undefined : id);
    return viewOf(record);
  };
}

/** The models of a store; one without any has none to list. */
export function listModels({ relations }: Deps) {
  return async (ctx: RequestContext, query: ListModels): Promise<ModelPage> => {
    const org = orgOf(ctx);
    const storeId = storeIdOf(org, query.store);
    const { records, cursors } = relations;
    const store = await records.store(storeId);
    if (!store) {
      if (storeId !== defaultStoreId(org)) throw storeNotFound();
      return { models: [] };
    }
    const question = { list: 'models', orgId: org.id, about: storeId } as const;
    const before = query.cursor === undefined ? undefined : cursors.open<number>(question, query.cursor);
    const limit = Math.max(1, Math.min(query.pageSize, MODELS_PER_PAGE));
    const found = await records.models(store.number, { ...(before !== undefined && { before }), limit: limit + 1 });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const models = [];
    for (const { id, revision, createdAt } of page) {
      const record = query.whole ? await records.model(store.number, id) : undefined;
      models.push({ id, revision, createdAt, ...(record && { model: viewOf(record).model }) });
    }
    return { models, ...(last && { cursor: cursors.seal(question, last.revision) }) };
  };
}

function viewOf({ id, model, revision, createdAt }: ModelRecord): ModelView {
  // It was compiled before it was stored.
  return { id, model: JSON.parse(model) as AuthorizationModel, revision, createdAt };
}
