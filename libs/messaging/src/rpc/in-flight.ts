/** Counts work in hand, so that closing can wait for it. */
export interface InFlight {
  track<T>(work: Promise<T>): Promise<T>;
  readonly count: number;
  /** Resolves when nothing is in hand, at the latest after `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>;
}

export function createInFlight(): InFlight {
  let count = 0;
  let wake: (() => void) | undefined;
  const done = () => {
    count -= 1;
    if (count === 0) wake?.();
  };
  return {
    get count() {
      return count;
    },
    track(work) {
      count += 1;
      work.then(done, done);
      return work;
    },
    settled(timeoutMs) {
      if (count === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
  };
}
