import { err, ok, type Result } from '@lumo/kit';
import { TUPLE_LIMITS } from './model-limits.js';

export interface ObjectRef {
  readonly type: string;
  readonly id: string;
}

/** `id` is `*` for everybody of a type. `relation` stands for the userset of those who have it. */
export interface SubjectRef extends ObjectRef {
  readonly relation?: string;
}

/**
 * What separates the parts of a tuple, and what PostgreSQL or a log line would not keep as it is: whitespace, control
 * characters and unpaired surrogates. Everything else may be in an id, and ids are compared by code units: `Foo`, `foo`
 * and the same letter in another Unicode form are different ids (hard case 31).
 */
const NOT_IN_IDS = /[:#\s\p{Cc}]/u;

/** `type:id`. The detail of a refusal says what to change. */
export function parseObject(text: string): Result<ObjectRef, string> {
  if (typeof text !== 'string') return err('an object is a text: type:id');
  if (text.length > TUPLE_LIMITS.object) return err(`an object has at most ${TUPLE_LIMITS.object} characters`);
  const parts = parseTypeAndId(text, 'an object');
  if (parts.ok && parts.value.id === '*') return err("an object is one object: '*' stands for everybody, as a subject");
  return parts;
}

/** `type:id`, `type:*` or `type:id#relation`. */
export function parseSubject(text: string): Result<SubjectRef, string> {
  if (typeof text !== 'string') return err('a subject is a text: type:id, type:* or type:id#relation');
  if (text.length > TUPLE_LIMITS.subject) return err(`a subject has at most ${TUPLE_LIMITS.subject} characters`);
  const hash = text.indexOf('#');
  if (hash === -1) return parseTypeAndId(text, 'a subject');
  const parts = parseTypeAndId(text.slice(0, hash), 'a subject');
  if (!parts.ok) return parts;
  const relation = text.slice(hash + 1);
  if (parts.value.id === '*') return err("'*' stands for everybody of a type and has no relation");
  if (!isRelationText(relation)) return err("behind '#' stands the name of one relation");
  return ok({ ...parts.value, relation });
}

export function isRelationText(text: string): boolean {
  return (
    text.length > 0 && text.length <= TUPLE_LIMITS.relation && !/[:#@*\s\p{Cc}]/u.test(text) && text.isWellFormed()
  );
}

function parseTypeAndId(text: string, what: string): Result<ObjectRef, string> {
  const colon = text.indexOf(':');
  const type = text.slice(0, Math.max(colon, 0));
  const id = text.slice(colon + 1);
  if (colon < 1 || id === '') return err(`${what} is written type:id`);
  if (NOT_IN_IDS.test(type) || NOT_IN_IDS.test(id)) {
    return err("types and ids have no ':', '#', whitespace or control characters");
  }
  if (!text.isWellFormed()) return err('the text is no valid Unicode: it holds half of a surrogate pair');
  return ok({ type, id });
}
