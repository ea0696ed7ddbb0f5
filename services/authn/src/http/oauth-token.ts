import { ANONYMOUS_CLIENT_ID, isAnonymousExchange } from '../oidc/anonymous-exchange.js';
import type { Oidc } from '../oidc/create-oidc.js';
import { handToEngine } from './oauth-engine.js';
import type { OAuthHandler } from './oauth-mount.js';
import { readParameters } from './oauth-parameters.js';

/** `POST /oauth/token`. */
export function token({ engines }: Oidc): OAuthHandler {
  return async (request, reply) => {
    const engine = await engines.current();
    const form = readParameters(request);
    const anonymousExchange = isAnonymousExchange(form, request.headers.authorization);
    if (anonymousExchange) form.set('client_id', ANONYMOUS_CLIENT_ID);
    return handToEngine(engine, request, reply, {
      path: '/oauth/token',
      form,
      ...(anonymousExchange && { facts: { anonymousExchange } }),
    });
  };
}
