import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { target } from './target.js';

/** A server of somebody else, which the platform calls by https. */
export interface RemoteServer {
  /** `https://localhost:<port>` */
  readonly origin: string;
  readonly port: number;
  /** Requests that came, in order, e.g. `GET /client.json`. */
  readonly requests: readonly string[];
  /** Serves JSON at a path from now on; nothing else is found. */
  serve(path: string, value: unknown, headers?: Readonly<Record<string, string>>): string;
  /** Answers as the handler says. */
  on(path: string, handle: (request: IncomingMessage, response: ServerResponse) => void): string;
  remove(path: string): void;
  close(): Promise<void>;
}

export interface RemoteServerOptions {
  /** Where it listens; the platform lets itself out to 127.0.0.1 alone. */
  readonly address?: string;
  readonly port?: number;
}

/** Starts one on a loopback address, with a certificate that the platform under test trusts. */
export async function startRemoteServer({
  address = '127.0.0.1',
  port = 0,
}: RemoteServerOptions = {}): Promise<RemoteServer> {
  const handlers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
  const requests: string[] = [];
  const server = createServer({ ...target.tls }, (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    requests.push(`${request.method} ${path}`);
    const handle = handlers.get(path);
    if (handle) handle(request, response);
    else response.writeHead(404).end();
  }).listen(port, address);
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  const origin = `https://${address === '127.0.0.1' ? 'localhost' : address}:${bound}`;
  const on: RemoteServer['on'] = (path, handle) => {
    handlers.set(path, handle);
    return `${origin}${path}`;
  };
  return {
    origin,
    port: bound,
    requests,
    on,
    serve: (path, value, headers = {}) =>
      on(path, (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
      }),
    remove: (path) => void handlers.delete(path),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
