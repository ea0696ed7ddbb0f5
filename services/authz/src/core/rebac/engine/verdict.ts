/**
 * What a branch of a question comes to. Ordered: a union is the largest of its branches, an intersection the smallest.
 */
export type Verdict = typeof NO | typeof FAILED | typeof YES | typeof CUT;

export const NO = 0;
/** Cannot be decided: a condition failed, or more hops than allowed. Counts only where no other branch decides. */
export const FAILED = 1;
export const YES = 2;
/** Out of nodes or time: ends the whole question. */
export const CUT = 3;
