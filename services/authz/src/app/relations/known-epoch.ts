import { runInContext, systemContext } from '@lumo/tenancy';
import type { EpochStore } from '../../relation-ports.js';

/** The epoch of the storage, read once. */
export interface KnownEpoch {
  /** Where it was read already. */
  readonly known: string | undefined;
  current(): Promise<string>;
  /** The database went back in time: another epoch begins, unless another process began it already. */
  lost(): void;
}

export function createKnownEpoch(epochs: EpochStore): KnownEpoch {
  let known: string | undefined;
  let former: string | undefined;
  let reading: Promise<string> | undefined;

  function read(): Promise<string> {
    const from = former;
    return runInContext(systemContext('authz', 'storage-epoch'), async () => {
      const epoch = from === undefined ? await epochs.current() : await epochs.succeed(from);
      if (former === from) {
        known = epoch;
        former = undefined;
      }
      return epoch;
    });
  }

  return {
    get known() {
      return known;
    },
    async current() {
      while (known === undefined) {
        reading ??= read().finally(() => {
          reading = undefined;
        });
        await reading;
      }
      return known;
    },
    lost() {
      former = known ?? former;
      known = undefined;
    },
  };
}
