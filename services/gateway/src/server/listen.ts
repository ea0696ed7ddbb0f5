import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { endUnusedConnections } from '@lumo/service';

/**
 * Listens on every address that `host` names: `localhost` is both 127.0.0.1 and ::1 on most machines, and clients differ
 * in which they try. Rejects where an address is taken; an address that this machine does not have is passed over.
 * @param make a further server for each address after the first
 * @returns the port, and the servers that listen
 */
export async function listen(
  make: () => Server,
  port: number,
  host: string,
): Promise<{ readonly port: number; readonly servers: readonly Server[] }> {
  const found = await lookup(host, { all: true });
  const servers: Server[] = [];
  let taken = port;
  try {
    for (const { address } of found) {
      const server = make();
      if (await tryListen(server, taken, address, servers.length > 0)) {
        servers.push(server);
        taken = (server.address() as AddressInfo).port;
      }
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return { port: taken, servers };
}

async function tryListen(server: Server, port: number, address: string, optional: boolean): Promise<boolean> {
  try {
    server.listen(port, address);
    await once(server, 'listening');
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (optional && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) return false;
    throw error;
  }
}

/** Requests in hand may take that long to finish. */
const DRAIN_MS = 10_000;
const LOOK_AGAIN_MS = 50;

/** Takes no new connection, closes each as soon as its request is answered, and cuts off what takes too long. */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A connection that was busy when the server closed becomes idle later, and nobody would close it then.
  const idle = setInterval(() => {
    server.closeIdleConnections();
    endUnusedConnections(server);
  }, LOOK_AGAIN_MS);
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}
