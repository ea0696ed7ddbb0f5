import { setTimeout as delay } from 'node:timers/promises';

export interface Patience {
  /** What is waited for, for the message of the failure. */
  readonly what: string;
  readonly forMs?: number;
  readonly everyMs?: number;
  /** Gives up at once where it answers a reason. */
  readonly unless?: () => string | undefined;
}

/** Asks again and again until `ask` answers something, and returns that. Errors of `ask` count as "not yet". */
export async function waitUntil<T>(
  ask: () => Promise<T | undefined | false>,
  { what, forMs = 15_000, everyMs = 25, unless }: Patience,
): Promise<T> {
  let last: unknown;
  for (const until = Date.now() + forMs; ; await delay(everyMs)) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    const reason = unless?.();
    if (reason !== undefined) throw new Error(`${what}: ${reason}`, { cause: last });
    if (Date.now() > until) throw new Error(`${what}: not within ${forMs} ms`, { cause: last });
  }
}
