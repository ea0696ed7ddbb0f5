import { DomainError } from '@lumo/kit';
import { authorizationScopes } from '../core/requested-scopes.js';
import type { Oidc } from '../oidc/create-oidc.js';
import { decryptRequestObject } from '../oidc/request-decryption.js';
import { handToEngine } from './oauth-engine.js';
import type { OAuthHandler } from './oauth-mount.js';
import { readParameters, readQuery } from './oauth-parameters.js';

/**
 * What is asked for comes back in a `Location`: servers and browsers accept about 16 KB of headers, and percent-encoding
 * makes a text up to three times as long. In characters, encoded.
 */
const MAX_QUERY_CHARS = 8192;

/** `GET /oauth/authorize`: completes the scopes, then the engine decides everything. */
export function authorize({ engines, clients }: Oidc): OAuthHandler {
  return async (request, reply) => {
    const engine = await engines.current();
    const query = new URLSearchParams(readQuery(request));
    await decryptRequestObject(query, engine.org);
    const clientId = query.get('client_id');
    const found = clientId ? await clients.find(clientId) : undefined;
    // A request with two scopes or an unknown client is the engine's to refuse, as it came.
    const isElsewhere = query.has('request') || query.has('request_uri');
    if (found && !isElsewhere && query.getAll('scope').length < 2) {
      const offline = query.get('access_type') === 'offline';
      const scopes = authorizationScopes(query.get('scope') ?? undefined, found.client.scopes, offline);
      if (scopes.length > 0) query.set('scope', scopes.join(' '));
    }
    return handToEngine(engine, request, reply, { path: '/oauth/authorize', query: refuseLong(query) });
  };
}

/**
 * `POST` of an endpoint for browsers: the same request as a GET. A post from another site would come without the session
 * cookie; the redirect brings it along (OpenID Connect Core section 3.1.2.1 asks for both methods).
 */
export function asGet({ engines }: Oidc, path: string): OAuthHandler {
  return async (request, reply) => {
    const { org } = await engines.current();
    return reply.redirect(`${org.mount}${path}?${refuseLong(readParameters(request))}`, 303);
  };
}

function refuseLong(parameters: URLSearchParams): string {
  const query = parameters.toString();
  if (query.length <= MAX_QUERY_CHARS) return query;
  throw new DomainError(
    'invalid',
    'invalid_request',
    `The parameters are too long. Send at most ${MAX_QUERY_CHARS} characters, percent-encoded.`,
  );
}
