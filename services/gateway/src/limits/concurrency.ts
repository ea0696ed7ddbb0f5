/** How many requests of one org this process works on at a time, so that one org's slow requests stay its own problem. */
export interface Concurrency {
  /** Takes a place; false where all are taken. */
  enter(orgId: string): boolean;
  leave(orgId: string): void;
}

export function createConcurrency(limit: number): Concurrency {
  const working = new Map<string, number>();
  return {
    enter(orgId) {
      const count = working.get(orgId) ?? 0;
      if (count >= limit) return false;
      working.set(orgId, count + 1);
      return true;
    },
    leave(orgId) {
      const count = working.get(orgId) ?? 0;
      if (count > 1) working.set(orgId, count - 1);
      else working.delete(orgId);
    },
  };
}
