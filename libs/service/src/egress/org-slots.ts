/** Bounds what is under way at a time, for each owner and for all together. */
export interface Slots {
  /** Runs the work in a free place; undefined, without running it, where there is none. */
  run<T>(owner: string, work: () => Promise<T>): Promise<T | undefined>;
}

export function createSlots(limits: { readonly perOwner: number; readonly together: number }): Slots {
  const taken = new Map<string, number>();
  let all = 0;
  return {
    async run(owner, work) {
      const own = taken.get(owner) ?? 0;
      if (own >= limits.perOwner || all >= limits.together) return undefined;
      taken.set(owner, own + 1);
      all++;
      try {
        return await work();
      } finally {
        all--;
        const left = (taken.get(owner) ?? 1) - 1;
        if (left > 0) taken.set(owner, left);
        else taken.delete(owner);
      }
    },
  };
}
