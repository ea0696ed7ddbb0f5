import type { BatchedAnswer } from '../../app/relations/check-relations.js';

/** An answer of a batch; a question that has none says why, in the words of every refusal. */
export function viewChecked(id: string | number | undefined, result: BatchedAnswer): object {
  const named = id === undefined ? {} : { id };
  if ('allowed' in result) return { ...named, allowed: result.allowed };
  const { code, message, details } = result.failure;
  return { ...named, error: { code, message, ...(details && { details }) } };
}
