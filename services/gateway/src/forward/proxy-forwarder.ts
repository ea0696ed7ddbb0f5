import type { IncomingMessage } from 'node:http';
import { createAskTogether, MAX_TOGETHER_BYTES } from './ask-together.js';
import { createDestinations, type Destination, type Replicas } from './destinations.js';
import { type Errand, mayRepeat } from './errand.js';
import { createExchange } from './exchange.js';
import type { Forwarder, ForwardRefusals, Upstream } from './forwarder.js';
import { BodyTooLarge, readBody, requestBody, requestHeaders } from './proxy-request.js';

export interface ProxyOptions {
  /** Base URL of every service. */
  readonly upstreams: Readonly<Record<Upstream, string>>;
  /** Processes of services that announce themselves; none where it is absent. */
  readonly replicas?: Replicas;
  /** Connections to one process; further requests wait for one. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  /** Longest wait for the first byte of an answer, and between two of its bytes. */
  readonly answerTimeoutMs?: number;
  /** Largest request body that is passed on, in bytes. */
  readonly maxBodyBytes: number;
}

const GET_TIMEOUT_MS = 2000;
const NO_REPLICAS: Replicas = { live: () => [], refused: () => {} };

/** For services that are processes of their own: HTTP/1.1 over keep-alive connections. */
export function createProxyForwarder(options: ProxyOptions, refuse: ForwardRefusals): Forwarder {
  const { connections = 128, connectTimeoutMs = 2000, answerTimeoutMs = 30_000, replicas = NO_REPLICAS } = options;
  const destinations = createDestinations({
    upstreams: options.upstreams,
    replicas,
    pool: {
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
    },
  });

  const send = (errand: Errand, to: Destination | undefined, isLastAttempt: boolean): void => {
    const { upstream, request, response, body } = errand;
    if (!to) {
      refuse.unavailable(response, upstream);
      return;
    }
    to.waiting += 1;
    const exchange = createExchange(response, {
      answerTimeoutMs,
      unavailable: () => refuse.unavailable(response, upstream),
      tooLarge: () => refuse.tooLarge(response),
      settled() {
        to.waiting -= 1;
      },
      retry: (failure) => !isLastAttempt && again(errand, to, failure),
    });
    to.pool.dispatch(
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

  /** A second attempt, elsewhere where there is an elsewhere; false where there can be none. */
  const again = (errand: Errand, tried: Destination, failure: 'unsent' | 'lost'): boolean => {
    if (failure === 'unsent') replicas.refused(tried.url);
    if (failure === 'lost' && !mayRepeat(errand)) return false;
    const other = destinations.choose(errand.upstream, errand.how.placedBy, tried.url);
    if (!other && failure === 'unsent') return false;
    // A connection also dies where a restarted service had closed an idle one: then the same process answers.
    send(errand, other ?? tried, true);
    return true;
  };

  const together = createAskTogether({
    alone: (errand, to) => send(errand, to, false),
    failed(errand, to, failure) {
      const { response, upstream } = errand;
      if (response.destroyed) return;
      if (failure === 'late' || !again(errand, to, failure)) refuse.unavailable(response, upstream);
    },
  });

  return {
    forward(upstream, request, response, how = {}) {
      const maxBytes = how.maxBodyBytes ?? options.maxBodyBytes;
      const begin = (body: Errand['body']): void => {
        const errand: Errand = { upstream, request, response, how, body };
        const to = destinations.choose(upstream, how.placedBy);
        if (to && how.together && fitsTogether(request, body)) together.add(errand, to);
        else send(errand, to, false);
      };
      if (!how.repeatable) {
        begin(requestBody(request, maxBytes));
        return;
      }
      readBody(request, maxBytes, (body) => {
        if (body instanceof BodyTooLarge) refuse.tooLarge(response);
        else begin(body);
      });
    },
    async get(upstream, path) {
      const ask = async (to: Destination | undefined) => {
        if (!to) throw new Error(`${upstream} cannot be reached`);
        const signal = AbortSignal.timeout(GET_TIMEOUT_MS);
        const { statusCode, body } = await to.pool.request({ path, method: 'GET', signal });
        return { status: statusCode, body: await body.text() };
      };
      const first = destinations.choose(upstream, path);
      return ask(first).catch((error: unknown) => {
        const other = destinations.choose(upstream, path, first?.url);
        if (!other) throw error;
        return ask(other);
      });
    },
    close: () => destinations.close(),
  };
}

/** What a JSON question is, and no more: anything else is read by the service as it came. */
function fitsTogether({ method, url, headers }: IncomingMessage, body: Errand['body']): boolean {
  return (
    method === 'POST' &&
    Buffer.isBuffer(body) &&
    body.length <= MAX_TOGETHER_BYTES &&
    (headers['content-type'] === 'application/json' || JSON_IN_UTF8.test(headers['content-type'] ?? '')) &&
    url !== undefined &&
    !url.includes('?')
  );
}

const JSON_IN_UTF8 = /^application\/json(?:; ?charset="?utf-8"?)?$/i;
