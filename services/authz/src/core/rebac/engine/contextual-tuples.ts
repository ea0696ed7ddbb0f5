import { checkTuple } from '../check-tuple.js';
import { type CompiledModel, tupleText } from '../compiled-model.js';
import type { RelationFailure } from '../relation-failure.js';
import type { RelationTuple } from '../tuple.js';

/** Contextual tuples are held to the same rules as written ones: the first that could not be written, and why. */
export function checkContextual(model: CompiledModel, tuples: readonly RelationTuple[]): RelationFailure | undefined {
  for (const tuple of tuples) {
    const checked = checkTuple(model, tuple);
    if (!checked.ok) return { reason: 'invalid_tuple', tuple: tupleText(tuple), detail: detailOf(checked.error) };
  }
  return undefined;
}

function detailOf(failure: RelationFailure): string {
  switch (failure.reason) {
    case 'type_not_found':
      return `the model has no type '${failure.type}'`;
    case 'relation_not_found':
      return `the type '${failure.type}' has no relation '${failure.relation}'`;
    case 'malformed':
      return `${failure.field}: ${failure.detail}`;
    case 'invalid_tuple':
    case 'condition_failed':
      return failure.detail;
    case 'over_budget':
      return failure.budget;
  }
}
