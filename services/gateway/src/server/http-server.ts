import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { watchConnections } from '@lumo/service';
import { clientErrorRefusal, rawResponse } from '../core/client-error.js';
import { refusalBody } from '../core/refusal.js';
import { GatewayResponse } from './gateway-response.js';
import type { RequestHandler } from './handle-request.js';

/** How much of a connection one client may use, and for how long. Times in milliseconds, sizes in bytes. */
export interface ConnectionLimits {
  readonly headerBytes: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** From the first byte of a request to the last byte of its body; shorter than a request may take in all. */
  readonly requestTimeoutMs: number;
  /** How often connections are checked against the two above. */
  readonly checkIntervalMs: number;
  /** How long an idle connection stays open: longer than the load balancers in front of it keep theirs. */
  readonly keepAliveTimeoutMs: number;
  /** A connection on which nothing moves at all, in either direction. */
  readonly idleTimeoutMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  headerBytes: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 25_000,
  checkIntervalMs: 1000,
  keepAliveTimeoutMs: 72_000,
  idleTimeoutMs: 120_000,
};

/** The public HTTP server. Whatever a client sends, it is answered in the envelope of the platform, or cut off. */
export function createGatewayServer(
  handle: RequestHandler,
  defaultHeaders: ReadonlyMap<string, string>,
  limits: ConnectionLimits = CONNECTION_LIMITS,
): Server {
  const server = createServer(
    {
      ServerResponse: GatewayResponse,
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      noDelay: true,
      insecureHTTPParser: false,
      requireHostHeader: true,
      rejectNonStandardBodyWrites: false,
    },
    handle,
  );
  watchConnections(server);
  server.timeout = limits.idleTimeoutMs;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const refusal = clientErrorRefusal(error.code);
    if (!refusal || !socket.writable || socket.writableEnded || hasBegunAnswer(socket)) {
      socket.destroy();
      return;
    }
    socket.end(rawResponse(refusal, refusalBody(refusal, undefined), defaultHeaders), () => socket.destroy());
  });
  return server;
}

/** An answer that has begun cannot be followed by another: the client would read it as part of the first. */
function hasBegunAnswer(socket: Socket): boolean {
  const { _httpMessage: current } = socket as Socket & { readonly _httpMessage?: { readonly headersSent?: boolean } };
  return current?.headersSent === true;
}
