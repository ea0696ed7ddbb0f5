import type { Restriction } from '../compiled-model.js';

/** Which tuples of a shape count: those without a condition, and those with one of these. */
export interface Grant {
  readonly bare: boolean;
  readonly conditions: ReadonlySet<string> | null;
}

/** What is allowed by the restrictions of one shape; null where none has it. */
export function grantOf(
  restrictions: readonly Restriction[],
  type: string | undefined,
  wildcard: boolean,
  relation: string | undefined,
): Grant | null {
  const same = restrictions.filter(
    (restriction) =>
      restriction.type === type && restriction.wildcard === wildcard && restriction.relation === relation,
  );
  if (same.length === 0) return null;
  const conditions = new Set(same.flatMap(({ condition }) => (condition === undefined ? [] : [condition])));
  return {
    bare: same.some(({ condition }) => condition === undefined),
    conditions: conditions.size > 0 ? conditions : null,
  };
}
