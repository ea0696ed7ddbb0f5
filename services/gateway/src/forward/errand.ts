import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { ForwardHow, Upstream } from './forwarder.js';

/** A request on its way to a service, which may take a second attempt. */
export interface Errand {
  readonly upstream: Upstream;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly how: ForwardHow;
  readonly body: Readable | Buffer | null;
}

/** Nothing was changed by it, and its body is still here. */
export function mayRepeat({ request, how, body }: Errand): boolean {
  const { method } = request;
  return how.repeatable === true || (body === null && (method === 'GET' || method === 'HEAD'));
}
