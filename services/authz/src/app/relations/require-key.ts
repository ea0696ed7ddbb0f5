import { isShallow } from '../../core/rebac/json-value.js';
import { TUPLE_LIMITS } from '../../core/rebac/model-limits.js';
import type { RelationTuple, TupleKey } from '../../core/rebac/tuple.js';
import type { TupleFilter } from '../../relation-ports.js';
import { malformed } from './tuple-request.js';

const CONTEXT_DEPTH = 32;

/** PostgreSQL stores neither a NUL nor an unpaired surrogate as what it is: two texts would become one, or an error. */
export function requireText(field: string, text: string, limit: number): void {
  if (text === '' || text.length > limit) throw malformed(field, `must have 1 to ${limit} characters`);
  if (text.includes('\0') || !text.isWellFormed()) throw malformed(field, 'holds characters that cannot be stored');
}

/** A key that can name a stored tuple. Whether a model allows it is another question. */
export function requireKey({ object, relation, subject }: TupleKey): void {
  requireObject('object', object);
  requireText('relation', relation, TUPLE_LIMITS.relation);
  requireText('subject', subject, TUPLE_LIMITS.subject);
}

/** A tuple that can be stored, with a context that can be written as JSON. */
export function requireTuple(tuple: RelationTuple): void {
  requireKey(tuple);
  if (!isShallow(tuple.condition?.context, CONTEXT_DEPTH)) {
    throw malformed('context', `of a condition must not be nested more than ${CONTEXT_DEPTH} deep`);
  }
}

export function requireFilter({ object, objectType, relation, subject }: TupleFilter): void {
  if (object !== undefined) requireObject('object', object);
  if (objectType !== undefined) requireText('object_type', objectType, TUPLE_LIMITS.object);
  if (relation !== undefined) requireText('relation', relation, TUPLE_LIMITS.relation);
  if (subject !== undefined) requireText('subject', subject, TUPLE_LIMITS.subject);
}

function requireObject(field: string, object: string): void {
  requireText(field, object, TUPLE_LIMITS.object);
  const colon = object.indexOf(':');
  if (colon < 1 || colon === object.length - 1) throw malformed(field, 'must be written as type:id');
}
