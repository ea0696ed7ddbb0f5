import type { Clock } from '@lumo/kit';
import type { Logger } from 'pino';
import { createRevocationView, type Revocable } from '../core/revocation-view.js';
import type { Identity } from '../ports.js';

/** Keeps the revocations of every org in memory, at most half a second old. */
export interface RevocationFeed {
  isRevoked(credential: Revocable): boolean;
  /** Whether the view is younger than five seconds. Where it is not, no token may be believed. */
  isFresh(): boolean;
  close(): void;
}

export interface RevocationFeedOptions {
  readonly identity: Pick<Identity, 'revocationsAfter'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs?: number;
  readonly maxEntries?: number;
}

/** Past it a gateway that lost the feed would let a stolen token live on. */
export const MAX_STALENESS_MS = 5000;
const INTERVAL_MS = 500;
const MAX_ENTRIES = 200_000;

/** Starts polling at once; the first page makes the feed fresh. */
export function startRevocationFeed(options: RevocationFeedOptions): RevocationFeed {
  const { identity, clock, logger, intervalMs = INTERVAL_MS, maxEntries = MAX_ENTRIES } = options;
  const view = createRevocationView(maxEntries);
  let position = 0n;
  let lastReadMs = Number.NEGATIVE_INFINITY;
  let failing = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const poll = async (): Promise<void> => {
    try {
      const askedMs = clock.now();
      const page = await identity.revocationsAfter(position);
      view.apply(page.revocations, Math.floor(askedMs / 1000));
      // An opaque mark: it moves with every transaction of the database, also where nothing was revoked.
      position = page.position;
      lastReadMs = askedMs;
      if (failing) logger.info('the revocation feed is back');
      failing = false;
    } catch (err) {
      if (!failing) logger.warn({ err }, 'the revocation feed does not answer');
      failing = true;
    } finally {
      schedule(intervalMs);
    }
  };
  const schedule = (delayMs: number): void => {
    if (!closed) timer = setTimeout(poll, delayMs);
  };
  void poll();

  return {
    isRevoked: view.isRevoked,
    isFresh: () => clock.now() - lastReadMs <= MAX_STALENESS_MS,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
