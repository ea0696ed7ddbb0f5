import type { IncomingMessage } from 'node:http';
import type { Org } from '@lumo/tenancy';
import { type CorsMode, grantOrigin, grantPreflight, originQuestion } from '../core/cross-origin.js';
import { type Refusal, RequestRefused } from '../core/refusal.js';
import type { AllowedOrigins } from '../credentials/allowed-origins.js';
import type { GatewayResponse } from './gateway-response.js';

/**
 * Lets a browser of another origin read the answer, where a client of the org lists that origin.
 * @throws RequestRefused 403 for another origin where cookies travel: the request would do what its page wants, whether
 * the page may read the answer or not (login CSRF, RFC 9700 section 4.7)
 */
export async function grantForeignOrigin(
  origins: AllowedOrigins,
  response: GatewayResponse,
  mode: CorsMode,
  origin: string,
  org: Org | undefined,
): Promise<void> {
  if (await mayRead(origins, mode, origin, org)) addAll(response, grantOrigin(mode, origin));
  else if (mode === 'client_with_cookies') throw new RequestRefused(ORIGIN_NOT_ALLOWED);
}

/** Also where no browser asked: a cache may hand this answer to one that does. */
export function openToEveryone(response: GatewayResponse): void {
  addAll(response, grantOrigin('any', '*'));
}

/**
 * Answers a preflight request. A row without an org in its path cannot know the org yet: the preflight is allowed then,
 * and the answer to the request itself is only readable where the org of its credential lists the origin.
 * @throws RequestRefused 403 for an origin that may not
 */
export async function answerPreflight(
  origins: AllowedOrigins,
  response: GatewayResponse,
  mode: CorsMode,
  origin: string,
  org: Org | undefined,
): Promise<void> {
  const unknownYet = mode !== 'none' && org === undefined;
  if (!unknownYet && !(await mayRead(origins, mode, origin, org))) throw new RequestRefused(ORIGIN_NOT_ALLOWED);
  addAll(response, grantPreflight(mode, origin));
  response.writeHead(204);
  response.end();
}

export function isPreflight(request: IncomingMessage): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}

async function mayRead(
  origins: AllowedOrigins,
  mode: CorsMode,
  origin: string,
  org: Org | undefined,
): Promise<boolean> {
  switch (originQuestion(mode, origin)) {
    case 'everyone':
      return true;
    case 'nobody':
      return false;
    case 'ask_clients':
      return org !== undefined && origins.allows(org, origin);
  }
}

function addAll(response: GatewayResponse, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) response.forced.set(name, value);
}

const ORIGIN_NOT_ALLOWED: Refusal = {
  status: 403,
  code: 'origin_not_allowed',
  message: 'No client of this organization lists this origin. Add it to the allowed origins of the client.',
};
