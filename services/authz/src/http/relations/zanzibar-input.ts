import { DomainError } from '@lumo/kit';
import { z } from 'zod';
import type { TupleKey } from '../../core/rebac/tuple.js';

/**
 * A tuple in every spelling of contract 3.5: `object`, or `object_type` and `object_id`; `relation` or `permission`; `subject`
 * or `user`, or `user_type` and `user_id` (`subject_…` alike), for usersets with `user_relation`.
 */

const MAX_TEXT = 1024;
const text = z.string().max(MAX_TEXT).nullish();
const id = z.union([z.string().max(MAX_TEXT), z.int()]).nullish();

export const zanzibarFields = {
  object: text.meta({ description: '`type:id`', examples: ['document:roadmap'] }),
  object_type: text,
  object_id: id,
  relation: text,
  permission: text.meta({ description: 'Another word for relation.' }),
  subject: text.meta({ description: '`type:id`, or the userset `type:id#relation`', examples: ['user:anne'] }),
  user: text.meta({ description: 'Another word for subject.' }),
  user_type: text,
  user_id: id,
  user_relation: text,
  subject_type: text,
  subject_id: id,
  subject_relation: text,
};

const spellings = z.object(zanzibarFields);
type Spellings = z.infer<typeof spellings>;
type Part = 'object' | 'relation' | 'subject';

/** What was sent, as far as it was sent. Throws `ZANZIBAR_CHECK_FAILED` where two spellings of one thing differ. */
export function readTupleParts(body: unknown): Partial<Record<Part, string>> {
  const parsed = spellings.safeParse(body ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw malformed(`${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'is not valid'}.`);
  }
  const given = parsed.data;
  const parts = {
    object: one('object', [given.object, joined(given.object_type, given.object_id)]),
    relation: one('relation', [given.relation, given.permission]),
    subject: one('subject', [
      given.subject,
      given.user,
      joined(given.user_type, given.user_id, given.user_relation),
      joined(given.subject_type, given.subject_id, given.subject_relation),
    ]),
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

/** A whole tuple. Throws `MISSING_FIELDS` with the names of what is missing. */
export function requireTupleKey(body: unknown): TupleKey {
  const { object, relation, subject } = readTupleParts(body);
  if (object === undefined || relation === undefined || subject === undefined)
    throw missing({ object, relation, subject });
  return { object, relation, subject };
}

export function missing(parts: Readonly<Record<string, string | undefined>>): DomainError {
  const names = Object.keys(parts).filter((name) => parts[name] === undefined);
  return new DomainError('invalid', 'MISSING_FIELDS', `Missing: ${names.join(', ')}. ${HOW[names[0] ?? ''] ?? ''}`, {
    details: Object.fromEntries(names.map((name) => [name, 'missing'])),
  });
}

export function malformed(message: string): DomainError {
  return new DomainError('invalid', 'ZANZIBAR_CHECK_FAILED', message);
}

const HOW: Readonly<Record<string, string>> = {
  object: 'Send object as "type:id", or object_type and object_id.',
  relation: 'Send relation, or permission.',
  subject: 'Send subject (or user) as "type:id", or user_type and user_id.',
  object_type: 'Send object_type: the type of the objects to list.',
};

/** The one value that all spellings agree on; an empty one counts as not sent. */
function one(part: Part, spelled: readonly (Spellings['object'] | undefined)[]): string | undefined {
  const values = new Set(spelled.filter((value) => value !== undefined && value !== null && value !== ''));
  if (values.size > 1) throw malformed(`The request names two different values of ${part}. Send one spelling.`);
  const [value] = values;
  return value ?? undefined;
}

function joined(
  type: Spellings['object'],
  of: Spellings['object_id'],
  relation?: Spellings['object'],
): string | undefined {
  if (!type || of === undefined || of === null || of === '') return undefined;
  return relation ? `${type}:${of}#${relation}` : `${type}:${of}`;
}
