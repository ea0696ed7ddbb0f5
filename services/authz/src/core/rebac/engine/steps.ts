import type { PlannedRewrite } from './model-plan.js';

/**
 * One leaf of a relation's definition. `isSure`: whoever the leaf grants has the relation, since only unions lie between.
 * Otherwise an intersection or exclusion has the last word, and what is found through it must be checked.
 */
export interface Step {
  readonly leaf: PlannedRewrite & { readonly kind: 'this' | 'computed' | 'parent' };
  readonly isSure: boolean;
}

/** Every leaf, also of what is subtracted. */
export function allSteps(rewrite: PlannedRewrite): readonly Step[] {
  return steps(rewrite, true, (operands) => operands);
}

/**
 * Leaves that everybody who has the relation has it through: one operand of an intersection is enough, and what is
 * subtracted grants nothing.
 * @param choose the operand that likely grants the fewest
 */
export function grantingSteps(
  rewrite: PlannedRewrite,
  choose: (operands: readonly PlannedRewrite[]) => PlannedRewrite,
): readonly Step[] {
  return steps(rewrite, true, (operands, isExclusion) => (isExclusion ? operands.slice(0, 1) : [choose(operands)]));
}

function steps(
  rewrite: PlannedRewrite,
  isSure: boolean,
  pick: (operands: readonly PlannedRewrite[], isExclusion: boolean) => readonly PlannedRewrite[],
): readonly Step[] {
  switch (rewrite.kind) {
    case 'this':
    case 'computed':
    case 'parent':
      return [{ leaf: rewrite, isSure }];
    case 'union':
      return rewrite.operands.flatMap((operand) => steps(operand, isSure, pick));
    case 'intersection':
      return pick(rewrite.operands, false).flatMap((operand) => steps(operand, false, pick));
    case 'exclusion':
      return pick([rewrite.base, rewrite.subtract], true).flatMap((operand) => steps(operand, false, pick));
  }
}
