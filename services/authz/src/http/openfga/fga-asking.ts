import type { Consistency } from '../../app/relations/consistency.js';
import type { ConditionContext, RelationTuple } from '../../core/rebac/tuple.js';
import { fgaError } from './fga-error.js';
import { type FgaTupleKey, readTuple } from './fga-tuple.js';
import type { FgaConsistency, FgaQuestion } from './openfga-schemas.js';

const ID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** Ids of stores and models are ULIDs; clients of OpenFGA send no other. */
export function requireStoreId(id: string): string {
  if (ID.test(id)) return id;
  throw id.length === 26
    ? fgaError('validation_error', 'store_id must be a ULID: 26 characters of 0-9 and A-Z without I, L, O and U.')
    : fgaError('store_id_invalid_length', 'store_id must have 26 characters.');
}

export function requireModelId(id: string): string {
  if (ID.test(id)) return id;
  throw fgaError('validation_error', 'authorization_model_id must be a ULID: 26 characters of 0-9 and A-Z.');
}

/** The store, model and consistency of a question. An empty model id stands for none, as generated clients send it. */
export function fgaTarget(
  storeId: string,
  asked: { readonly authorization_model_id?: string | null | undefined; readonly consistency?: FgaConsistency },
): { readonly store: string; readonly modelId?: string; readonly consistency?: Consistency } {
  const modelId = asked.authorization_model_id;
  return {
    store: requireStoreId(storeId),
    ...(modelId && { modelId: requireModelId(modelId) }),
    ...(asked.consistency === 'HIGHER_CONSISTENCY' && { consistency: 'fully_consistent' }),
  };
}

/** Hops that OpenFGA follows; it gives up at the next one, the 25th. */
export const FGA_DEPTH = 24;

export function fgaAlong(asked: FgaQuestion): {
  readonly context?: ConditionContext;
  readonly contextualTuples?: readonly RelationTuple[];
} {
  return along(asked.context, asked.contextual_tuples?.tuple_keys);
}

export function along(
  context: ConditionContext | null | undefined,
  tuples: readonly FgaTupleKey[] | null | undefined,
): { readonly context?: ConditionContext; readonly contextualTuples?: readonly RelationTuple[] } {
  return {
    ...(context && { context }),
    ...(tuples && tuples.length > 0 && { contextualTuples: tuples.map(readTuple) }),
  };
}
