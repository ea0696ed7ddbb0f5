import { request } from 'node:http';
import { request as requestTls } from 'node:https';

/** An answer of the platform that was no success. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface Api {
  /** Calls the admin or instance API with one key; resolves with the JSON body of a success. */
  call<T>(key: string, method: string, path: string, body?: unknown): Promise<T>;
}

/**
 * A small client of the platform's own HTTP API.
 * @param baseUrl public address; its host is what the gateway expects
 * @param connectTo where to connect instead, when the public address leads through a proxy that may not be up yet
 */
export function createApi(baseUrl: string, connectTo: string = baseUrl): Api {
  const host = new URL(baseUrl).host;
  return {
    call: (key, method, path, body) =>
      new Promise((resolve, reject) => {
        const url = new URL(path, connectTo);
        const text = body === undefined ? undefined : JSON.stringify(body);
        const send = url.protocol === 'https:' ? requestTls : request;
        const outgoing = send(
          url,
          {
            method,
            headers: {
              host,
              accept: 'application/json',
              'x-api-key': key,
              ...(text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
            },
            timeout: 30_000,
          },
          (answer) => {
            const chunks: Buffer[] = [];
            answer.on('data', (chunk: Buffer) => chunks.push(chunk));
            answer.on('error', reject);
            answer.on('end', () => {
              const status = answer.statusCode ?? 0;
              const parsed = parse(Buffer.concat(chunks).toString());
              if (status >= 200 && status < 300) resolve(parsed as never);
              else reject(refusal(status, parsed, `${method} ${path}`));
            });
          },
        );
        outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer within 30 s`)));
        outgoing.on('error', reject);
        outgoing.end(text);
      }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(status: number, body: unknown, what: string): ApiRefusal {
  const { error = 'unknown', message = `HTTP ${status}` } = (body ?? {}) as { error?: string; message?: string };
  return new ApiRefusal(status, error, `${what}: ${message}`);
}
