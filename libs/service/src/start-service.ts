import 'reflect-metadata';
import { authzV1 } from '@lumo/contracts';
import { type Database, openDatabase, schemaUrl } from '@lumo/database';
import { systemClock } from '@lumo/kit';
import { createPublisher, deadLetterCount, pendingEvents, type Rpc } from '@lumo/messaging';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { fastify as createFastify, type FastifyInstance } from 'fastify';
import { type Adapters, rolePassword } from './adapters.js';
import type { ServiceDefinition } from './define-service.js';
import { checkReadiness, type Readiness } from './health.js';
import { answerTogether } from './http/answer-together.js';
import type { HasPermission } from './http/authorize.js';
import { observeRequests } from './http/observe-requests.js';
import { openContext, prepareFastify, registerRoutes, routesOf, urlsOf } from './http/register-routes.js';
import { endUnusedConnections, watchConnections } from './http/unused-connections.js';
import { APP } from './injection.js';
import { openApiOf } from './openapi.js';
import type { Platform } from './platform.js';
import { traceRequests } from './tracing.js';

/** A service whose Fastify instance is complete but neither ready nor listening: the caller decides which. */
export interface RunningService<App = unknown> {
  readonly app: App;
  readonly fastify: FastifyInstance;
  readiness(): Promise<Readiness>;
  /** Lets requests in hand finish, writes what is buffered, lets go of the database. */
  close(): Promise<void>;
}

/** Largest request body a service reads, in bytes. The gateway refuses the same size. */
export const MAX_BODY_BYTES = 1024 * 1024;

const POOL_SIZE = 10;
const END_UNUSED_MS = 50;

/**
 * Boots one service on the adapters of its process: database pool, app, controllers, routes, RPC, consumers, jobs.
 * Its schema must be migrated; the bus is started by the caller once every service of the process has subscribed.
 */
export async function startService<App, Tables>(
  definition: ServiceDefinition<App, Tables>,
  adapters: Adapters,
): Promise<RunningService<App>> {
  const { name, schema } = definition;
  const logger = adapters.logger.child({ service: name });
  const database: Database<Tables> = openDatabase<Tables>({
    url: schemaUrl(adapters.adminUrl, schema.name, rolePassword(adapters.masterKey, schema.name)),
    applicationName: `lumo-${name}`,
    maxConnections: POOL_SIZE,
  });
  const jobs = adapters.jobsFor(name);
  const publisher = createPublisher({ service: name, database, logger, metrics: adapters.metrics.messaging });
  const platform: Platform<Tables> = {
    clock: systemClock,
    logger,
    baseUrl: adapters.baseUrl,
    masterKey: adapters.masterKey,
    ...(adapters.previousMasterKey && { previousMasterKey: adapters.previousMasterKey }),
    database,
    rpc: adapters.transport.rpc(name),
    outbox: publisher.outbox,
    activity: publisher.activity,
    broadcast: adapters.broadcast.as(name),
    ...(adapters.snapshotDir !== undefined && { snapshotDir: adapters.snapshotDir }),
    ephemeral: adapters.ephemeralFor(name),
    jobs,
    egress: adapters.egress,
  };
  const app = await definition.createApp(platform);
  const has = definition.hasPermission?.(app) ?? askAuthz(platform.rpc);
  const { fastify, closeHttp } = await startHttp(definition, app, has, adapters, logger);

  if (definition.rpc) await adapters.transport.serve(definition.rpc(app));
  adapters.bus.publish(publisher);
  if (definition.consumers) adapters.bus.subscribe({ service: name, database, consumers: definition.consumers(app) });
  await definition.work?.(app, jobs);
  adapters.metrics.watchEvents(name, { pending: () => pendingEvents(database), dead: () => deadLetterCount(database) });

  return {
    app,
    fastify,
    readiness: () => checkReadiness({ [`${name}.database`]: () => database.ping(), ...definition.readiness?.(app) }),
    async close() {
      await closeHttp();
      await definition.close?.(app);
      await publisher.close();
      await database.close();
    },
  };
}

async function startHttp<App, Tables>(
  definition: ServiceDefinition<App, Tables>,
  app: App,
  has: HasPermission,
  adapters: Adapters,
  logger: Adapters['logger'],
): Promise<{ readonly fastify: FastifyInstance; readonly closeHttp: () => Promise<void> }> {
  const { name, controllers } = definition;
  // Nest creates the controllers (and whatever they inject beside the app); routes are data and go to Fastify directly.
  class ServiceModule {}
  Module({ controllers: [...controllers], providers: [{ provide: APP, useValue: app }] })(ServiceModule);
  const nest = await NestFactory.createApplicationContext(ServiceModule, { logger: false, abortOnError: false });
  const routes = routesOf(controllers.map((controller) => nest.get<object>(controller)));

  const fastify = createFastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    // The id of the gateway; it reaches a service inside the sealed context and, for errors, in this header.
    genReqId: (request) => String(request.headers['x-request-id'] ?? ''),
    routerOptions: { maxParamLength: 512 },
    forceCloseConnections: 'idle',
    // What crosses the end of a process on the wire is still answered, and its connection then closed.
    return503OnClosing: false,
  });
  watchConnections(fastify.server);
  prepareFastify(fastify, logger);
  observeRequests(fastify, name, adapters.metrics, logger);
  traceRequests(fastify, name);
  const serving = { codec: adapters.codec, has, logger };
  registerRoutes(fastify, routes, serving);
  const together = routes
    .filter(({ route }) => route.together)
    .flatMap((bound) => urlsOf(bound.route).map((url) => ({ bound, url })));
  if (together.length > 0) answerTogether(fastify, together, { ...serving, service: name, metrics: adapters.metrics });
  await definition.mount?.(fastify, app, { openContext: (request) => openContext(request, adapters.codec) });

  const described = openApiOf(routes);
  const mounted = definition.openapi?.(app);
  fastify.get('/_internal/openapi.json', async () => ({
    paths: { ...described.paths, ...mounted?.paths },
    schemas: { ...described.schemas, ...mounted?.schemas },
  }));
  return {
    fastify,
    async closeHttp() {
      // Until it stops to listen, one more may come.
      const ending = setInterval(endUnusedConnections, END_UNUSED_MS, fastify.server);
      await fastify.close();
      clearInterval(ending);
      await nest.close();
    },
  };
}

/** Asks the authorization engine about the person of the context. */
function askAuthz(rpc: Rpc): HasPermission {
  return async ({ principal }, permission) => {
    const { results } = await rpc.client(authzV1.AuthzService).check({
      subject: { type: authzV1.SubjectType.USER, id: principal.id },
      permissions: [permission],
    });
    return results[permission] === true;
  };
}
