import { type DomainError, type ErrorDetails, httpStatus } from '@lumo/kit';

/** An answer that the gateway gives itself. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  /** Public: says what to do next. */
  readonly message: string;
  readonly details?: ErrorDetails;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown inside the gateway where a request ends; carries what the client is told. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';

  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

/** The body every public client can read (contract 1.6). */
export function refusalBody(refusal: Refusal, requestId: string | undefined): string {
  const { code, message, status, details } = refusal;
  return JSON.stringify({
    error: code,
    code,
    error_description: message,
    message,
    status,
    ...(details && { details }),
    ...(requestId && { request_id: requestId }),
  });
}

/** The public face of what a call to another service threw; a bug keeps its text inside. */
export function refusalOf(error: DomainError): Refusal {
  const status = httpStatus(error.kind);
  const { retryAfterSeconds = error.kind === 'unavailable' ? 1 : undefined } = error.options;
  return {
    status,
    code: error.code,
    message: error.kind === 'internal' ? INTERNAL.message : error.message,
    ...(error.details && error.kind !== 'internal' && { details: error.details }),
    ...(retryAfterSeconds !== undefined && { headers: retryAfter(retryAfterSeconds) }),
  };
}

/** `Retry-After` as whole seconds: the public clients parse an integer. */
export function retryAfter(seconds: number): Readonly<Record<string, string>> {
  return { 'Retry-After': String(Math.max(1, Math.ceil(seconds))) };
}

export const INTERNAL: Refusal = {
  status: 500,
  code: 'server_error',
  message: 'Something went wrong on our side. Try again; if it stays, tell us the request id.',
};

export const NO_ROUTE: Refusal = {
  status: 404,
  code: 'resource_not_found',
  message: 'There is no such resource. /openapi.json lists what there is.',
};

export const NO_ORG: Refusal = {
  status: 404,
  code: 'tenant_not_found',
  message: 'There is no such organization. Check the slug in the URL.',
};

export const FOREIGN_CREDENTIAL: Refusal = {
  status: 403,
  code: 'cross_tenant',
  message: 'This credential belongs to another organization.',
};

export const TWO_CREDENTIALS: Refusal = {
  status: 400,
  code: 'invalid_request',
  message: 'Send one credential: either Authorization or X-API-Key.',
};

export const CREDENTIAL_IN_URL: Refusal = {
  status: 400,
  code: 'invalid_request',
  message: 'Credentials do not belong into a URL, where logs keep them. Send the Authorization header.',
};

export function unavailable(message: string, retryAfterSeconds = 1): Refusal {
  return { status: 503, code: 'temporarily_unavailable', message, headers: retryAfter(retryAfterSeconds) };
}

export function badRequest(message: string): Refusal {
  return { status: 400, code: 'invalid_request', message };
}

/** What a 401 says beside its realm. */
export interface Challenge {
  readonly scheme: 'Bearer' | 'DPoP';
  readonly error: string;
  /** Further parameters of the challenge, in order. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** 401 with the challenge of RFC 6750 section 3 or RFC 9449 section 7.1. */
export function challenged(realm: string, message: string, challenge: Challenge): Refusal {
  const { scheme, error, parameters = {}, headers } = challenge;
  const all = { realm, error, error_description: message, ...parameters };
  const listed = Object.entries(all).map(([name, value]) => `${name}="${value}"`);
  return {
    status: 401,
    code: error,
    message,
    headers: { 'WWW-Authenticate': `${scheme} ${listed.join(', ')}`, ...headers },
  };
}

/** 401 for a request without a credential: its challenge carries no error (RFC 6750 section 3.1). */
export function unauthenticated(realm: string, message: string): Refusal {
  return { status: 401, code: 'invalid_token', message, headers: { 'WWW-Authenticate': `Bearer realm="${realm}"` } };
}
