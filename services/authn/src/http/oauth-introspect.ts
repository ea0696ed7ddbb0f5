import type { Oidc } from '../oidc/create-oidc.js';
import { isForOurGate, PRESENTED_TOKEN } from '../oidc/presented-token.js';
import { handToEngine } from './oauth-engine.js';
import type { OAuthHandler } from './oauth-mount.js';
import { readParameters } from './oauth-parameters.js';

/** `POST /oauth/introspect` (RFC 7662): the engine authenticates the client, our gate judges an access token. */
export function introspect({ engines }: Oidc): OAuthHandler {
  return async (request, reply) => {
    const engine = await engines.current();
    const form = readParameters(request);
    const [presentedToken, ...more] = form.getAll('token');
    const isOurs = presentedToken !== undefined && more.length === 0 && isForOurGate(presentedToken);
    if (isOurs) form.set('token', PRESENTED_TOKEN);
    return handToEngine(engine, request, reply, {
      path: '/oauth/introspect',
      form,
      ...(isOurs && { facts: { presentedToken } }),
    });
  };
}
