import { err, ok, type Result } from '@lumo/kit';

/** No token of ours comes near; what is longer is refused before it is parsed. */
export const MAX_TOKEN_CHARS = 16_384;

/** What of a JWS header is believed before the signature is checked: names to look things up by, nothing more. */
export interface TokenHeader {
  readonly alg: string;
  readonly kid?: string;
  readonly typ?: string;
}

export type HeaderRefusal = 'too_large' | 'malformed' | 'header_not_allowed' | 'kid_not_allowed';

/** A kid is a lookup token: no separators, no quotes, no blanks (RFC 8725 section 3.10). */
const KID = /^[A-Za-z0-9._~:@=+-]{1,128}$/;

/** Parameters that tell a verifier where to find a key, or to behave differently (RFC 7515 section 4.1, RFC 7797). */
const FORBIDDEN = ['jku', 'jwk', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'crit', 'b64', 'zip', 'enc', 'p2c', 'p2s', 'epk'];

/** Reads the protected header of a compact JWS of exactly three strictly base64url-encoded parts. */
export function readTokenHeader(token: string): Result<TokenHeader, HeaderRefusal> {
  if (token.length > MAX_TOKEN_CHARS) return err('too_large');
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every(isBase64Url) || !parts[0] || !parts[2]) return err('malformed');
  const header = parseObject(Buffer.from(parts[0], 'base64url'));
  if (!header) return err('malformed');
  if (FORBIDDEN.some((name) => Object.hasOwn(header, name))) return err('header_not_allowed');
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string' || (typ !== undefined && typeof typ !== 'string')) return err('malformed');
  if (kid === undefined) return ok({ alg, ...(typ !== undefined && { typ }) });
  if (typeof kid !== 'string' || !KID.test(kid)) return err('kid_not_allowed');
  return ok({ alg, kid, ...(typ !== undefined && { typ }) });
}

/** A JSON object in valid UTF-8, or `undefined`. */
export function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** RFC 7515 section 2: no padding, no blanks, no other alphabet, and no bits set that decoding would drop. */
function isBase64Url(text: string): boolean {
  if (!BASE64URL.test(text)) return false;
  const rest = text.length % 4;
  if (rest === 0) return true;
  const last = text.slice(-rest);
  return Buffer.from(last, 'base64url').toString('base64url') === last;
}
