import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An app on a loopback port of its own (RFC 8252 section 7.3) that a browser comes back to. */
export interface CallbackApp {
  /** Its redirect URI. */
  readonly callback: string;
  /** Where it wants a browser after the sign-out. */
  readonly signedOut: string;
  /** Every address at which a browser arrived, in order. */
  readonly visits: readonly URL[];
  close(): Promise<void>;
}

const PAGE = '<!doctype html><html lang="en"><title>App</title><link rel="icon" href="data:,"><h1>Back in the app</h1>';

export async function openCallbackApp(): Promise<CallbackApp> {
  const visits: URL[] = [];
  const server = createServer((request, response) => {
    visits.push(new URL(request.url ?? '/', origin));
    response.setHeader('content-type', 'text/html; charset=utf-8').end(PAGE);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    callback: `${origin}/callback`,
    signedOut: `${origin}/signed-out`,
    visits,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
