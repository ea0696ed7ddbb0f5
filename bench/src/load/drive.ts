import { type Latency, summarize } from './latency.js';

/** One operation of one simulated user, which may take several requests; rejects where an answer is not the expected one. */
export type Operation = () => Promise<void>;

export interface DriveOptions {
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Ends the measurement early. */
  readonly maxOperations?: number;
  /** All users together begin so many operations a second, evenly spaced; as many as they can where it is absent. */
  readonly perSecond?: number;
  /** Called where the warm-up ends and the measurement begins. */
  onStart?(): Promise<void> | void;
  /** Called where the measurement ended, while the load is still on. */
  onEnd?(): Promise<void> | void;
}

/** What was driven in the measured window. */
export interface Driven {
  readonly operations: number;
  readonly failures: number;
  /** Why the first operation failed. */
  readonly firstFailure: string | undefined;
  readonly seconds: number;
  readonly latencyMs: Latency;
}

const MAX_OPERATIONS = 1_000_000;
/** A user who only fails stops: a loop of refusals measures nothing. */
const MAX_FAILURES_IN_A_ROW = 20;

/**
 * Every user has one operation at a time, all users side by side, until the window is over. An operation that begins late
 * because every user was still busy counts from when it was due: waiting for the server is part of the answer's time.
 * @throws Error where not one operation succeeded
 */
export async function drive(users: readonly Operation[], options: DriveOptions): Promise<Driven> {
  const { warmUpMs, measureMs, maxOperations = MAX_OPERATIONS, perSecond, onStart, onEnd } = options;
  const timesMs: number[] = [];
  const finish = Promise.withResolvers<void>();
  let phase: 'warm-up' | 'measure' | 'after' | 'over' = 'warm-up';
  let failures = 0;
  let firstFailure: string | undefined;

  const turn = perSecond === undefined ? performance.now.bind(performance) : schedule(perSecond);

  const use = async (operation: Operation): Promise<void> => {
    let inARow = 0;
    while (phase !== 'over' && inARow < MAX_FAILURES_IN_A_ROW) {
      const beganMs = await turn();
      try {
        await operation();
        inARow = 0;
        if (phase === 'measure') timesMs.push(performance.now() - beganMs);
        if (timesMs.length >= maxOperations) finish.resolve();
      } catch (error) {
        inARow++;
        if (phase === 'measure' || phase === 'warm-up') failures++;
        firstFailure ??= error instanceof Error ? error.message : String(error);
      }
    }
  };

  const running = Promise.all(users.map(use));
  await Promise.race([running, delay(warmUpMs)]);
  await onStart?.();
  failures = 0;
  phase = 'measure';
  const startedMs = performance.now();
  await Promise.race([running, finish.promise, delay(measureMs)]);
  const seconds = (performance.now() - startedMs) / 1000;
  phase = 'after';
  await onEnd?.();
  phase = 'over';
  const operations = timesMs.length;
  const latencyMs = summarize(timesMs);
  await running;
  if (operations === 0) throw new Error(`not one operation succeeded: ${firstFailure ?? 'the window was too short'}`);
  return { operations, failures, firstFailure, seconds, latencyMs };
}

/** Gives out evenly spaced turns; each resolves with when its operation counts as begun. */
function schedule(perSecond: number): () => Promise<number> {
  let dueMs = performance.now();
  return async () => {
    const mineMs = dueMs;
    dueMs += 1000 / perSecond;
    const aheadMs = mineMs - performance.now();
    if (aheadMs <= 0) return mineMs;
    await delay(aheadMs);
    // A timer that fires late is not the server's doing.
    return performance.now();
  };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
