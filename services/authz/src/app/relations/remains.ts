import type { RelationStore } from '../../relation-ports.js';

/** The queue of jobs that remove what deleted stores left. */
export const REMAINS_QUEUE = 'remove-deleted-stores';

const ROWS_AT_ONCE = 5_000;

/** Rows of deleted stores. There may be millions: they go in small transactions, after the answer. */
export interface Remains {
  removeLater(): Promise<void>;
  /** The job, in the org of who deleted. */
  remove(): Promise<void>;
}

export function createRemains(options: {
  readonly records: Pick<RelationStore, 'removeRemains'>;
  readonly enqueue: (queue: string) => Promise<void>;
}): Remains {
  return {
    removeLater: () => options.enqueue(REMAINS_QUEUE),
    async remove() {
      while (await options.records.removeRemains(ROWS_AT_ONCE));
    },
  };
}
