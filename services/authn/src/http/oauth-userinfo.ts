import { DomainError } from '@lumo/kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Oidc } from '../oidc/create-oidc.js';
import type { OAuthHandler } from './oauth-mount.js';
import { readParameters } from './oauth-parameters.js';

/** `GET` and `POST /oauth/userinfo` for people, agents and clients (contract 2.14). */
export function userinfo({ engines, readUserinfo }: Oidc): OAuthHandler {
  return async (request, reply) => {
    const { org } = await engines.current();
    const token = bearerOf(request);
    reply.header('cache-control', 'no-store');
    if (token === undefined)
      return refuse(reply, 400, 'invalid_request', 'Send the access token as Authorization: Bearer.');
    const answer = await readUserinfo(token, org);
    if (answer.ok) return reply.send(answer.value);
    return answer.error === 'insufficient_scope'
      ? refuse(reply, 403, 'insufficient_scope', 'The token lacks the scope openid. Ask for it at sign-in.')
      : refuse(
          reply,
          401,
          'invalid_token',
          'The token is expired, revoked or not an access token of this organization.',
        );
  };
}

/** RFC 6750 section 2: the header, or the form of a POST, never both and never the query. */
function bearerOf(request: FastifyRequest): string | undefined {
  const { authorization } = request.headers;
  const [inForm, ...more] = request.method === 'POST' ? readParameters(request).getAll('access_token') : [];
  const inHeader = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (more.length > 0 || (inForm !== undefined && authorization !== undefined)) {
    throw new DomainError('invalid', 'invalid_request', 'Send the access token once: in the header or in the form.');
  }
  return inHeader ?? inForm;
}

/** RFC 6750 section 3.1. */
function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  const scope = status === 403 ? ', scope="openid"' : '';
  return reply
    .code(status)
    .header('www-authenticate', `Bearer error="${code}", error_description="${message}"${scope}`)
    .send({ error: code, code, error_description: message, message, status });
}
