/** A piece of work for later; `payload` is JSON. */
export interface Job {
  readonly id: string;
  readonly payload: unknown;
  readonly attempt: number;
}

/**
 * Work that outlives a request.
 * Guarantees: a job that was enqueued runs at least once, also after a crash; retries back off; what fails for good is
 * kept and counted. Not guaranteed: exactly once, order.
 */
export interface JobQueue {
  enqueue(
    queue: string,
    payload: unknown,
    options?: { readonly delaySeconds?: number; readonly attempts?: number },
  ): Promise<void>;
  work(queue: string, handler: (job: Job) => Promise<void>): Promise<void>;
  /** Runs `handler` once per interval in the whole installation, not once per process. */
  every(queue: string, intervalSeconds: number, handler: () => Promise<void>): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
