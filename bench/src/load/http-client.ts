import { type Dispatcher, Pool } from 'undici';

/** A request as the load generator sends it; everything is prepared before, so that sending costs little. */
export interface Send {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Keep-alive connections to one server. */
export interface HttpClient {
  readonly baseUrl: string;
  send(request: Send): Promise<Answer>;
  /** Rejects with the body where the status is another one. */
  expect(status: number, request: Send): Promise<Answer>;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 64;
const PATIENCE_MS = 30_000;

export function createHttpClient(baseUrl: string): HttpClient {
  const pool = new Pool(baseUrl, {
    connections: MAX_CONNECTIONS,
    pipelining: 1,
    headersTimeout: PATIENCE_MS,
    bodyTimeout: PATIENCE_MS,
  });
  const send = async (request: Send): Promise<Answer> => {
    const { statusCode, headers, body } = await pool.request(request as Dispatcher.RequestOptions);
    return { status: statusCode, headers, text: await body.text() };
  };
  return {
    baseUrl,
    send,
    async expect(status, request) {
      const answer = await send(request);
      if (answer.status === status) return answer;
      throw new Error(`${request.method} ${request.path}: ${answer.status} ${answer.text.slice(0, 500)}`);
    },
    close: () => pool.destroy(),
  };
}

/** Form fields as a request body with its header. */
export function form(fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) {
  return {
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  } as const;
}

/** A JSON request body with its header. */
export function json(value: unknown, headers: Readonly<Record<string, string>> = {}) {
  return { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) } as const;
}

/** HTTP Basic of a client (RFC 6749 section 2.3.1); our ids and secrets need no escaping. */
export function basic(clientId: string, clientSecret: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` };
}
