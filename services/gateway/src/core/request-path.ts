import { err, ok, type Result } from '@lumo/kit';

/** A request target after the only decoding it ever gets before a service sees it. */
export interface RequestPath {
  /** Canonical path: every segment decoded once and encoded again, no trailing slash. Services receive this spelling. */
  readonly path: string;
  /** Decoded segments; a segment is opaque text and may contain an encoded slash. */
  readonly segments: readonly string[];
  /** From the question mark on, untouched; empty where there is none. */
  readonly query: string;
}

export type PathRefusal = 'not_origin_form' | 'forbidden_character' | 'bad_encoding' | 'dot_segment' | 'empty_segment';

/** Nothing to decode, nothing to refuse but dots: almost every request. */
const PLAIN = /^(?:\/[A-Za-z0-9_.~-]+)+$/;
/** `pchar` and `/` of RFC 3986 section 3.3. */
const PERMITTED = /^[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds.
const UNCLEAR_TEXT = /[\u0000-\u001f\u007f\\]/;

/**
 * Reads the target of a request line. What two parsers could read differently is refused, so that the route chosen here
 * is the route the service sees: dot segments (also encoded), empty segments, NUL and other control characters,
 * backslashes, invalid percent-encoding and forms other than the origin form (RFC 9112 section 3.2.1).
 */
export function readRequestPath(target: string): Result<RequestPath, PathRefusal> {
  if (target.charCodeAt(0) !== 0x2f) return err('not_origin_form');
  const mark = target.indexOf('?');
  const raw = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark);
  if (query.includes('#')) return err('forbidden_character');
  if (raw === '/') return ok({ path: '/', segments: [], query });
  if (PLAIN.test(raw)) {
    const segments = raw.slice(1).split('/');
    for (const segment of segments) if (segment === '.' || segment === '..') return err('dot_segment');
    return ok({ path: raw, segments, query });
  }
  return readUnusual(raw, query);
}

function readUnusual(raw: string, query: string): Result<RequestPath, PathRefusal> {
  if (!PERMITTED.test(raw)) return err('forbidden_character');
  const segments: string[] = [];
  const pieces = (raw.endsWith('/') ? raw.slice(1, -1) : raw.slice(1)).split('/');
  for (const piece of pieces) {
    if (piece === '') return err('empty_segment');
    const segment = decodeOnce(piece);
    if (segment === undefined) return err('bad_encoding');
    if (segment === '.' || segment === '..') return err('dot_segment');
    if (UNCLEAR_TEXT.test(segment)) return err('forbidden_character');
    segments.push(segment);
  }
  return ok({ path: `/${segments.map(encodeURIComponent).join('/')}`, segments, query });
}

function decodeOnce(piece: string): string | undefined {
  try {
    return decodeURIComponent(piece);
  } catch {
    return undefined;
  }
}
