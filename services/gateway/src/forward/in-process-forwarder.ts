import type { FastifyInstance } from 'fastify';
import type { Forwarder, ForwardRefusals, Upstream } from './forwarder.js';

export interface InProcessOptions {
  /** Asked on every call, so that services may start after the gateway was composed. */
  readonly service: (upstream: Upstream) => FastifyInstance | undefined;
  /** Longest wait for the first byte of an answer. */
  readonly answerTimeoutMs?: number;
}

const ANSWER_TIMEOUT_MS = 30_000;

/**
 * For services that live in this process: the very request goes into the service's router, without a copy. Backpressure
 * and aborts are those of the client's own connection; the largest body is that of the service.
 */
export function createInProcessForwarder(options: InProcessOptions, refuse: ForwardRefusals): Forwarder {
  const { service: find, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options;
  return {
    forward(upstream, request, response) {
      const service = find(upstream);
      if (!service) {
        refuse.unavailable(response, upstream);
        return;
      }
      // A service that answers after this finds the answer given, and its own is dropped.
      const timer = setTimeout(() => {
        if (!response.headersSent) refuse.unavailable(response, upstream);
      }, answerTimeoutMs);
      response.once('close', () => clearTimeout(timer));
      service.routing(request, response);
    },
    async get(upstream, path) {
      const service = find(upstream);
      if (!service) throw new Error(`${upstream} is not running`);
      const answer = await service.inject({ method: 'GET', url: path });
      return { status: answer.statusCode, body: answer.body };
    },
    async close() {},
  };
}
