/** What is stored of a job. */
export interface StoredJob {
  /** The sealed context of whoever enqueued it: org and request id. */
  readonly context: string;
  readonly payload: unknown;
  readonly traceparent?: string;
}

export interface JobInHand {
  readonly id: string;
  readonly data: StoredJob;
  readonly attempt: number;
  readonly lastAttempt: boolean;
}

/** Where jobs are kept: the difference between PostgreSQL and Redis, and nothing else. Queue names are `service.queue`. */
export interface JobBackend {
  add(
    queue: string,
    data: StoredJob,
    options: { readonly delaySeconds: number; readonly attempts: number },
  ): Promise<void>;
  /** Adds a job unless one was added in this interval (counted from the epoch), by whatever process. */
  addOncePer(queue: string, data: StoredJob, intervalSeconds: number): Promise<void>;
  /** Runs `run` for each job; where it rejects, the job is tried again or failed for good. */
  process(queue: string, run: (job: JobInHand) => Promise<void>): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Jobs of one queue that a process runs at the same time. */
export const JOBS_AT_A_TIME = 10;
/** How long jobs that are done, or failed for good, are kept. */
export const KEEP_SECONDS = 7 * 86_400;
