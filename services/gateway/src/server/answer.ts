import { type Refusal, refusalBody } from '../core/refusal.js';
import type { GatewayResponse } from './gateway-response.js';

/** Answers a request in the gateway's own name. Does nothing where the head of an answer is already on its way. */
export function answerRefusal(response: GatewayResponse, refusal: Refusal): void {
  if (response.headersSent || response.destroyed) return;
  const body = refusalBody(refusal, response.forced.get('X-Request-Id'));
  response.writeHead(refusal.status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    ...refusal.headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** Answers with a document of the gateway's own. */
export function answerDocument(
  response: GatewayResponse,
  document: {
    readonly status?: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | Buffer;
  },
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(document.status ?? 200, {
    ...document.headers,
    'Content-Length': String(Buffer.byteLength(document.body)),
  });
  response.end(response.req.method === 'HEAD' ? undefined : document.body);
}
