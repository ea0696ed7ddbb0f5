import { join } from 'node:path';
import { type LocalServer, startLocalServer } from './local-server.js';

/** A real nats-server; with `jetstream` its streams survive `kill` and `start`. Undefined where it is not installed. */
export function startNats({
  jetstream = false,
}: {
  readonly jetstream?: boolean;
} = {}): Promise<LocalServer | undefined> {
  return startLocalServer({
    name: 'nats-server',
    url: (port) => `nats://127.0.0.1:${port}`,
    args: (port, folder) => [
      ...['--addr', '127.0.0.1', '--port', String(port)],
      ...(jetstream ? ['--jetstream', '--store_dir', join(folder, 'jetstream')] : []),
    ],
  });
}
