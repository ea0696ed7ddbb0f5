import { DomainError } from '@lumo/kit';
import type { z } from 'zod';

/** Parses one part of a request; a refusal names every member that is wrong and what it should be. */
export function parsePart<T>(part: 'path' | 'query' | 'body', schema: z.ZodType<T> | undefined, value: unknown): T {
  if (!schema) return undefined as T;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const details: Record<string, string> = {};
  for (const issue of parsed.error.issues.slice(0, 20)) {
    const name = issue.path.length > 0 ? issue.path.join('.').slice(0, 100) : part;
    details[name] ??= issue.message.slice(0, 200);
  }
  const [first] = Object.entries(details);
  throw new DomainError('invalid', 'validation_error', `The ${part} is not valid: ${first?.[0]}: ${first?.[1]}`, {
    details,
  });
}

/** Refuses NUL in path and query values: no column can hold it, and it never is what a client means. */
export function refuseNul(values: object): void {
  for (const value of Object.values(values)) {
    if (typeof value === 'string' && value.includes('\0'))
      throw new DomainError('invalid', 'invalid_request', 'A value contains a NUL character.');
  }
}
