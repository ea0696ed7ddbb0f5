import { runInContext, systemContext } from '@lumo/tenancy';
import type { FeedPosition, FeedSource, OrgMarks } from '../ports.js';

/** A decision may rest on what was true this long before its request arrived, and on nothing older. */
export const MAX_AGE_MS = 1_000;
/** A reading of this age is renewed in the background while requests go on. */
const RENEW_AFTER_MS = 300;

/**
 * Learns which organizations changed, for all engines of this process with one small statement.
 *
 * Why not LISTEN/NOTIFY or an event: both can be late or lost without anybody noticing, and a decision would then be stale
 * for as long as it takes to notice. Here age is what is measured: a request that finds the last reading too old waits
 * for a new one, and where there is none (the database is away) it is refused instead of answered from the past.
 * The reading costs about 0.2 ms three times a second while there is traffic, and nothing while there is none.
 *
 * Why nothing is missed: a reading returns rows that were changed by transactions at or above the previous reading's
 * xmin. Whatever that reading did not see was either running then (so not below its xmin) or began later.
 */
export interface RevisionFeed {
  /** Whether everything that was committed before this moment is known. Starts a renewal in the background when due. */
  covers(moment: number): boolean;
  /** Resolves when everything that was committed before this moment is known; rejects where the database is away. */
  reach(moment: number): Promise<void>;
  /** Resolves when everything that was committed before this call is known; rejects like `reach`. */
  renew(): Promise<void>;
  /** Everything that was committed before this moment is known. */
  readonly coveredUntilMs: number;
  /** Tells an engine what every reading finds, before anybody who waits for the reading goes on. */
  follow(follower: FeedFollower): void;
}

export interface FeedFollower {
  changed(marks: OrgMarks): void;
  /** The database went back in time (restored from a copy): nothing in memory can be trusted. */
  lost(): void;
}

export interface RevisionFeedOptions {
  readonly source: FeedSource;
  /** Milliseconds that only go forward. */
  readonly elapsedMs: () => number;
}

export function createRevisionFeed({ source, elapsedMs }: RevisionFeedOptions): RevisionFeed {
  const followers: FeedFollower[] = [];
  let position: FeedPosition | undefined;
  let coveredUntil = Number.NEGATIVE_INFINITY;
  /** There is one at a time. */
  let reading: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function read(since: number): Promise<void> {
    const found = await runInContext(systemContext('authz', 'revision-feed'), () => source.readFeed(position));
    const wentBack = position !== undefined && BigInt(found.position) < BigInt(position);
    position = found.position;
    for (const follower of followers) {
      if (wentBack) follower.lost();
      for (const marks of found.changed) follower.changed(marks);
    }
    coveredUntil = since;
  }

  function start(): Promise<void> {
    reading = read(elapsedMs()).finally(() => {
      reading = undefined;
    });
    return reading;
  }

  return {
    covers(moment) {
      if (coveredUntil < elapsedMs() - RENEW_AFTER_MS && !reading) start().catch(() => {});
      return coveredUntil >= moment;
    },
    async reach(moment) {
      while (coveredUntil < moment) await (reading ?? start());
    },
    renew() {
      if (!reading) return start();
      // The one in progress may have begun before; the next one serves everybody who asked meanwhile.
      next ??= reading
        .catch(() => {})
        .then(() => {
          next = undefined;
          return reading ?? start();
        });
      return next;
    },
    get coveredUntilMs() {
      return coveredUntil;
    },
    follow: (follower) => void followers.push(follower),
  };
}
