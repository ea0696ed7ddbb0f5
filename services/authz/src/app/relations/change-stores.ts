import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import { limitReached } from '../refusals.js';
import { type StoreView, storeView } from './read-stores.js';
import { RELATION_LIMITS } from './relation-limits.js';
import { requireStore, storeTarget } from './require-store.js';
import { defaultStoreId, storeIdOf } from './store-id.js';
import { newUlid } from './ulid.js';

type Deps = Pick<AuthzDeps, 'changes' | 'clock' | 'remains'>;

/** Adds a store; names need not differ. */
export function createStore({ changes, clock }: Pick<Deps, 'changes' | 'clock'>) {
  return async (_ctx: RequestContext, { name }: { readonly name: string }): Promise<StoreView> =>
    changes.run(async (work) => {
      if ((await work.relations.storeCount()) >= RELATION_LIMITS.storesPerOrg) {
        throw limitReached('stores', RELATION_LIMITS.storesPerOrg);
      }
      const store = await work.relations.insertStore({ id: newUlid(clock.now()), name });
      work.announce({ name: 'relation.store.created', target: storeTarget(store), data: { store: store.id, name } });
      return storeView(store);
    });
}

/** Deletes a store with its models and tuples. Nobody is answered from it any more; its rows go piece by piece. */
export function deleteStore({ changes, remains }: Pick<Deps, 'changes' | 'remains'>) {
  return async (ctx: RequestContext, { store: asked }: { readonly store: string }): Promise<void> => {
    const org = orgOf(ctx);
    const storeId = storeIdOf(org, asked);
    if (storeId === defaultStoreId(org)) {
      throw new DomainError(
        'forbidden',
        'permission_denied',
        'The store that every organization has cannot be deleted.',
      );
    }
    await changes.run(async (work) => {
      const store = await requireStore(work.relations, org, storeId);
      await work.relations.buryStore(store.number);
      work.recordRelations({ store: store.number, previous: store.revision, writes: [], deletes: [], gone: true });
      work.announce({
        name: 'relation.store.deleted',
        target: storeTarget(store),
        data: { store: store.id, name: store.name },
      });
    });
    await remains.removeLater();
  };
}
