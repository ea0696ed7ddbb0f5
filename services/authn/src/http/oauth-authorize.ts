import { DomainError } from '@lumo/kit';
import type { Oidc } from '../oidc/create-oidc.js';
import { decryptRequestObject } from '../oidc/request-decryption.js';
import { completeRequest } from './complete-request.js';
import { handToEngine } from './oauth-engine.js';
import type { OAuthHandler } from './oauth-mount.js';
import { readParameters, readQuery } from './oauth-parameters.js';

/**
 * What is asked for comes back in a `Location`: servers and browsers accept about 16 KB of headers, and percent-encoding
 * makes a text up to three times as long. In characters, encoded.
 */
const MAX_QUERY_CHARS = 8192;

/** `GET /oauth/authorize`: completes the request, then the engine decides everything. */
export function authorize(oidc: Oidc): OAuthHandler {
  return async (request, reply) => {
    const engine = await oidc.engines.current();
    const query = new URLSearchParams(readQuery(request));
    await decryptRequestObject(query, engine.org);
    await completeRequest(oidc, engine.org, query);
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
