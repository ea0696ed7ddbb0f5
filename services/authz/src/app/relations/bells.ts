import type { RevisionFeed } from '../revision-feed.js';
import { refused } from './consistency-tokens.js';

/** How long somebody who waits for changes relies on being told; then the feed is asked. */
const PATIENCE_MS = 700;
/** A reading of the feed of this age is new enough for somebody who waits. */
const RECENT_MS = 300;

/** Wakes those who wait for changes of relations, by organization. */
export interface Bells {
  ring(orgId: string, revision: number): void;
  /** From when it resolved on no change is missed. */
  listen(orgId: string): Promise<BellListener>;
  /** The database went back in time: who waits has seen what did not happen. */
  lost(): void;
}

export interface BellListener {
  /**
   * True when something changed after a revision; false after about a second, or when the signal ended the wait.
   * @throws DomainError where the database is away or went back in time
   */
  changeAfter(revision: number, signal: AbortSignal): Promise<boolean>;
  close(): void;
}

interface Bell {
  listeners: number;
  /** The newest revision that was rung for. */
  revision: number;
  isLost: boolean;
  readonly waiting: Set<() => void>;
}

export function createBells(options: {
  readonly feed: RevisionFeed;
  readonly wait: (milliseconds: number) => Promise<unknown>;
  readonly elapsedMs: () => number;
}): Bells {
  const { feed, wait, elapsedMs } = options;
  const bells = new Map<string, Bell>();

  async function changeAfter(bell: Bell, revision: number, signal: AbortSignal): Promise<boolean> {
    if (bell.revision > revision) return true;
    if (signal.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    bell.waiting.add(wake);
    signal.addEventListener('abort', wake);
    try {
      await Promise.race([promise, wait(PATIENCE_MS)]);
    } finally {
      bell.waiting.delete(wake);
      signal.removeEventListener('abort', wake);
    }
    if (bell.revision <= revision && !signal.aborted) await feed.reach(elapsedMs() - RECENT_MS);
    if (bell.isLost) throw refused('other_epoch', 'The database was restored while this watch went on.');
    return bell.revision > revision && !signal.aborted;
  }

  return {
    ring(orgId, revision) {
      const bell = bells.get(orgId);
      if (!bell || revision <= bell.revision) return;
      bell.revision = revision;
      for (const wake of bell.waiting) wake();
    },
    async listen(orgId) {
      // A feed that has no position yet does not tell what changes before its first reading.
      await feed.reach(elapsedMs() - RECENT_MS);
      const bell = bells.get(orgId) ?? { listeners: 0, revision: 0, isLost: false, waiting: new Set() };
      bell.listeners++;
      bells.set(orgId, bell);
      return {
        changeAfter: (revision, signal) => changeAfter(bell, revision, signal),
        close() {
          bell.listeners--;
          if (bell.listeners === 0 && bells.get(orgId) === bell) bells.delete(orgId);
        },
      };
    },
    lost() {
      for (const bell of bells.values()) {
        bell.isLost = true;
        for (const wake of bell.waiting) wake();
      }
      bells.clear();
    },
  };
}
