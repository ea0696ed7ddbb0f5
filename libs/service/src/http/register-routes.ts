import 'reflect-metadata';
import { Readable } from 'node:stream';
import { DomainError, isDomainError } from '@lumo/kit';
import { type ContextCodec, type RequestContext, runInContext } from '@lumo/tenancy';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { authorize, type HasPermission } from './authorize.js';
import { ROUTE_METADATA } from './handles.js';
import { parsePart, refuseNul } from './parse-input.js';
import { toProblem } from './problem.js';
import type { RefusalFace, Route } from './route.js';
import { parseStrictJson } from './strict-json.js';

/** Header in which the gateway passes the sealed context of a request. */
export const CONTEXT_HEADER = 'x-lumo-context';

export const MOUNTS = { org: '/orgs/:org/api/v1', root: '' } as const;

export interface RoutingOptions {
  readonly codec: ContextCodec;
  readonly has: HasPermission;
  readonly logger: Logger;
}

/** A route together with the bound controller method that serves it. */
export interface BoundRoute {
  readonly route: Route;
  readonly handle: (input: unknown) => unknown;
}

/** Every public method of the controllers that carries `@Handles`. */
export function routesOf(controllers: readonly object[]): readonly BoundRoute[] {
  return controllers.flatMap((controller) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(controller)).flatMap((name) => {
      const method = (controller as Record<string, unknown>)[name];
      if (typeof method !== 'function') return [];
      const route = Reflect.getMetadata(ROUTE_METADATA, method) as Route | undefined;
      return route ? [{ route, handle: method.bind(controller) as BoundRoute['handle'] }] : [];
    }),
  );
}

/** Opens the sealed context of a request; 401 without one, because a service never trusts the network. */
export function openContext(request: FastifyRequest, codec: ContextCodec): RequestContext {
  const sealed = request.headers[CONTEXT_HEADER];
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

/** Body parsers and error answers of the shell, for its own routes and for whatever a service mounts. */
export function prepareFastify(fastify: FastifyInstance, logger: Logger): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : parseStrictJson(body as string));
    } catch (error) {
      done(error as Error);
    }
  });
  // Read by whoever understands it, piece by piece; a route that does not say so refuses it (`refuseUnreadBody`).
  fastify.addContentTypeParser('application/x-ndjson', (_request, payload, done) => done(null, payload));
  fastify.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, logger));
  fastify.setNotFoundHandler((request, reply) =>
    sendProblem(
      new DomainError(
        'not_found',
        'resource_not_found',
        'There is no such resource, or not with this method. /openapi.json lists what there is.',
      ),
      request,
      reply,
      logger,
    ),
  );
}

export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
  face?: RefusalFace,
): FastifyReply {
  const problem = toProblem(error, request.id);
  if (problem.status >= 500) {
    const cause = isDomainError(error) ? (error.cause ?? error) : error;
    // Overload and a part that is away are states of the installation; everything else is a bug.
    const level = problem.status === 503 ? 'warn' : 'error';
    logger[level]({ err: cause, requestId: request.id, route: request.routeOptions?.url }, 'request failed');
  }
  const { status, body } = face?.of(problem) ?? problem;
  return reply.code(status).headers(problem.headers).send(body);
}

/** A body that came as a stream is only for routes that say they read such. */
function refuseUnreadBody(request: FastifyRequest, { alsoConsumes = [] }: Route): void {
  const { body } = request;
  if (!(body instanceof Readable)) return;
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (alsoConsumes.includes(type)) return;
  body.resume();
  throw new DomainError('invalid', 'unsupported_media_type', 'Send the body as application/json.');
}

/** Registers routes: open context, authorize, parse, run, answer. The order is the same for every route. */
export function registerRoutes(fastify: FastifyInstance, routes: readonly BoundRoute[], options: RoutingOptions): void {
  for (const { route, handle } of routes) {
    const successStatus = Number(Object.keys(route.responses)[0]);
    const { refusals } = route;
    for (const path of [route.path, ...(route.aliases ?? [])]) {
      fastify.route({
        method: [...(typeof route.method === 'string' ? [route.method] : route.method)],
        url: `${MOUNTS[route.mount]}${path}`,
        ...(refusals && {
          errorHandler: (error, request, reply) => void sendProblem(error, request, reply, options.logger, refusals),
        }),
        handler: (request, reply) => {
          const ctx = openContext(request, options.codec);
          return runInContext(ctx, async () => {
            await authorize(route.access, request.method, ctx, options.has);
            refuseNul(request.params as object);
            refuseNul(request.query as object);
            refuseUnreadBody(request, route);
            const result = await handle({
              params: route.params ? parsePart('path', route.params, request.params) : request.params,
              query: parsePart('query', route.query, request.query),
              body: request.body instanceof Readable ? request.body : parsePart('body', route.body, request.body),
              ctx,
              request,
              reply,
            });
            if (reply.sent || result === reply) return reply;
            return reply.code(successStatus).send(result ?? '');
          });
        },
      });
    }
  }
}
