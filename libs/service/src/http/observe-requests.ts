import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.js';

/** Counts and, at `debug`, logs every request of a service; handlers never mention either. */
export function observeRequests(fastify: FastifyInstance, service: string, metrics: Metrics, logger: Logger): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const started = performance.now();
    // `close` and not Fastify's onResponse: it also comes when an engine hijacked the reply or the client went away.
    reply.raw.once('close', () => {
      const finished = {
        service,
        route: request.routeOptions.url ?? 'unmatched',
        method: request.method,
        status: reply.raw.statusCode,
        seconds: (performance.now() - started) / 1000,
      };
      metrics.requestFinished(finished);
      logger.debug({ ...finished, requestId: request.id }, 'request');
    });
    done();
  });
}
