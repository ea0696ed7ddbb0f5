// Seam: oidc-provider reads the raw request itself: it wants an unread body in form encoding, the URL below its mount in
// `url` and the whole one in `originalUrl`. What we know of a request beyond HTTP travels beside it.
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import Provider from 'oidc-provider';

/** A request as the engine gets it. */
export interface EngineCall {
  readonly method: string;
  /** Below the mount, e.g. `/oauth/token`. */
  readonly path: string;
  /** Without the question mark. */
  readonly query?: string;
  /** Parameters of the body, in order. */
  readonly form?: URLSearchParams;
  readonly facts?: RequestFacts;
}

/** What a front has found out about a request before the engine sees it. */
export interface RequestFacts {
  /** A structured token that was replaced by its handle (see presented-token.ts). */
  readonly presentedToken?: string;
  /** Whether the request may be made by nobody in particular (see anonymous-exchange.ts). */
  readonly anonymousExchange?: true;
}

const factsOf = new WeakMap<object, RequestFacts>();

/** What is known of the request that the engine is working on; nothing outside of one. */
export function requestFacts(): RequestFacts {
  const request = Provider.ctx?.req;
  return (request && factsOf.get(request)) ?? {};
}

/** Headers that describe the body as it came. */
const REPLACED = ['content-type', 'content-length', 'transfer-encoding', 'content-encoding', 'expect'];

/** `mount`: the path of the issuer, e.g. `/orgs/acme/api/v1`. */
export function toEngineRequest(raw: IncomingMessage, mount: string, call: EngineCall): IncomingMessage {
  const body = call.form === undefined ? undefined : Buffer.from(call.form.toString());
  const headers = Object.fromEntries(Object.entries(raw.headers).filter(([name]) => !REPLACED.includes(name)));
  const url = call.query ? `${call.path}?${call.query}` : call.path;
  const request = Object.assign(Readable.from(body ? [body] : [], { objectMode: false }), {
    method: call.method,
    url,
    originalUrl: `${mount}${url}`,
    httpVersion: raw.httpVersion,
    socket: raw.socket,
    headers: {
      ...headers,
      ...(body && {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(body.length),
      }),
    },
  });
  if (call.facts) factsOf.set(request, call.facts);
  // Koa and oidc-provider read nothing of a request but these members and the stream.
  return request as unknown as IncomingMessage;
}
