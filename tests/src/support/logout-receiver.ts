import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the specifications say about the post beside its body. */
export interface Post {
  readonly method: string;
  readonly contentType: string;
  readonly cookies: string;
  readonly authorization?: string;
}

/** An app with a session of its own, which wants to know when the one it rests on ends. */
export interface LogoutReceiver {
  readonly origin: string;
  readonly callback: string;
  readonly signedOut: string;
  readonly backchannel: string;
  readonly frontchannel: string;
  /** Logout tokens that came, in order. */
  readonly tokens: readonly string[];
  /** Addresses under which the frame was loaded. */
  readonly frames: readonly URL[];
  /** Media types and methods of the posts, for what the specification asks. */
  readonly posts: readonly Post[];
  /** Their bodies as they came. */
  readonly bodies: readonly string[];
  /** Statuses of the next answers; 200 when they are used up. */
  answerWith(...statuses: readonly number[]): void;
  close(): Promise<void>;
}

/** `host`: under which of the names of this machine its addresses are. */
export async function openLogoutReceiver(host = '127.0.0.1'): Promise<LogoutReceiver> {
  const tokens: string[] = [];
  const frames: URL[] = [];
  const posts: Post[] = [];
  const bodies: string[] = [];
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', origin);
    if (url.pathname === '/backchannel') {
      const { 'content-type': contentType = '', cookie = '', authorization } = request.headers;
      const post = { method: request.method ?? '', contentType, cookies: cookie };
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        posts.push({ ...post, ...(authorization !== undefined && { authorization }) });
        bodies.push(body);
        tokens.push(new URLSearchParams(body).get('logout_token') ?? '');
        response.writeHead(statuses.shift() ?? 200, { 'cache-control': 'no-store' }).end();
      });
      return;
    }
    if (url.pathname === '/frontchannel') frames.push(url);
    response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .end('<!doctype html><html lang="en"><title>App</title><link rel="icon" href="data:,"><h1>App</h1>');
  });
  server.listen(0, host);
  await once(server, 'listening');
  const origin = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    callback: `${origin}/callback`,
    signedOut: `${origin}/signed-out`,
    backchannel: `${origin}/backchannel?tenant=1`,
    frontchannel: `${origin}/frontchannel`,
    tokens,
    frames,
    posts,
    bodies,
    answerWith: (...next) => void statuses.push(...next),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
