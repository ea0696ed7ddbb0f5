import type { RevisionFeed } from '../revision-feed.js';

/** How long somebody who waits for changes relies on being told; then the feed is asked. */
const PATIENCE_MS = 700;
/** A reading of the feed of this age is new enough for somebody who waits. */
const RECENT_MS = 300;

/** Wakes those who wait for changes of relations, by organization. */
export interface Bells {
  ring(orgId: string, revision: number): void;
  /** From here on no ring is missed. */
  listen(orgId: string): BellListener;
}

export interface BellListener {
  /** True when something changed after a revision; false after about a second, or when the signal ended the wait. */
  changeAfter(revision: number, signal: AbortSignal): Promise<boolean>;
  close(): void;
}

interface Bell {
  listeners: number;
  /** The newest revision that was rung for. */
  revision: number;
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
    return bell.revision > revision && !signal.aborted;
  }

  return {
    ring(orgId, revision) {
      const bell = bells.get(orgId);
      if (!bell || revision <= bell.revision) return;
      bell.revision = revision;
      for (const wake of bell.waiting) wake();
    },
    listen(orgId) {
      const bell = bells.get(orgId) ?? { listeners: 0, revision: 0, waiting: new Set() };
      bell.listeners++;
      bells.set(orgId, bell);
      return {
        changeAfter: (revision, signal) => changeAfter(bell, revision, signal),
        close() {
          bell.listeners--;
          if (bell.listeners === 0) bells.delete(orgId);
        },
      };
    },
  };
}
