import { authorizationScopes } from '../core/requested-scopes.js';
import type { Oidc } from '../oidc/create-oidc.js';
import { handToEngine } from './oauth-engine.js';
import type { OAuthHandler } from './oauth-mount.js';
import { readParameters, readQuery } from './oauth-parameters.js';

/** `GET /oauth/authorize`: completes the scopes, then the engine decides everything. */
export function authorize({ engines, clients }: Oidc): OAuthHandler {
  return async (request, reply) => {
    const engine = await engines.current();
    const query = new URLSearchParams(readQuery(request));
    const clientId = query.get('client_id');
    const found = clientId ? await clients.find(clientId) : undefined;
    // A request with two scopes or an unknown client is the engine's to refuse, as it came.
    if (found && query.getAll('scope').length < 2) {
      const offline = query.get('access_type') === 'offline';
      const scopes = authorizationScopes(query.get('scope') ?? undefined, found.client.scopes, offline);
      if (scopes.length > 0) query.set('scope', scopes.join(' '));
    }
    return handToEngine(engine, request, reply, { path: '/oauth/authorize', query: query.toString() });
  };
}

/**
 * `POST` of an endpoint for browsers: the same request as a GET. A post from another site would come without the session
 * cookie; the redirect brings it along (OpenID Connect Core section 3.1.2.1 asks for both methods).
 */
export function asGet({ engines }: Oidc, path: string): OAuthHandler {
  return async (request, reply) => {
    const { org } = await engines.current();
    return reply.redirect(`${org.mount}${path}?${readParameters(request)}`, 303);
  };
}
