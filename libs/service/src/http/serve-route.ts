import { Readable } from 'node:stream';
import { DomainError, isDomainError } from '@lumo/kit';
import { type ContextCodec, type RequestContext, runInContext } from '@lumo/tenancy';
import type { Logger } from 'pino';
import { authorize, type HasPermission } from './authorize.js';
import { parsePart, refuseNul } from './parse-input.js';
import { type ProblemResponse, toProblem } from './problem.js';
import type { RefusalFace, Route } from './route.js';

/** A route together with the bound controller method that serves it. */
export interface BoundRoute {
  readonly route: Route;
  readonly handle: (input: unknown) => unknown;
}

export interface ServeOptions {
  readonly codec: ContextCodec;
  readonly has: HasPermission;
  readonly logger: Logger;
}

/** What came, before anybody looked at it. */
export interface Arrived {
  readonly method: string;
  readonly params: object;
  readonly query: object;
  readonly body: unknown;
  readonly contentType: string | undefined;
}

/**
 * Authorizes, parses and runs, in the context of the call. The order is the same for every route and every way a request
 * comes by. `more` reaches the handler untouched.
 */
export function serveRoute(
  { route, handle }: BoundRoute,
  { method, params, query, body, contentType }: Arrived,
  ctx: RequestContext,
  has: HasPermission,
  more: object = {},
): Promise<unknown> {
  return runInContext(ctx, async () => {
    await authorize(route.access, method, ctx, has);
    refuseNul(params);
    refuseNul(query);
    if (body instanceof Readable) refuseUnreadBody(body, contentType, route);
    return handle({
      params: route.params ? parsePart('path', route.params, params) : params,
      query: parsePart('query', route.query, query),
      body: body instanceof Readable ? body : parsePart('body', route.body, body),
      ctx,
      ...more,
    });
  });
}

/** A body that came as a stream is only for routes that say they read such. */
function refuseUnreadBody(body: Readable, contentType: string | undefined, { alsoConsumes = [] }: Route): void {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (alsoConsumes.includes(type)) return;
  body.resume();
  throw new DomainError('invalid', 'unsupported_media_type', 'Send the body as application/json.');
}

/** The context that the gateway sealed; 401 without one, because a service never trusts the network. */
export function openSealed(sealed: unknown, codec: ContextCodec): RequestContext {
  const opened = typeof sealed === 'string' ? codec.open(sealed, Date.now()) : undefined;
  if (!opened?.ok) {
    throw new DomainError(
      'unauthenticated',
      'invalid_token',
      'Call the public address of LumoAuth; a service answers only to its gateway.',
    );
  }
  return opened.value;
}

/** What a caller sees of a failure, and what the log does. */
export function faceOf(
  error: unknown,
  at: { readonly requestId: string; readonly route: string | undefined },
  logger: Logger,
  face?: RefusalFace,
): { readonly status: number; readonly headers: ProblemResponse['headers']; readonly body: unknown } {
  const problem = toProblem(error, at.requestId);
  if (problem.status >= 500) {
    const cause = isDomainError(error) ? (error.cause ?? error) : error;
    // Overload and a part that is away are states of the installation; everything else is a bug.
    const level = problem.status === 503 ? 'warn' : 'error';
    logger[level]({ err: cause, ...at }, 'request failed');
  }
  return { ...problem, ...face?.of(problem) };
}
