import type { Refusal } from './refusal.js';

/** What the parser or the timeouts of `node:http` found wrong with a connection, as an answer; undefined: just close it. */
export function clientErrorRefusal(code: string | undefined): Refusal | undefined {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, code: 'headers_too_large', message: 'The headers are larger than 16 KiB. Send less.' };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, code: 'payload_too_large', message: 'The chunk extensions are too large.' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, code: 'request_timeout', message: 'The request took too long to arrive. Send it faster.' };
    case 'ECONNRESET':
    case 'EPIPE':
      return undefined;
    default:
      return { status: 400, code: 'invalid_request', message: 'This is not a valid HTTP/1.1 request.' };
  }
}

/** A whole answer for a connection on which no request was understood. */
export function rawResponse(refusal: Refusal, body: string, headers: ReadonlyMap<string, string>): string {
  const lines = [
    `HTTP/1.1 ${refusal.status} ${REASONS[refusal.status] ?? 'Bad Request'}`,
    ...[...headers].map(([name, value]) => `${name}: ${value}`),
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
};
