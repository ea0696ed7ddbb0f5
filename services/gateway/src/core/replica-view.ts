import { type Replica, seedOf } from './placement.js';

/** A replica that was silent for so long is not asked any more: it says every second that it is there. */
export const LIVE_MS = 3000;
/** How long the last word of a replica is remembered, so that an older one that comes again changes nothing. */
export const REMEMBERED_MS = 120_000;

/** What a replica says of itself. */
export interface ReplicaWord {
  readonly service: string;
  readonly url: string;
  /** Grows with every word of the replica. */
  readonly at: number;
  readonly state: 'up' | 'gone';
}

/** Which replicas take requests now, as they said themselves. */
export interface ReplicaView {
  /** Answers what it changed: nothing where the word is older than the last one of that replica. */
  hear(word: ReplicaWord, nowMs: number): 'came' | 'left' | undefined;
  /** Not asked any more until it speaks again: nobody listens there. */
  refused(url: string): void;
  live(service: string, nowMs: number): readonly Replica[];
}

interface Known extends Replica {
  readonly service: string;
  /** When it spoke last, by its own clock; only compared with its own words. */
  readonly at: number;
  readonly heardMs: number;
  liveUntilMs: number;
}

export function createReplicaView(): ReplicaView {
  const known = new Map<string, Known>();

  return {
    hear(word, nowMs) {
      for (const [url, { heardMs }] of known) if (heardMs + REMEMBERED_MS < nowMs) known.delete(url);
      const { url, service, at } = word;
      const before = known.get(url);
      if (before && before.at >= at) return undefined;
      const liveUntilMs = word.state === 'up' ? nowMs + LIVE_MS : 0;
      known.set(url, { url, service, at, seed: before?.seed ?? seedOf(url), heardMs: nowMs, liveUntilMs });
      const wasLive = before !== undefined && before.liveUntilMs > nowMs;
      if (wasLive === liveUntilMs > nowMs) return undefined;
      return wasLive ? 'left' : 'came';
    },
    refused(url) {
      const replica = known.get(url);
      if (replica) replica.liveUntilMs = 0;
    },
    live(service, nowMs) {
      const live: Replica[] = [];
      for (const replica of known.values()) {
        if (replica.service === service && replica.liveUntilMs > nowMs) live.push(replica);
      }
      return live;
    },
  };
}
