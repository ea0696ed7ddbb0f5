/** A piece of work for later; `payload` is JSON. */
export interface Job {
  readonly id: string;
  readonly payload: unknown;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

/**
 * Work that outlives a request.
 * Guarantees: a job that was enqueued runs at least once, also after a crash (what a killed process had in hand starts
 * again within about a minute); its handler runs as the service, in the org of whoever enqueued it; retries back off;
 * what fails for good is kept for a week and counted. Not guaranteed: exactly once, order, and on Redis survival of a
 * flush (schedules of `every` come back by themselves).
 */
export interface JobQueue {
  /** `attempts`: how often it is tried in all (5). */
  enqueue(
    queue: string,
    payload: unknown,
    options?: { readonly delaySeconds?: number; readonly attempts?: number },
  ): Promise<void>;
  /** Ten jobs of a queue at a time in this process. */
  work(queue: string, handler: (job: Job) => Promise<void>): Promise<void>;
  /**
   * Runs `handler` once per interval (whole seconds) in the whole installation, not once per process; the first time at
   * once, where it did not run in this interval. It has no org.
   */
  every(queue: string, intervalSeconds: number, handler: () => Promise<void>): Promise<void>;
  /** Rejects where jobs cannot be enqueued now. */
  ping(): Promise<void>;
  /** Finishes the jobs in hand. */
  close(): Promise<void>;
}
