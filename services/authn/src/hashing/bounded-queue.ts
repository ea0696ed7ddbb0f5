import { DomainError } from '@lumo/kit';

/** Lets `concurrency` tasks run, `capacity` wait, and refuses the rest at once instead of answering everybody late. */
export interface BoundedQueue {
  run<T>(task: () => Promise<T>): Promise<T>;
  readonly running: number;
  readonly waiting: number;
}

export function createBoundedQueue(options: { readonly concurrency: number; readonly capacity: number }): BoundedQueue {
  const waiting: (() => void)[] = [];
  let running = 0;
  const release = () => {
    const next = waiting.shift();
    // The slot goes straight to who waits longest; nobody can slip in between.
    if (next) next();
    else running--;
  };
  const acquire = async (): Promise<void> => {
    if (running < options.concurrency) {
      running++;
      return;
    }
    if (waiting.length >= options.capacity) {
      throw new DomainError('unavailable', 'temporarily_unavailable', 'Too many sign-ins at once. Try again shortly.', {
        retryAfterSeconds: 1,
      });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return {
    async run(task) {
      await acquire();
      try {
        return await task();
      } finally {
        release();
      }
    },
    get running() {
      return running;
    },
    get waiting() {
      return waiting.length;
    },
  };
}
