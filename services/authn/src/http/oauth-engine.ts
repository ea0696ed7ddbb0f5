import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Engine } from '../oidc/build-engine.js';
import { type EngineCall, toEngineRequest } from '../oidc/engine-request.js';

/** Hands a request to the engine, which answers on the raw response. */
export async function handToEngine(
  engine: Engine,
  request: FastifyRequest,
  reply: FastifyReply,
  call: Omit<EngineCall, 'method'> & { readonly method?: string },
): Promise<FastifyReply> {
  const { mount } = engine.org;
  reply.hijack();
  await engine.handle(toEngineRequest(request.raw, mount, { method: request.method, ...call }), reply.raw);
  return reply;
}
