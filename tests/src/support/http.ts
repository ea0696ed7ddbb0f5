import assert from 'node:assert/strict';
import { type Conformance, createConformance, type OpenApiDocument } from './openapi-conformance.js';

/** A request in the words of a test. */
export interface Send {
  readonly bearer?: string;
  readonly apiKey?: string;
  /** An access token that is bound to a key, with the proof of it (RFC 9449 section 7.1). */
  readonly dpop?: readonly [token: string, proof: string];
  /** Client id and secret for HTTP Basic (RFC 6749 section 2.3.1). */
  readonly basic?: readonly [id: string, secret: string];
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>> | URLSearchParams;
  /** Sent as it is; say the content type in `headers`. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Why the answer need not be described in /openapi.json: a path or method that does not exist on purpose. */
  readonly undescribed?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; fails where it is none. */
  json<T = Readonly<Record<string, unknown>>>(): T;
  /** Fails with the body unless the answer has this status. */
  expect(status: number): Answer;
}

export interface Http {
  readonly baseUrl: string;
  /** Redirects are answers, not followed. Every answer is checked against the server's own API description. */
  send(method: string, path: string, options?: Send): Promise<Answer>;
  /** `fetch` with the same check, for client libraries. */
  readonly fetch: typeof fetch;
  readonly description: () => Promise<OpenApiDocument>;
}

/** HTTP against one running platform; `fetch`: another way to it. */
export function createHttp(baseUrl: string, fetch: typeof globalThis.fetch = globalThis.fetch): Http {
  let loading: Promise<{ readonly document: OpenApiDocument; readonly conforms: Conformance }> | undefined;
  const described = () => {
    loading ??= loadDescription(baseUrl);
    return loading;
  };

  async function checked(method: string, url: string, response: Response, text: string): Promise<void> {
    const { conforms } = await described();
    const problem = conforms({
      method,
      path: new URL(url).pathname,
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      text,
    });
    assert.equal(problem, undefined, `/openapi.json: ${problem}\n${text.slice(0, 1000)}`);
  }

  return {
    baseUrl,
    async send(method, path, options = {}) {
      const url = path.startsWith('http') ? path : `${baseUrl}${path}`;
      const response = await fetch(url, { method, redirect: 'manual', ...requestOf(options) });
      const text = await response.text();
      if (options.undescribed === undefined) await checked(method, url, response, text);
      return answerOf(method, path, response, text);
    },
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      const url = String(input instanceof Request ? input.url : input);
      await checked(init?.method ?? 'GET', url, response, await response.clone().text());
      return response;
    },
    description: async () => (await described()).document,
  };
}

async function loadDescription(baseUrl: string) {
  const response = await fetch(`${baseUrl}/openapi.json`);
  assert.equal(response.status, 200, '/openapi.json must be served');
  const document = (await response.json()) as OpenApiDocument;
  return { document, conforms: createConformance(document) };
}

function requestOf({ bearer, dpop, apiKey, basic, headers, json, form, body }: Send): RequestInit {
  const all = new Headers(headers);
  if (bearer !== undefined) all.set('authorization', `Bearer ${bearer}`);
  if (dpop) {
    all.set('authorization', `DPoP ${dpop[0]}`);
    all.set('dpop', dpop[1]);
  }
  if (apiKey !== undefined) all.set('x-api-key', apiKey);
  if (basic) {
    const credentials = basic.map((part) => new URLSearchParams({ '': part }).toString().slice(1)).join(':');
    all.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
  }
  if (json !== undefined && !all.has('content-type')) all.set('content-type', 'application/json');
  const payload = json !== undefined ? JSON.stringify(json) : form ? new URLSearchParams(form) : body;
  return { headers: all, ...(payload !== undefined && { body: payload }) };
}

function answerOf(method: string, path: string, response: Response, text: string): Answer {
  const answer: Answer = {
    status: response.status,
    headers: response.headers,
    text,
    json<T>() {
      try {
        return JSON.parse(text) as T;
      } catch {
        throw new assert.AssertionError({
          message: `${method} ${path} ${response.status}: not JSON: ${text.slice(0, 500)}`,
        });
      }
    },
    expect(status) {
      assert.equal(response.status, status, `${method} ${path}: ${text.slice(0, 1000)}`);
      return answer;
    },
  };
  return answer;
}
