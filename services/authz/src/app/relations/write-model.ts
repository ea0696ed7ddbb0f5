import { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { AuthorizationModel } from '../../core/rebac/authorization-model.js';
import { modelHash } from '../../core/rebac/compile-model.js';
import { canonicalJson } from '../../core/rebac/json-value.js';
import { validateModel } from '../../core/rebac/validate-model.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import { limitReached } from '../refusals.js';
import { invalidModel } from './invalid-model.js';
import { RELATION_LIMITS } from './relation-limits.js';
import { storeTarget } from './require-store.js';
import { defaultStoreId, type StoreTarget, storeIdOf, storeNotFound } from './store-id.js';
import { newUlid } from './ulid.js';

export interface WriteModel extends StoreTarget {
  /** JSON as it came. */
  readonly model: unknown;
  /** What the new model was made from: refused where another one counts by now. Null: none at all. */
  readonly basedOn?: string | null;
}

export interface WrittenModel {
  readonly id: string;
  /** False where the newest model of the store says the same: then that one is named. */
  readonly created: boolean;
  readonly model: AuthorizationModel;
  readonly revision: number;
  readonly token: string;
}

/** Adds a model to a store; questions that name no model are answered by it from now on. Tuples that it does not allow stay stored and are passed over. */
export function writeModel({ changes, relations, clock }: Pick<AuthzDeps, 'changes' | 'relations' | 'clock'>) {
  return async (ctx: RequestContext, command: WriteModel): Promise<WrittenModel> => {
    const org = orgOf(ctx);
    const storeId = storeIdOf(org, command.store);
    const valid = validateModel(command.model);
    if (!valid.ok) throw invalidModel(valid.error);
    const model = valid.value;
    const hash = modelHash(model);

    const written = await changes.run(async (work) => {
      const { relations: records } = work;
      let store = await records.store(storeId);
      if (!store && storeId !== defaultStoreId(org)) throw storeNotFound();
      store ??= await records.insertStore({ id: storeId, name: 'default' });
      if (command.basedOn !== undefined && command.basedOn !== store.modelId) throw modelChanged();
      const newest = store.modelId === null ? undefined : await records.model(store.number, store.modelId);
      if (newest?.hash === hash) return { id: newest.id, created: false, revision: work.revision };
      if ((await records.modelCount(store.number)) >= RELATION_LIMITS.modelsPerStore) {
        throw limitReached('models in one store', RELATION_LIMITS.modelsPerStore);
      }
      const id = newUlid(clock.now());
      const revision = work.revision + 1;
      await records.insertModel(store.number, { id, hash, model: canonicalJson(model), revision });
      work.recordRelations({ store: store.number, previous: store.revision, writes: [], deletes: [], modelId: id });
      work.announce({
        name: 'relation.model.written',
        target: storeTarget(store),
        data: { store: store.id, model: id, hash, revision, types: model.type_definitions.length },
      });
      return { id, created: true, revision };
    });
    return { ...written, model, token: await relations.graphs.tokenAt(org, written.revision) };
  };
}

function modelChanged(): DomainError {
  return new DomainError(
    'conflict',
    'model_changed',
    'Somebody changed the model meanwhile. Read it again, then write.',
  );
}
