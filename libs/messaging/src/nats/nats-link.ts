import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '@lumo/kit';
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import type { MessagingLogger } from '../logger.js';

/**
 * The connection of this process to NATS. It connects in the background and for ever: a process starts, and goes on,
 * without NATS; what needs it fails at once with `unavailable` until it is back.
 */
export interface NatsLink {
  /** The connection, where it is up now. */
  readonly connection: NatsConnection | undefined;
  /** Calls `listener` for the connection there is and for each that replaces it: subscriptions belong to one connection. */
  onConnection(listener: (connection: NatsConnection) => void): void;
  /** Calls `listener` whenever NATS can be reached again. */
  onUp(listener: () => void): void;
  /** Rejects where NATS does not answer within two seconds. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface NatsLinkOptions {
  /** `nats://user:password@host:4222`, several separated by commas; `tls://` for TLS. */
  readonly url: string;
  /** Shown by the server, e.g. `lumo-authz`. */
  readonly name: string;
  readonly logger: MessagingLogger;
}

const RETRY_MS = 250;
const PING_TIMEOUT_MS = 2000;

export function openNats({ url, name, logger }: NatsLinkOptions): NatsLink {
  const options = connectionOptions(url, name);
  const stopped = new AbortController();
  const connectionListeners: ((connection: NatsConnection) => void)[] = [];
  const upListeners: (() => void)[] = [];
  let opened: NatsConnection | undefined;
  let up = false;

  async function keepConnected(): Promise<void> {
    let failures = 0;
    while (!stopped.signal.aborted) {
      try {
        opened = await connect(options);
        failures = 0;
      } catch (err) {
        failures += 1;
        if (failures === 1 || failures % 120 === 0)
          logger.warn({ err, servers: options.servers }, 'NATS cannot be reached yet');
        await sleep(RETRY_MS, undefined, { signal: stopped.signal }).catch(() => {});
        continue;
      }
      const connection = opened;
      if (stopped.signal.aborted) {
        await connection.close();
        return;
      }
      for (const listener of connectionListeners) listener(connection);
      setUp(true);
      void watch(connection);
      const reason = await connection.closed();
      setUp(false);
      opened = undefined;
      if (!stopped.signal.aborted) logger.warn({ err: reason }, 'the NATS connection was given up and is opened anew');
    }
  }

  async function watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        logger.warn({ server: status.server }, 'NATS disconnected');
        setUp(false);
      } else if (status.type === 'reconnect') {
        logger.info({ server: status.server }, 'NATS connected again');
        setUp(true);
      } else if (status.type === 'error') {
        logger.warn({ err: status.error }, 'NATS reported an error');
      }
    }
  }

  function setUp(now: boolean): void {
    up = now;
    if (now) for (const listener of upListeners) listener();
  }

  const running = keepConnected();
  return {
    get connection() {
      return up ? opened : undefined;
    },
    onConnection(listener) {
      connectionListeners.push(listener);
      if (opened && !opened.isClosed()) listener(opened);
    },
    onUp(listener) {
      upListeners.push(listener);
      if (up) listener();
    },
    async ping() {
      const answered = up && opened ? await within(PING_TIMEOUT_MS, opened.flush()) : false;
      if (!answered) {
        throw new DomainError('unavailable', 'temporarily_unavailable', 'NATS does not answer. Check NATS_URL.', {
          retryAfterSeconds: 1,
        });
      }
    },
    async close() {
      stopped.abort();
      const connection = opened;
      if (connection && !connection.isClosed()) {
        if (up) await within(PING_TIMEOUT_MS, connection.flush());
        await connection.close();
      }
      await running;
    },
  };
}

/** Whether `work` was done within `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(ms, false, { signal: timer.signal }).catch(() => false);
  const done = work.then(
    () => true,
    () => false,
  );
  const answer = await Promise.race([done, late]);
  timer.abort();
  return answer;
}

/** Credentials stand in the URL; the client wants them beside it. */
function connectionOptions(url: string, name: string): NodeConnectionOptions {
  const servers = url.split(',').map((text) => new URL(text.trim()));
  const [first] = servers;
  return {
    servers: servers.map((server) => `${server.protocol}//${server.hostname}:${server.port || 4222}`),
    name,
    ...(first?.username && !first.password && { token: decodeURIComponent(first.username) }),
    ...(first?.password && { user: decodeURIComponent(first.username), pass: decodeURIComponent(first.password) }),
    timeout: 2000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    reconnectJitter: 100,
    // A server that vanished without a word is noticed after 10 s; calls meanwhile end at their deadline.
    pingInterval: 5000,
    maxPingOut: 2,
    noAsyncTraces: true,
  };
}
