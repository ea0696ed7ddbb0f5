/** What a request presents to be recognised by. */
export type PresentedCredential =
  | { readonly kind: 'none' }
  /** An access token as a plain bearer; `opaque` where only the identity service can read it. */
  | { readonly kind: 'jwt' | 'opaque'; readonly token: string }
  | { readonly kind: 'key'; readonly key: string }
  /** A sender-constrained token and its scheme (RFC 9449 section 7.1). */
  | { readonly kind: 'dpop'; readonly token: string; readonly opaque: boolean }
  | { readonly kind: 'malformed'; readonly why: string }
  | { readonly kind: 'conflict' };

const NONE: PresentedCredential = { kind: 'none' };
/** `token68` of RFC 9110 section 11.2. */
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;
const COMPACT_JWS = /^eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** An access token with a long scope list stays far below; what is longer is not worth hashing. */
const MAX_CREDENTIAL_LENGTH = 8192;
/** Of opaque access tokens; no key of ours begins so. */
const OPAQUE_PREFIX = 'oat_';

/**
 * Reads `Authorization` and `X-API-Key` (contract 1.4). A bearer that is no JWT is looked up as an API key whatever its
 * prefix. Two credentials are accepted only where they are the same one: which of two a server believes must not depend
 * on the server.
 */
export function readCredential(authorization: string | undefined, apiKey: string | undefined): PresentedCredential {
  if (authorization === undefined && apiKey === undefined) return NONE;
  const fromKey = apiKey === undefined ? NONE : readKey(apiKey);
  if (authorization === undefined) return fromKey;
  const fromAuthorization = readAuthorization(authorization);
  if (apiKey === undefined || fromAuthorization.kind === 'malformed') return fromAuthorization;
  if (fromKey.kind === 'malformed') return fromKey;
  const same = fromKey.kind === 'key' && fromAuthorization.kind === 'key' && fromKey.key === fromAuthorization.key;
  return same ? fromKey : { kind: 'conflict' };
}

function readAuthorization(header: string): PresentedCredential {
  const space = header.indexOf(' ');
  const scheme = (space < 0 ? header : header.slice(0, space)).toLowerCase();
  const value = space < 0 ? '' : header.slice(space + 1).trim();
  switch (scheme) {
    case 'bearer':
      if (COMPACT_JWS.test(value) && value.length <= MAX_CREDENTIAL_LENGTH) return { kind: 'jwt', token: value };
      if (value.startsWith(OPAQUE_PREFIX)) return { kind: 'opaque', token: value };
      return readKey(value);
    case 'apikey':
      return readKey(value);
    case 'dpop':
      if (value.startsWith(OPAQUE_PREFIX)) return { kind: 'dpop', token: value, opaque: true };
      return COMPACT_JWS.test(value) && value.length <= MAX_CREDENTIAL_LENGTH
        ? { kind: 'dpop', token: value, opaque: false }
        : { kind: 'malformed', why: 'The DPoP token is not well formed.' };
    default:
      return { kind: 'malformed', why: 'Use the scheme Bearer, or send an API key as X-API-Key.' };
  }
}

function readKey(value: string): PresentedCredential {
  return value.length >= 8 && value.length <= MAX_CREDENTIAL_LENGTH && TOKEN68.test(value)
    ? { kind: 'key', key: value }
    : { kind: 'malformed', why: 'The credential is not well formed.' };
}
