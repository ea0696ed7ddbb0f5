import { DomainError } from '@lumo/kit';
import type { RelationStore, TupleFilter } from '../../relation-ports.js';
import { RELATION_LIMITS } from './relation-limits.js';
import { requireFilter } from './require-key.js';
import { malformed } from './tuple-request.js';

/** Must hold before the change: some tuple matches the filter, or none does. */
export interface Precondition {
  readonly kind: 'must_exist' | 'must_not_exist';
  readonly filter: TupleFilter;
}

/** Refuses filters that are none. */
export function readPreconditions(preconditions: readonly Precondition[]): void {
  if (preconditions.length > RELATION_LIMITS.preconditionsPerWrite) {
    throw malformed('preconditions', `must be at most ${RELATION_LIMITS.preconditionsPerWrite}`);
  }
  for (const { filter } of preconditions) {
    if (Object.values(filter).every((member) => member === undefined))
      throw malformed('preconditions', 'need a filter');
    requireFilter(filter);
  }
}

/** Under the lock of the organization: what is found stays true until the commit. */
export async function requirePreconditions(
  records: RelationStore,
  store: number,
  preconditions: readonly Precondition[],
): Promise<void> {
  const found = await records.matches(
    store,
    preconditions.map(({ filter }) => filter),
  );
  const failed = preconditions.findIndex(({ kind }, index) => found[index] !== (kind === 'must_exist'));
  const precondition = preconditions[failed];
  if (!precondition) return;
  const what = precondition.kind === 'must_exist' ? 'No tuple matches' : 'A tuple matches';
  throw new DomainError('conflict', 'precondition_failed', `${what} precondition ${failed}; nothing was written.`, {
    details: { index: failed, kind: precondition.kind },
  });
}
