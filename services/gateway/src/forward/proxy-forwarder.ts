import type { IncomingMessage, ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { createExchange } from './exchange.js';
import type { Forwarder, ForwardRefusals, Upstream } from './forwarder.js';
import { requestBody, requestHeaders } from './proxy-request.js';

export interface ProxyOptions {
  /** Base URL of every service. */
  readonly upstreams: Readonly<Record<Upstream, string>>;
  /** Connections to one service; further requests wait for one. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  /** Longest wait for the first byte of an answer, and between two of its bytes. */
  readonly answerTimeoutMs?: number;
  /** Largest request body that is passed on, in bytes. */
  readonly maxBodyBytes: number;
}

const GET_TIMEOUT_MS = 2000;

/** For services that are processes of their own: HTTP/1.1 over keep-alive connections. */
export function createProxyForwarder(options: ProxyOptions, refuse: ForwardRefusals): Forwarder {
  const { connections = 128, connectTimeoutMs = 2000, answerTimeoutMs = 30_000 } = options;
  const pools = Object.fromEntries(
    Object.entries(options.upstreams).map(([upstream, url]) => [
      upstream,
      new Pool(url, {
        connections,
        pipelining: 1,
        allowH2: false,
        connectTimeout: connectTimeoutMs,
        headersTimeout: answerTimeoutMs,
        bodyTimeout: answerTimeoutMs,
        // Shorter than the services keep a connection open: it is this end that closes an idle one, so that a request
        // does not cross the other end's close on the wire.
        keepAliveTimeout: 4000,
        keepAliveMaxTimeout: 60_000,
      }),
    ]),
  ) as Record<Upstream, Pool>;

  const send = (
    upstream: Upstream,
    request: IncomingMessage,
    response: ServerResponse,
    maxBodyBytes: number,
    attempt: number,
  ): void => {
    const body = requestBody(request, maxBodyBytes);
    const exchange = createExchange(response, {
      answerTimeoutMs,
      unavailable: () => refuse.unavailable(response, upstream),
      tooLarge: () => refuse.tooLarge(response),
      // A safe request without a body that died with its connection before any answer may be sent once more: nothing
      // was changed by it, and an idle connection that a restarted service had closed is the usual reason.
      retry:
        attempt === 0 && body === null && isSafe(request.method)
          ? () => send(upstream, request, response, maxBodyBytes, 1)
          : undefined,
    });
    pools[upstream].dispatch(
      {
        path: request.url ?? '/',
        method: request.method ?? 'GET',
        headers: requestHeaders(request),
        body,
        idempotent: false,
      },
      exchange,
    );
  };

  return {
    forward: (upstream, request, response, maxBodyBytes = options.maxBodyBytes) =>
      send(upstream, request, response, maxBodyBytes, 0),
    async get(upstream, path) {
      const { statusCode, body } = await pools[upstream].request({
        path,
        method: 'GET',
        signal: AbortSignal.timeout(GET_TIMEOUT_MS),
      });
      return { status: statusCode, body: await body.text() };
    },
    async close() {
      await Promise.all(Object.values(pools).map((pool) => pool.destroy()));
    },
  };
}

function isSafe(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD';
}
