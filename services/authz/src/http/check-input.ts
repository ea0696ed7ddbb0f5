import { DomainError, err, ok, type Result } from '@lumo/kit';
import { z } from 'zod';
import { LIMITS } from '../core/limits.js';
import { MAX_SLUG_LENGTH } from '../core/slug.js';
import { MAX_SUBJECT_ID_LENGTH, SUBJECT_TYPES, type Subject, subjectTypeOfId } from '../core/subject.js';

const permission = z.string().min(1).max(MAX_SLUG_LENGTH);
const id = z.string().min(1).max(MAX_SUBJECT_ID_LENGTH);

/** About whom is asked: `subject` or the flat `user_id`; the caller where neither stands (contract 3.2). */
const about = {
  user_id: z.union([id, z.int()]).nullish().meta({ description: 'About whom, by id; needs the right to ask that.' }),
  subject: z
    .object({ type: z.enum(SUBJECT_TYPES), id })
    .nullish()
    .meta({ description: 'The same as user_id, for any kind of subject.' }),
};

const shared = {
  ...about,
  context: z.record(z.string(), z.unknown()).nullish().meta({ description: 'Comes back in the answer.' }),
};

export const checkOneSchema = z.object({ permission, ...shared });
export const checkManySchema = z.object({
  permissions: z.array(permission).min(1).max(LIMITS.checksPerRequest),
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
      `Send permissions: an array of 1 to ${LIMITS.checksPerRequest} slugs of 1 to ${MAX_SLUG_LENGTH} characters.`,
    );
  return { permissions: parsed.data.permissions, ...sharedOf(parsed.data) };
}

function sharedOf({ context, ...asked }: z.infer<z.ZodObject<typeof shared>>): Omit<CheckInput, 'permissions'> {
  const subject = requireOneSubject(asked);
  return { ...(subject && { about: subject }), ...(context && { context }) };
}

/** The subject of a question; undefined where none is named. Throws where two are named that differ. */
export function requireOneSubject(asked: {
  readonly user_id?: string | number | null;
  readonly subject?: Subject | null;
}): Subject | undefined {
  const subject = subjectOf(asked);
  if (!subject.ok)
    throw new DomainError(
      'invalid',
      'INVALID_SUBJECT',
      'user_id and subject name different subjects. Send one of them.',
    );
  return subject.value;
}

function subjectOf({
  user_id: userId,
  subject,
}: Parameters<typeof requireOneSubject>[0]): Result<Subject | undefined, 'ambiguous'> {
  if (userId === undefined || userId === null) return ok(subject ?? undefined);
  const flat = String(userId);
  if (subject) return subject.id === flat ? ok(subject) : err('ambiguous');
  return ok({ type: subjectTypeOfId(flat), id: flat });
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
