import { type LocalServer, startLocalServer } from './local-server.js';

/** A real redis-server without persistence (a restart is a flush); undefined where it is not installed. */
export function startRedis(): Promise<LocalServer | undefined> {
  return startLocalServer({
    name: 'redis-server',
    url: (port) => `redis://127.0.0.1:${port}`,
    args: (port, folder) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'],
    ],
  });
}
