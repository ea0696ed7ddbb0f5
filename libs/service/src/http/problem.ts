import { DomainError, type ErrorDetails, httpStatus, isDomainError } from '@lumo/kit';

/** The one error body of the platform: a superset of what every public SDK reads (contract 1.6). */
export interface Problem {
  readonly error: string;
  readonly code: string;
  readonly error_description: string;
  readonly message: string;
  readonly status: number;
  readonly details?: ErrorDetails;
  readonly request_id?: string;
}

export interface ProblemResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Problem;
}

/** Turns a refusal into its public face. What is not a `DomainError` is a bug: its text stays inside. */
export function toProblem(error: unknown, requestId?: string): ProblemResponse {
  const refusal = asDomainError(error);
  // The one refusal of ours whose status no kind has: a body without a length that grows past the limit.
  const status = refusal.code === 'payload_too_large' ? 413 : httpStatus(refusal.kind);
  const message =
    refusal.kind === 'internal'
      ? 'Something went wrong on our side. Try again; if it stays, tell us the request id.'
      : refusal.message;
  return {
    status,
    headers: {
      ...(refusal.options.retryAfterSeconds !== undefined && {
        'retry-after': String(Math.max(1, Math.ceil(refusal.options.retryAfterSeconds))),
      }),
      ...(status === 401 && { 'www-authenticate': `Bearer realm="lumoauth", error="${refusal.code}"` }),
    },
    body: {
      error: refusal.code,
      code: refusal.code,
      error_description: message,
      message,
      status,
      ...(refusal.details && refusal.kind !== 'internal' && { details: refusal.details }),
      ...(requestId && { request_id: requestId }),
    },
  };
}

/** Knows the errors that Fastify itself raises before a handler runs. */
function asDomainError(error: unknown): DomainError {
  if (isDomainError(error)) return error;
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === 413)
    return new DomainError('invalid', 'payload_too_large', 'The body is larger than this server accepts.');
  if (statusCode === 415)
    return new DomainError('invalid', 'unsupported_media_type', 'Send the body as application/json.');
  if (typeof code === 'string' && code.startsWith('FST_ERR_CTP'))
    return new DomainError('invalid', 'invalid_request', 'The body could not be read.');
  if (statusCode === 400) return new DomainError('invalid', 'invalid_request', 'The request could not be read.');
  return new DomainError('internal', 'server_error', 'internal error', { cause: error });
}
