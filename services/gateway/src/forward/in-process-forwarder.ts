import type { FastifyInstance } from 'fastify';
import type { Forwarder, ForwardRefusals, Upstream } from './forwarder.js';

/**
 * For services that live in this process: the very request goes into the service's router, without a copy. Backpressure
 * and aborts are those of the client's own connection.
 * @param services looked up on every call, so that they may start after the gateway was composed
 */
export function createInProcessForwarder(
  services: (upstream: Upstream) => FastifyInstance | undefined,
  refuse: ForwardRefusals,
): Forwarder {
  return {
    forward(upstream, request, response) {
      const service = services(upstream);
      if (service) service.routing(request, response);
      else refuse.unavailable(response, upstream);
    },
    async get(upstream, path) {
      const service = services(upstream);
      if (!service) throw new Error(`${upstream} is not running`);
      const answer = await service.inject({ method: 'GET', url: path });
      return { status: answer.statusCode, body: answer.body };
    },
    async close() {},
  };
}
