import { z } from 'zod';
import type { Oidc } from '../oidc/create-oidc.js';
import type { OAuthHandler } from './oauth-mount.js';

const body = z.object({ email: z.string().min(1).max(320), password: z.string().min(1).max(4096) });

const STATUS = { invalid_credentials: 401, blocked: 403, inactive: 403, locked: 429 } as const;

/**
 * `POST /oauth/login/json` (contract 2.13): a session for the browser of the org's own front end, no tokens. The published
 * SDK reads the string `status` of every answer and not the HTTP status.
 */
export function loginJson({ engines, signInWithJson }: Oidc): OAuthHandler {
  return async (request, reply) => {
    const engine = await engines.current();
    reply.header('cache-control', 'no-store');
    const parsed = body.safeParse(request.body);
    if (!parsed.success) return reply.code(400).send(refusal('invalid_request', 'Send email and password.'));
    const { email, password } = parsed.data;
    const signedIn = await signInWithJson(engine, { login: email, password }, request.headers.cookie);
    if (!signedIn.ok) {
      const status = signedIn.error === 'locked' ? 'rate_limited' : signedIn.error;
      return reply.code(STATUS[signedIn.error]).send(refusal(status, 'The sign-in was refused.'));
    }
    return reply.header('set-cookie', signedIn.value).send({ status: 'complete' });
  };
}

function refusal(status: string, message: string): Readonly<Record<string, string>> {
  return { status, error: status, code: status, error_description: message, message };
}
