/** The nine kinds of refusal. Every kind has exactly one HTTP status (`httpStatus`). */
export const ERROR_KINDS = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'gone',
  'exhausted',
  'unavailable',
  'internal',
] as const;

export type ErrorKind = (typeof ERROR_KINDS)[number];

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  exhausted: 429,
  unavailable: 503,
  internal: 500,
};

export function httpStatus(kind: ErrorKind): number {
  return STATUS[kind];
}

/** JSON-safe facts that the public may see beside the message, e.g. `{ max_depth: 3 }` or field name to text. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * A refusal that crosses a border (between services, or to the public).
 * `message` and `details` are public: they say what to do next and never carry a secret. What only the operator may
 * see goes into `cause`, which is logged and never sent.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly kind: ErrorKind,
    /** The protocol's own word, e.g. `invalid_grant` or `resource_not_found`. */
    readonly code: string,
    message: string,
    readonly options: {
      readonly details?: ErrorDetails;
      /** Seconds until a retry makes sense; becomes `Retry-After`. */
      readonly retryAfterSeconds?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
  }

  get details(): ErrorDetails | undefined {
    return this.options.details;
  }
}

export function isDomainError(value: unknown): value is DomainError {
  return value instanceof DomainError;
}
