import { isDomainError } from '@lumo/kit';

/** How often a subscriber tries to apply an event, and how long the event rests in between. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  /** Milliseconds after the nth failed attempt. */
  delayMs(attempt: number): number;
}

/** Eight attempts; 0.2 s after the first, doubled each time, 60 s at most. */
export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 8,
  delayMs: (attempt) => Math.min(200 * 2 ** (attempt - 1), 60_000),
};

/** Whether an event becomes a dead letter. What failed because something is `unavailable` is tried for as long as it takes. */
export function isGivenUp(error: unknown, attempts: number, { maxAttempts }: RetryPolicy): boolean {
  return attempts >= maxAttempts && !(isDomainError(error) && error.kind === 'unavailable');
}
