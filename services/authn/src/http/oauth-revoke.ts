import { DomainError } from '@lumo/kit';
import { OPAQUE_TOKEN_PREFIX } from '@lumo/tenancy';
import { readTokenHeader } from '@lumo/token-signing';
import type { Oidc } from '../oidc/create-oidc.js';
import { PRESENTED_TOKEN } from '../oidc/presented-token.js';
import { handToEngine } from './oauth-engine.js';
import type { OAuthHandler } from './oauth-mount.js';
import { readParameters } from './oauth-parameters.js';

/**
 * `POST /oauth/revoke` (RFC 7009). The engine authenticates the client; of structured tokens only access tokens can be
 * revoked. Who holds an access token may also give it up with nothing but the token itself (contract 2.14).
 */
export function revoke(oidc: Oidc): OAuthHandler {
  return async (request, reply) => {
    const engine = await oidc.engines.current();
    const form = readParameters(request);
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const [token, ...more] = form.getAll('token');
    if (bearer !== undefined) {
      if (bearer !== token || more.length > 0) throw notYourToken();
      if ((await oidc.giveUpToken(bearer)) === 'bound') throw boundToken();
      return reply.header('cache-control', 'no-store').send({});
    }
    const isOurs = token !== undefined && more.length === 0 && isAccessToken(token);
    if (isOurs) form.set('token', PRESENTED_TOKEN);
    return handToEngine(engine, request, reply, {
      path: '/oauth/revoke',
      form,
      ...(isOurs && { facts: { presentedToken: token } }),
    });
  };
}

function isAccessToken(token: string): boolean {
  if (token.startsWith(OPAQUE_TOKEN_PREFIX)) return true;
  const header = readTokenHeader(token);
  return header.ok && header.value.typ === 'at+jwt';
}

function boundToken(): DomainError {
  return new DomainError(
    'unauthenticated',
    'invalid_token',
    'This token is bound to a key and counts nothing as a bearer token. Authenticate the client to revoke it.',
  );
}

function notYourToken(): DomainError {
  return new DomainError(
    'unauthenticated',
    'invalid_client',
    'With a bearer token only that token itself can be revoked. Authenticate the client to revoke another.',
  );
}
