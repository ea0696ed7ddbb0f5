import type { RequestContext } from '@lumo/tenancy';
import type { ConditionContext, RelationTuple, TupleKey } from '../../core/rebac/tuple.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import { refuse } from './relation-refusal.js';
import { requireStore, storeTarget } from './require-store.js';
import { type StoreTarget, storeIdOf } from './store-id.js';

/** What a check by a model is expected to answer. Nothing is decided by it: tools that test models keep it here. */
export interface Assertion extends TupleKey {
  readonly expectation: boolean;
  readonly context?: ConditionContext;
  readonly contextualTuples?: readonly RelationTuple[];
}

export interface AssertionsOf extends StoreTarget {
  readonly modelId: string;
}

/** The assertions of a model, in the order in which they were written. */
export function readAssertions({ relations, stores }: Pick<AuthzDeps, 'relations' | 'stores'>) {
  return async (ctx: RequestContext, { store: asked, modelId }: AssertionsOf): Promise<readonly Assertion[]> => {
    const org = orgOf(ctx);
    const store = await requireStore(relations.records, org, storeIdOf(org, asked));
    await relations.models.require(relations.records, store, modelId);
    const text = await stores.assertions.read(store.number, modelId);
    // Written below.
    return text === undefined ? [] : (JSON.parse(text) as readonly Assertion[]);
  };
}

/** Replaces the assertions of a model. Their types and relations must be those of the model. */
export function writeAssertions({ changes, relations }: Pick<AuthzDeps, 'changes' | 'relations'>) {
  return async (
    ctx: RequestContext,
    { store: asked, modelId, assertions }: AssertionsOf & { readonly assertions: readonly Assertion[] },
  ): Promise<void> => {
    const org = orgOf(ctx);
    const storeId = storeIdOf(org, asked);
    await changes.run(async (work) => {
      const store = await requireStore(work.relations, org, storeId);
      const model = await relations.models.require(work.relations, store, modelId);
      for (const { object, relation } of assertions) {
        const type = object.split(':', 1)[0] ?? '';
        const known = model.types.get(type);
        if (!known) throw refuse({ reason: 'type_not_found', type });
        if (!known.relations.has(relation)) throw refuse({ reason: 'relation_not_found', type, relation });
      }
      await work.assertions.replace(store.number, modelId, JSON.stringify(assertions));
      work.announce({
        name: 'relation.assertions.written',
        target: storeTarget(store),
        data: { store: store.id, model: modelId, assertions: assertions.length },
      });
    });
  };
}
