import type { FastifyReply } from 'fastify';
import { CIBA, DEVICE_CODE } from '../core/grant-types.js';
import { ANONYMOUS_CLIENT_ID, isAnonymousExchange } from '../oidc/anonymous-exchange.js';
import type { Oidc } from '../oidc/create-oidc.js';
import { handToEngine } from './oauth-engine.js';
import type { OAuthHandler } from './oauth-mount.js';
import { readParameters } from './oauth-parameters.js';

/** `POST /oauth/token`. */
export function token(oidc: Oidc): OAuthHandler {
  return async (request, reply) => {
    const engine = await oidc.engines.current();
    const form = readParameters(request);
    const polled = POLLED.get(form.get('grant_type') ?? '');
    const code = polled && form.get(polled);
    if (code && !(await oidc.mayPoll(code))) return tooSoon(reply);
    const anonymousExchange = isAnonymousExchange(form, request.headers.authorization);
    if (anonymousExchange) form.set('client_id', ANONYMOUS_CLIENT_ID);
    return handToEngine(engine, request, reply, {
      path: '/oauth/token',
      form,
      ...(anonymousExchange && { facts: { anonymousExchange } }),
    });
  };
}

/** Grants that a client asks for again and again until a person has answered, and the parameter that it asks with. */
const POLLED: ReadonlyMap<string, string> = new Map([
  [DEVICE_CODE, 'device_code'],
  [CIBA, 'auth_req_id'],
]);

/** RFC 8628 section 3.5 and CIBA section 11. */
function tooSoon(reply: FastifyReply): FastifyReply {
  return reply
    .code(400)
    .headers({ 'cache-control': 'no-store', pragma: 'no-cache' })
    .send({ error: 'slow_down', error_description: 'Wait five seconds longer between two requests.' });
}
