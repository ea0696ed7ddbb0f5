import { DomainError } from '@lumo/kit';
import { tupleText } from '../../core/rebac/compiled-model.js';
import type { RelationTuple, TupleKey } from '../../core/rebac/tuple.js';
import { RELATION_LIMITS } from './relation-limits.js';

/** A request to write and delete that can be carried out in one step: not empty, not too much, each key once. */
export function requireWritable(writes: readonly RelationTuple[], deletes: readonly TupleKey[]): void {
  const count = writes.length + deletes.length;
  if (count === 0) throw malformed('writes', 'and deletes are both empty');
  if (count > RELATION_LIMITS.tuplesPerWrite) {
    throw malformed('writes', `and deletes hold more than ${RELATION_LIMITS.tuplesPerWrite} tuples together`);
  }
  const keys = new Set<string>();
  for (const tuple of [...writes, ...deletes]) {
    const key = keyOf(tuple);
    if (keys.has(key)) throw malformed('writes', `and deletes name ${tupleText(tuple)} twice`);
    keys.add(key);
  }
}

/** Unambiguous: neither part has a NUL, and each is one part of the key whatever characters it has. */
export function keyOf({ object, relation, subject }: TupleKey): string {
  return `${object}\0${relation}\0${subject}`;
}

export function malformed(field: string, detail: string): DomainError {
  return new DomainError('invalid', 'validation_error', `${field} ${detail}.`, { details: { [field]: detail } });
}
