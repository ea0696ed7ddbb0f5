import { DomainError } from '@lumo/kit';
import { DPOP_ALGS } from '@lumo/token-signing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Oidc } from '../oidc/create-oidc.js';
import { senderProof } from '../oidc/sender-proof.js';
import { answerUserinfo } from '../oidc/userinfo-answer.js';
import type { OAuthHandler } from './oauth-mount.js';
import { readParameters } from './oauth-parameters.js';

/** `GET` and `POST /oauth/userinfo` for people, agents and clients (contract 2.14). */
export function userinfo({ engines, readUserinfo }: Oidc): OAuthHandler {
  return async (request, reply) => {
    const engine = await engines.current();
    const { org } = engine;
    const presented = presentedToken(request);
    reply.header('cache-control', 'no-store');
    if (presented === undefined) {
      return refuse(reply, 400, {
        error: 'invalid_request',
        why: 'Send the access token as Authorization: Bearer or DPoP.',
      });
    }
    const proof = senderProof(request.method, `${org.issuer}/oauth/userinfo`, request.headers.dpop);
    const answer = await readUserinfo(presented, proof, org);
    if (!answer.ok) return refuseToken(reply, answer.error, presented.scheme);
    const { clientId, userId, claims, nonce } = answer.value;
    if (nonce !== undefined) reply.header('dpop-nonce', nonce);
    const { kind, body } = await answerUserinfo(engine, clientId, userId, claims);
    return kind === 'jwt' ? reply.type('application/jwt').send(body) : reply.send(body);
  };
}

interface Presented {
  readonly scheme: 'bearer' | 'dpop';
  readonly token: string;
}

/** RFC 6750 section 2: the header, or the form of a POST, never both and never the query; a DPoP token in the header only. */
function presentedToken(request: FastifyRequest): Presented | undefined {
  const { authorization } = request.headers;
  const [inForm, ...more] = request.method === 'POST' ? readParameters(request).getAll('access_token') : [];
  const [, scheme = '', inHeader] = /^(Bearer|DPoP) +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (more.length > 0 || (inForm !== undefined && authorization !== undefined)) {
    throw new DomainError('invalid', 'invalid_request', 'Send the access token once: in the header or in the form.');
  }
  if (inHeader !== undefined) return { scheme: scheme.toLowerCase() === 'dpop' ? 'dpop' : 'bearer', token: inHeader };
  return inForm === undefined ? undefined : { scheme: 'bearer', token: inForm };
}

type Refusal = Extract<Awaited<ReturnType<Oidc['readUserinfo']>>, { readonly ok: false }>['error'];

function refuseToken(reply: FastifyReply, refusal: Refusal, presented: Presented['scheme']): FastifyReply {
  const scheme = presented === 'dpop' ? 'DPoP' : 'Bearer';
  switch (refusal.reason) {
    case 'insufficient_scope':
      return refuse(reply, 403, {
        scheme,
        error: 'insufficient_scope',
        why: 'The token lacks the scope openid. Ask for it at sign-in.',
        parameters: { scope: 'openid' },
      });
    case 'invalid_token':
      return refuse(reply, 401, {
        scheme,
        error: 'invalid_token',
        why: 'The token is expired, revoked or not an access token of this organization.',
      });
    case 'wrong_sender': {
      const { sender } = refusal;
      if (sender.nonce !== undefined) reply.header('dpop-nonce', sender.nonce);
      return refuse(reply, 401, { scheme: sender.scheme, error: sender.error, why: sender.why });
    }
  }
}

interface Challenge {
  readonly scheme?: 'Bearer' | 'DPoP';
  readonly error: string;
  readonly why: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** RFC 6750 section 3.1, RFC 9449 section 7.1. */
function refuse(
  reply: FastifyReply,
  status: number,
  { scheme = 'Bearer', error, why, parameters }: Challenge,
): FastifyReply {
  const all = {
    error,
    error_description: why,
    ...parameters,
    ...(scheme === 'DPoP' && { algs: DPOP_ALGS }),
  };
  const listed = Object.entries(all).map(([name, value]) => `${name}="${value}"`);
  return reply
    .code(status)
    .header('www-authenticate', `${scheme} ${listed.join(', ')}`)
    .send({ error, code: error, error_description: why, message: why, status });
}
