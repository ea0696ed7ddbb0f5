import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { mayConnect, type TargetPolicy } from './check-target.js';

/** On a connection that went elsewhere than it was told. */
export class ConnectionRefused extends Error {
  override readonly name = 'ConnectionRefused';
}

const MAX_HEADER_BYTES = 16 * 1024;

/**
 * An agent for one request, whose connection goes to the addresses that were judged: names are not resolved again, and the
 * address at the other end is judged once more when it is connected. Nothing is kept for a later request.
 */
export function pinnedAgent(url: URL, addresses: readonly string[], policy: TargetPolicy, timeoutMs: number): Agent {
  const lookup: LookupFunction = (_hostname, options, callback) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = found;
    if (options.all) callback(null, found);
    else callback(null, first?.address ?? '', first?.family ?? 0);
  };
  const connect = buildConnector({ lookup, timeout: timeoutMs, maxCachedSessions: 0, allowH2: false });
  return new Agent({
    connect(options, callback) {
      connect(options, (...[error, socket]) => {
        if (error) return callback(error, null);
        const address = socket.remoteAddress ?? '';
        if (mayConnect(address, url, policy)) return callback(null, socket);
        const refusal = new ConnectionRefused(`connected to ${address}`);
        socket.destroy(refusal);
        callback(refusal, null);
      });
    },
    pipelining: 0,
    connections: 1,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
}
