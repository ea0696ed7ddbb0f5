import { authorizationScopes } from '../core/requested-scopes.js';
import type { Oidc } from '../oidc/create-oidc.js';
import { decryptRequestObject } from '../oidc/request-decryption.js';
import { handToEngine } from './oauth-engine.js';
import type { OAuthHandler } from './oauth-mount.js';
import { readParameters } from './oauth-parameters.js';

/** `POST /oauth/par` (RFC 9126): what an authorization request may say, from a client that proves who it is. */
export function par({ engines, clients }: Oidc): OAuthHandler {
  return async (request, reply) => {
    const engine = await engines.current();
    const form = readParameters(request);
    await decryptRequestObject(form, engine.org);
    const clientId = form.get('client_id');
    const found = clientId && !form.has('request') ? await clients.find(clientId) : undefined;
    // As at the authorization endpoint (RFC 6749 section 3.3).
    if (found && form.getAll('scope').length < 2) {
      const offline = form.get('access_type') === 'offline';
      const scopes = authorizationScopes(form.get('scope') ?? undefined, found.client.scopes, offline);
      if (scopes.length > 0) form.set('scope', scopes.join(' '));
    }
    return handToEngine(engine, request, reply, { path: '/oauth/par', form });
  };
}
