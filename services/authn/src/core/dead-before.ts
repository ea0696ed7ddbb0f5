/**
 * The moment before which tokens of a subject or client are dead, when they are revoked at `now`.
 * `iat` counts whole seconds, and a request in flight may issue one more token: everything of this second and the next is
 * dead. Who may have tokens again waits for the moment to pass (`millisecondsUntil`), so that no token is dead on arrival.
 */
export function deadBefore(now: Date): Date {
  return new Date((Math.ceil(now.getTime() / 1000) + 1) * 1000);
}

/** How long to wait before something may be issued, in milliseconds; 0 where nothing stands against it. */
export function millisecondsUntil(notBefore: Date | undefined, nowMs: number): number {
  return Math.max(0, (notBefore?.getTime() ?? 0) - nowMs);
}
