import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Engine } from '../oidc/build-engine.js';
import type { Oidc } from '../oidc/create-oidc.js';
import { CSRF_FIELD, type Flow, openFlow } from '../oidc/flow.js';
import { type FlowAnswer, flowIsOver } from '../oidc/flow-answer.js';
import type { OAuthHandler } from './oauth-mount.js';
import { readParameters } from './oauth-parameters.js';

/** The page that a flow has come to. */
export function showPage(oidc: Oidc): OAuthHandler {
  return async (request, reply) => {
    const engine = await oidc.engines.current();
    const flow = await flowOf(engine, request);
    return sendFlowAnswer(reply, flow ? await oidc.pages.show(engine, flow) : flowIsOver(engine.org));
  };
}

/** `POST` of the sign-in or the consent page. */
export function submitPage(oidc: Oidc, prompt: 'login' | 'consent'): OAuthHandler {
  return async (request, reply) => {
    const engine = await oidc.engines.current();
    const flow = await flowOf(engine, request);
    const form = readParameters(request);
    if (!flow?.isCsrf(form.get(CSRF_FIELD) ?? undefined) || flow.interaction.prompt.name !== prompt) {
      return sendFlowAnswer(reply, flowIsOver(engine.org));
    }
    const submit = prompt === 'login' ? oidc.pages.submitSignIn : oidc.pages.submitConsent;
    return sendFlowAnswer(reply, await submit(engine, flow, form));
  };
}

function flowOf(engine: Engine, { query, headers }: FastifyRequest): Promise<Flow | undefined> {
  const { flow } = query as { flow?: unknown };
  return openFlow(engine, typeof flow === 'string' ? flow : undefined, headers.cookie);
}

/** Sends a page, or the way on. */
export function sendFlowAnswer(reply: FastifyReply, answer: FlowAnswer): FastifyReply {
  // 303: whatever method came, the next one is a GET, and no browser sends a password again (RFC 9700 section 4.12).
  if (answer.kind === 'redirect') return reply.header('cache-control', 'no-store').redirect(answer.url, 303);
  return reply.code(answer.status).headers(answer.headers).send(answer.html);
}
