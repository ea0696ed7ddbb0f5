// Seam: how oidc-provider tells errors. Its bodies have two members; ours are the superset that every SDK reads, with the
// words that RFC 6749 and the contract use where the engine uses others. Refusals of our own operations pass unchanged.
import type { EventEmitter } from 'node:events';
import { DomainError, isDomainError } from '@lumo/kit';
import { toProblem } from '@lumo/service';
import { currentContext } from '@lumo/tenancy';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { EngineDeps } from './engine-deps.js';

interface OAuthError {
  readonly error: string;
  readonly error_description?: string;
  readonly scope?: string;
}

/** Wraps every request of the engine. Register it before any other middleware. */
export function giveErrorsAFace(provider: Provider, { logger }: Pick<EngineDeps, 'logger'>): void {
  provider.on('server_error', (ctx, error) => {
    ctx.state.failure = error;
    if (!isDomainError(error)) logger.error({ err: error, route: ctx.oidc.route }, 'the protocol engine failed');
  });
  provider.on('grant.error', (ctx, error) => {
    ctx.state.detail = error.error_detail;
  });
  provider.on('pushed_authorization_request.error', (ctx, error) => {
    ctx.state.detail = error.error_detail;
  });
  // Koa would print to the console.
  (provider as EventEmitter).on('error', (error: Error) => logger.error({ err: error }, 'the protocol engine failed'));
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.status < 400 || !isOAuthError(ctx.body)) return;
    answer(ctx as KoaContextWithOIDC, asRefusal(ctx as KoaContextWithOIDC, ctx.body));
  });
}

function isOAuthError(body: unknown): body is OAuthError {
  return typeof body === 'object' && body !== null && typeof (body as { error?: unknown }).error === 'string';
}

interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

function answer(ctx: KoaContextWithOIDC, { status, headers, body }: Refusal): void {
  ctx.status = status;
  ctx.set(headers);
  ctx.body = body;
}

function asRefusal(ctx: KoaContextWithOIDC, body: OAuthError): Refusal {
  const requestId = currentContext()?.requestId;
  const { failure } = ctx.state as { failure?: unknown };
  if (failure !== undefined) {
    const problem = toProblem(failure, requestId);
    // SDKs look for `max_depth` and the like beside `error` (contract 4.6).
    return { ...problem, body: { ...problem.body.details, ...problem.body } };
  }
  const { error, status, description } = inOurWords(body, ctx);
  const message = description ?? body.error_description ?? 'The request was refused.';
  return {
    status,
    headers: {},
    body: {
      ...body,
      error,
      code: error,
      error_description: message,
      message,
      status,
      ...(requestId && { request_id: requestId }),
    },
  };
}

interface Words {
  readonly error: string;
  readonly status: number;
  readonly description?: string;
}

/** RFC 9449 section 5: whatever is wrong with a proof is a wrong proof. By what the engine notes for itself. */
const PROOF_WORDS: ReadonlyMap<unknown, string> = new Map([
  ['DPoP proof JWT Replay detected', 'This DPoP proof was used before. Make a new one for every request.'],
  ['DPoP proof JWT not provided', 'The tokens of this client are bound to a key. Send a DPoP proof.'],
]);

function inOurWords(body: OAuthError, { status, state, oidc }: KoaContextWithOIDC): Words {
  const { error, error_description: description = '' } = body;
  const aboutProof = PROOF_WORDS.get(state.detail);
  if (aboutProof !== undefined) return { error: 'invalid_dpop_proof', status, description: aboutProof };
  // RFC 9126 section 2.1.
  if (error === 'request_uri_not_supported' && oidc.route === 'pushed_authorization_request') {
    return { error: 'invalid_request', status, description: 'request_uri has no place in a pushed request.' };
  }
  // RFC 6749 section 5.2; 401 by contract 1.7.
  if (description === 'requested grant type is not allowed for this client') {
    return { error: 'unauthorized_client', status: 401 };
  }
  // RFC 6749 section 5.2: a request without client authentication is refused as one with a wrong one.
  if (description === 'no client authentication mechanism provided') return { error: 'invalid_client', status: 401 };
  // RFC 7636 section 4.6: whatever is wrong with a verifier is a wrong verifier.
  if (error === 'invalid_request' && description.startsWith('code_verifier')) return { error: 'invalid_grant', status };
  return { error, status };
}

/** For a path of the engine that is none of its endpoints. */
export function noSuchEndpoint(): DomainError {
  return new DomainError('not_found', 'resource_not_found', 'There is no such endpoint.');
}
