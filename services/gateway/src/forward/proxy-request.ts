import type { IncomingMessage } from 'node:http';
import { type Readable, Transform } from 'node:stream';

/** Headers of one connection, which end at this hop (RFC 9110 section 7.6.1), and what the next hop's client writes. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The flat list of names and values for the next hop. `Connection` may name further headers that end here. */
export function requestHeaders(request: IncomingMessage): string[] {
  const named = connectionOptions(request.headers.connection);
  const { rawHeaders } = request;
  const headers: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || named?.includes(lower)) continue;
    // One framing: where a body comes in chunks, a length beside it was refused by the parser.
    headers.push(name, rawHeaders[at + 1] ?? '');
  }
  return headers;
}

/** Header names that a `Connection` value lists, in lower case; what the gateway itself added is never among them. */
export function connectionOptions(value: string | undefined): readonly string[] | undefined {
  if (value === undefined || value === 'keep-alive' || value === 'close') return undefined;
  return value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => !name.startsWith('x-lumo-'));
}

/** The request's body as it is, or null where it has none. One without a declared length is cut off at `maxBytes`. */
export function requestBody(request: IncomingMessage, maxBytes: number): Readable | null {
  if (request.headers['transfer-encoding'] !== undefined) {
    // Whoever sends it listens for its errors; between two attempts nobody does.
    return request.pipe(limitBytes(maxBytes)).on('error', () => {});
  }
  const length = request.headers['content-length'];
  return length === undefined || length === '0' ? null : request;
}

/**
 * Reads the whole body of a request that may be sent again; null where it has none. Nothing is called where the client goes
 * away meanwhile.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  done: (body: Buffer | null | BodyTooLarge) => void,
): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (encoding === undefined && (length === undefined || length === '0')) {
    done(null);
    return;
  }
  const chunks: Buffer[] = [];
  let seen = 0;
  request.on('error', () => {});
  request.on('data', (chunk: Buffer) => {
    seen += chunk.length;
    if (seen <= maxBytes) {
      chunks.push(chunk);
      return;
    }
    request.removeAllListeners('data').removeAllListeners('end');
    request.pause();
    done(new BodyTooLarge());
  });
  request.on('end', () => {
    const [only = null] = chunks;
    done(chunks.length > 1 ? Buffer.concat(chunks, seen) : only);
  });
}

/** Marks the failure of a body that grew beyond what is accepted. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

function limitBytes(maxBytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > maxBytes) done(new BodyTooLarge());
      else done(null, chunk);
    },
  });
}
