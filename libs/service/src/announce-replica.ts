import { randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Broadcast } from '@lumo/messaging';
import { encodeReplicaNews, type ReplicaNews } from './replica-news.js';

export interface AnnounceOptions {
  readonly broadcast: Broadcast;
  readonly service: string;
  /** Where the gateway reaches this process. */
  readonly url: string;
  readonly everyMs?: number;
  /** How long requests may still come after the goodbye: it has to reach every gateway, and what was sent before it, here. */
  readonly goodbyeMs?: number;
}

/** A process that tells the gateways that it takes requests. */
export interface Announcement {
  /** Says goodbye; resolves when requests can have stopped coming. The caller then stops listening. */
  leave(): Promise<void>;
}

const EVERY_MS = 1000;
const GOODBYE_MS = 500;

/** Says at once and then every second that this process takes requests, until it leaves. */
export function announceReplica(options: AnnounceOptions): Announcement {
  const { broadcast, service, url, everyMs = EVERY_MS, goodbyeMs = GOODBYE_MS } = options;
  const instance = randomUUID();
  let at = 0;
  const say = (state: ReplicaNews['state']): void => {
    at = Math.max(at + 1, Date.now());
    broadcast.publish('replica.alive', encodeReplicaNews({ service, instance, url, at, state }));
  };
  say('up');
  const timer = setInterval(say, everyMs, 'up').unref();
  return {
    async leave() {
      clearInterval(timer);
      say('gone');
      await delay(goodbyeMs);
    },
  };
}

const EVERY_ADDRESS = ['0.0.0.0', '::'];

/**
 * Where this machine or container is reached from others: the name or address that the process listens on, and the first
 * outward address where it listens on all of them.
 */
export function reachableUrl(host: string, port: number): string {
  const outward = EVERY_ADDRESS.includes(host) ? outwardAddress() : host;
  return `http://${outward.includes(':') ? `[${outward}]` : outward}:${port}`;
}

function outwardAddress(): string {
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  return (addresses.find(({ family }) => family === 'IPv4') ?? addresses[0])?.address ?? '127.0.0.1';
}
