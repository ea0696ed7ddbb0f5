/**
 * Which browser origins may read an answer. `any`: `*`, public documents. `client`: exact origins that a client of the
 * org lists. `client_with_cookies`: the same, and cookies may travel. `none`: only the own origin.
 */
export type CorsMode = 'any' | 'client' | 'client_with_cookies' | 'none';

/** What the answer says to a browser of another origin. */
export type CrossOriginGrant = Readonly<Record<string, string>>;

const ALLOWED_HEADERS =
  'Authorization, Content-Type, Accept, X-API-Key, DPoP, X-Request-Id, Traceparent, If-Match, If-None-Match';
const EXPOSED_HEADERS =
  'X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, WWW-Authenticate, DPoP-Nonce';
const PREFLIGHT_SECONDS = '600';

/** An `Origin` header as RFC 6454 section 7.1 writes it; `null` and everything else is no origin of an app. */
export function isOrigin(text: string): boolean {
  return text.length <= 256 && /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\]+$/i.test(text);
}

/** Which question decides whether the origin may read the answer. */
export type OriginQuestion = 'everyone' | 'ask_clients' | 'nobody';

export function originQuestion(mode: CorsMode, origin: string): OriginQuestion {
  if (mode === 'any') return 'everyone';
  if (mode === 'none' || !isOrigin(origin)) return 'nobody';
  return 'ask_clients';
}

/** Headers for an origin that may read the answer. `*` never stands beside credentials (Fetch standard, section 3.2.5). */
export function grantOrigin(mode: CorsMode, origin: string): CrossOriginGrant {
  return {
    'Access-Control-Allow-Origin': mode === 'any' ? '*' : origin,
    'Access-Control-Expose-Headers': EXPOSED_HEADERS,
    ...(mode === 'client_with_cookies' && { 'Access-Control-Allow-Credentials': 'true' }),
  };
}

/** Headers of the answer to a preflight request that is allowed. */
export function grantPreflight(mode: CorsMode, origin: string): CrossOriginGrant {
  return {
    ...grantOrigin(mode, origin),
    'Access-Control-Allow-Methods': mode === 'any' ? 'GET, HEAD' : 'GET, HEAD, POST, PUT, PATCH, DELETE',
    'Access-Control-Allow-Headers': ALLOWED_HEADERS,
    'Access-Control-Max-Age': PREFLIGHT_SECONDS,
  };
}
