import { Pool } from 'undici';
import { ownersOf, type Replica } from '../core/placement.js';
import type { Upstream } from './forwarder.js';

/** The replicas of services that say themselves where they are. */
export interface Replicas {
  live(upstream: Upstream): readonly Replica[];
  /** Nobody listened there. */
  refused(url: string): void;
}

/** One process of a service, and what this gateway has with it. */
export interface Destination {
  readonly url: string;
  readonly pool: Pool;
  /** Requests that wait for the head of their answer. */
  waiting: number;
}

export interface Destinations {
  /**
   * Where a request goes. `placedBy`: of the replicas that own the key, the one with less to do; the first owner where
   * both have as much, so that a quiet org is held by one. The configured URL where nobody announced a replica.
   * `except`: a URL that was tried; undefined where there is no other.
   */
  choose(upstream: Upstream, placedBy: string | undefined, except?: string): Destination | undefined;
  close(): Promise<void>;
}

export interface DestinationOptions {
  readonly upstreams: Readonly<Record<Upstream, string>>;
  readonly replicas: Replicas;
  readonly pool: Pool.Options;
}

/** Connections to a replica that has not been asked for so long are given up. */
const IDLE_MS = 300_000;

export function createDestinations({ upstreams, replicas, pool }: DestinationOptions): Destinations {
  const open = new Map<string, Destination & { usedMs: number }>();
  const configured = new Set(Object.values(upstreams));

  const at = (url: string): Destination => {
    const nowMs = Date.now();
    let destination = open.get(url);
    if (!destination) {
      closeIdle(nowMs);
      destination = { url, pool: new Pool(url, pool), waiting: 0, usedMs: nowMs };
      open.set(url, destination);
    }
    destination.usedMs = nowMs;
    return destination;
  };

  /** Only when a replica is new: processes come and go, and each that came left an entry. */
  const closeIdle = (nowMs: number): void => {
    for (const [url, { pool: unused, usedMs, waiting }] of open) {
      if (configured.has(url) || waiting > 0 || usedMs + IDLE_MS > nowMs) continue;
      open.delete(url);
      // Answers that are still being streamed end by themselves.
      void unused.close();
    }
  };

  return {
    choose(upstream, placedBy, except) {
      const url = upstreams[upstream];
      const fallback = (): Destination | undefined => (url === except ? undefined : at(url));
      if (placedBy === undefined) return fallback();
      const live = replicas.live(upstream);
      const [first, second] = ownersOf(placedBy, except ? live.filter((replica) => replica.url !== except) : live);
      if (!first) return fallback();
      const one = at(first.url);
      if (!second) return one;
      const two = at(second.url);
      return two.waiting < one.waiting ? two : one;
    },
    async close() {
      await Promise.all([...open.values()].map((destination) => destination.pool.destroy()));
    },
  };
}
