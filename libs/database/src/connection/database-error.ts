import { DomainError } from '@lumo/kit';

/** SQLSTATE classes and codes, and socket errors, that say "the server is not there", not "the statement is wrong". */
const UNAVAILABLE = /^(08|57P|53|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)/;

/** Turns a failure to reach PostgreSQL into `unavailable`, and leaves every other error as it is. */
export function databaseUnavailable(error: unknown): unknown {
  if (error instanceof DomainError || !isConnectionFailure(error)) return error;
  return new DomainError('unavailable', 'temporarily_unavailable', 'The service is busy. Try again in a moment.', {
    retryAfterSeconds: 1,
    cause: error,
  });
}

function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { readonly code?: unknown }).code;
  if (typeof code === 'string') return UNAVAILABLE.test(code);
  return /timeout exceeded when trying to connect|Connection terminated|not queryable/.test(error.message);
}

/** True where PostgreSQL refused a duplicate (23505), of `constraint` where it is given. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return hasCode(error, '23505', constraint);
}

/** True where PostgreSQL refused a reference to a row that is not there, or still needed (23503). */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return hasCode(error, '23503', constraint);
}

/** True where two transactions collided (40001, 40P01): the whole operation may be tried again. */
export function isSerializationFailure(error: unknown): boolean {
  return hasCode(error, '40001') || hasCode(error, '40P01');
}

function hasCode(error: unknown, code: string, constraint?: string): boolean {
  if (!(error instanceof Error)) return false;
  const fields = error as { readonly code?: unknown; readonly constraint?: unknown };
  return fields.code === code && (constraint === undefined || fields.constraint === constraint);
}
