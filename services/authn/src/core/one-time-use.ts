/** How often and how long after its first use a one-time value may come back without being a replay. */
export interface Reuse {
  readonly graceSeconds: number;
  /** Uses in all, the first included. */
  readonly maxUses: number;
}

/**
 * A rotated refresh token may come back for a moment: tabs of one browser that refresh at the same time, or an answer that
 * was lost (RFC 9700 section 4.14.2). Each use gets its own successor. After that, or more often, it is a replay.
 */
export const REFRESH_REUSE: Reuse = { graceSeconds: 10, maxUses: 5 };

/** A code is used once (RFC 6749 section 4.1.2). */
export const CODE_REUSE: Reuse = { graceSeconds: 0, maxUses: 1 };

/** Whether a value that was used before may be used again now. */
export function mayUseAgain(used: { consumedAt: Date | null; uses: number }, reuse: Reuse, now: Date): boolean {
  if (used.consumedAt === null) return true;
  const age = now.getTime() - used.consumedAt.getTime();
  return age < reuse.graceSeconds * 1000 && used.uses < reuse.maxUses;
}
