import { DomainError } from '@lumo/kit';
import { z } from 'zod';
import type { Subject } from '../core/subject.js';
import { requireOneSubject, SUBJECT_TYPES, subjectId, subjectType } from './subject-reference.js';

/** Items of one request (contract 3.2). */
const MAX_CHECKS = 100;
const MAX_SLUG_LENGTH = 255;

const permission = z.string().min(1).max(MAX_SLUG_LENGTH);

/** About whom is asked: `subject` or the flat `user_id`; the caller where neither stands (contract 3.2). */
const about = {
  user_id: z
    .union([subjectId, z.int()])
    .nullish()
    .meta({ description: 'About whom, by id; needs the right to ask that.' }),
  subject: z
    .object({ type: subjectType, id: subjectId })
    .nullish()
    .meta({ description: 'The same as user_id, for any kind of subject.' }),
};

const shared = {
  ...about,
  context: z.record(z.string(), z.unknown()).nullish().meta({ description: 'Comes back in the answer.' }),
};

export const checkOneSchema = z.object({ permission, ...shared });
export const checkManySchema = z.object({
  permissions: z.array(permission).min(1).max(MAX_CHECKS),
  ...shared,
});

/** A parsed question; `context` is absent where none was sent. */
export interface CheckInput {
  readonly permissions: readonly string[];
  readonly about?: Subject;
  readonly context?: Readonly<Record<string, unknown>>;
}

export function parseCheckOne(body: unknown): CheckInput {
  const parsed = checkOneSchema.safeParse(body);
  if (!parsed.success)
    throw refusal(
      parsed.error,
      'MISSING_PERMISSION',
      `Send permission: the slug to check, 1 to ${MAX_SLUG_LENGTH} characters.`,
    );
  return { permissions: [parsed.data.permission], ...sharedOf(parsed.data) };
}

export function parseCheckMany(body: unknown): CheckInput {
  const parsed = checkManySchema.safeParse(body);
  if (!parsed.success)
    throw refusal(
      parsed.error,
      'INVALID_PERMISSIONS',
      `Send permissions: an array of 1 to ${MAX_CHECKS} slugs of 1 to ${MAX_SLUG_LENGTH} characters.`,
    );
  return { permissions: parsed.data.permissions, ...sharedOf(parsed.data) };
}

function sharedOf({ context, ...asked }: z.infer<z.ZodObject<typeof shared>>): Omit<CheckInput, 'permissions'> {
  const subject = requireOneSubject(asked);
  return { ...(subject && { about: subject }), ...(context && { context }) };
}

/** The code of contract 1.7 for the member that is wrong. */
function refusal(error: z.ZodError, code: string, message: string): DomainError {
  switch (error.issues[0]?.path[0]) {
    case 'user_id':
    case 'subject':
      return new DomainError(
        'invalid',
        'INVALID_SUBJECT',
        `user_id is text; subject is {type, id} with a type of ${SUBJECT_TYPES.join(', ')}.`,
      );
    case 'context':
      return new DomainError('invalid', 'INVALID_CONTEXT', 'context is a JSON object, or absent.');
    default:
      return new DomainError('invalid', code, message);
  }
}
