import type { RequestContext } from '@lumo/tenancy';
import type { StoreRecord } from '../../relation-ports.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import { requireStore } from './require-store.js';
import { storeIdOf } from './store-id.js';

export interface StoreView {
  readonly id: string;
  readonly name: string;
  readonly modelId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ListStores {
  readonly pageSize: number;
  readonly cursor?: string;
  /** Only stores of exactly this name. */
  readonly name?: string;
}

export interface StorePage {
  /** Newest first. */
  readonly stores: readonly StoreView[];
  readonly cursor?: string;
}

const STORES_PER_PAGE = 100;

type Deps = Pick<AuthzDeps, 'relations'>;

export function listStores({ relations }: Deps) {
  return async (ctx: RequestContext, { pageSize, cursor, name }: ListStores): Promise<StorePage> => {
    const { records, cursors } = relations;
    const question = { list: 'stores', orgId: orgOf(ctx).id, about: name ?? null } as const;
    const before = cursor === undefined ? undefined : cursors.open<string>(question, cursor);
    const limit = Math.max(1, Math.min(pageSize, STORES_PER_PAGE));
    const found = await records.stores({
      ...(before !== undefined && { before }),
      ...(name !== undefined && { name }),
      limit: limit + 1,
    });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return { stores: page.map(storeView), ...(last && { cursor: cursors.seal(question, last.id) }) };
  };
}

/** Absent `store`: the one that the organization has from its first model on. */
export function readStore({ relations }: Deps) {
  return async (ctx: RequestContext, { store }: { readonly store?: string }): Promise<StoreView> => {
    const org = orgOf(ctx);
    return storeView(await requireStore(relations.records, org, storeIdOf(org, store)));
  };
}

export function storeView({ id, name, modelId, createdAt, updatedAt }: StoreRecord): StoreView {
  return { id, name, modelId, createdAt, updatedAt };
}
