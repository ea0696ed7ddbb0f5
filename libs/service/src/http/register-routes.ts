import 'reflect-metadata';
import { DomainError } from '@lumo/kit';
import type { ContextCodec, RequestContext } from '@lumo/tenancy';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { ROUTE_METADATA } from './handles.js';
import type { RefusalFace, Route } from './route.js';
import { type BoundRoute, faceOf, openSealed, type ServeOptions, serveRoute } from './serve-route.js';
import { parseStrictJson } from './strict-json.js';

/** Header in which the gateway passes the sealed context of a request. */
export const CONTEXT_HEADER = 'x-lumo-context';

export const MOUNTS = { org: '/orgs/:org/api/v1', root: '' } as const;

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

/** Opens the sealed context of a request. */
export function openContext(request: FastifyRequest, codec: ContextCodec): RequestContext {
  return openSealed(request.headers[CONTEXT_HEADER], codec);
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
  const at = { requestId: request.id, route: request.routeOptions?.url };
  const { status, headers, body } = faceOf(error, at, logger, face);
  return reply.code(status).headers(headers).send(body);
}

/** Registers routes: open context, authorize, parse, run, answer. */
export function registerRoutes(fastify: FastifyInstance, routes: readonly BoundRoute[], options: ServeOptions): void {
  for (const bound of routes) {
    const { route } = bound;
    const successStatus = Number(Object.keys(route.responses)[0]);
    const { refusals } = route;
    for (const url of urlsOf(route)) {
      fastify.route({
        method: [...(typeof route.method === 'string' ? [route.method] : route.method)],
        url,
        ...(refusals && {
          errorHandler: (error, request, reply) => void sendProblem(error, request, reply, options.logger, refusals),
        }),
        handler: async (request, reply) => {
          const { method, params, query, body } = request;
          const contentType = request.headers['content-type'];
          const arrived = { method, params: params as object, query: query as object, body, contentType };
          const ctx = openContext(request, options.codec);
          const result = await serveRoute(bound, arrived, ctx, options.has, { request, reply });
          // A handler that answered by itself: also where the client left before the end of it.
          if (reply.sent || reply.raw.headersSent || result === reply) return reply;
          return reply.code(successStatus).send(result ?? '');
        },
      });
    }
  }
}

/** Every path under which a route is registered. */
export function urlsOf(route: Route): readonly string[] {
  return [route.path, ...(route.aliases ?? [])].map((path) => `${MOUNTS[route.mount]}${path}`);
}
