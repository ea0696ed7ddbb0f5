import { type Replica, seedOf } from './placement.js';

/** A replica that was silent for so long while another one spoke is not asked any more: each speaks every second. */
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
  /**
   * Where all are silent, it is this process that hears nothing: who was there before counts as there, and who is not there
   * is found out by its refused connections.
   */
  live(service: string): readonly Replica[];
}

interface Known extends Replica {
  readonly service: string;
  /** When it spoke last, by its own clock; only compared with its own words. */
  readonly at: number;
  readonly heardMs: number;
  /** It said so, and nobody found it otherwise. */
  isUp: boolean;
}

export function createReplicaView(): ReplicaView {
  const known = new Map<string, Known>();

  const live = (service: string): readonly Known[] => {
    const up = [...known.values()].filter((replica) => replica.isUp && replica.service === service);
    const newestMs = Math.max(...up.map(({ heardMs }) => heardMs));
    return up.filter(({ heardMs }) => heardMs > newestMs - LIVE_MS);
  };

  return {
    hear(word, nowMs) {
      for (const [url, { heardMs }] of known) if (heardMs + REMEMBERED_MS < nowMs) known.delete(url);
      const { url, service, at } = word;
      const before = known.get(url);
      if (before && before.at >= at) return undefined;
      const wasLive = before !== undefined && live(service).includes(before);
      const isUp = word.state === 'up';
      known.set(url, { url, service, at, seed: before?.seed ?? seedOf(url), heardMs: nowMs, isUp });
      if (wasLive === isUp) return undefined;
      return isUp ? 'came' : 'left';
    },
    refused(url) {
      const replica = known.get(url);
      if (replica) replica.isUp = false;
    },
    live,
  };
}
