import type { ModelProblem } from './model-problem.js';
import { shorten } from './model-problem.js';

/**
 * Names of types, relations and conditions, with the rules of the OpenFGA language. Control characters and unpaired
 * surrogates are refused as well: PostgreSQL stores neither as what they are, and two names would become one.
 */
const RULES = {
  type: { pattern: /^[^:#@*\s\p{Cc}]{1,254}$/u, limit: 254, not: "whitespace, ':', '#', '@' and '*'" },
  relation: { pattern: /^[^:#@*\s\p{Cc}]{1,50}$/u, limit: 50, not: "whitespace, ':', '#', '@' and '*'" },
  condition: { pattern: /^[^*\s\p{Cc}]{1,50}$/u, limit: 50, not: "whitespace and '*'" },
} as const;

type Kind = keyof typeof RULES;

export function isName(kind: Kind, name: string): boolean {
  return RULES[kind].pattern.test(name) && name.isWellFormed();
}

/** @param place where the name stands */
export function nameProblems(
  kind: Kind,
  name: string,
  place: Pick<ModelProblem, 'type' | 'relation' | 'condition'>,
): readonly ModelProblem[] {
  if (kind !== 'condition' && (name === 'self' || name === 'this')) {
    const code = kind === 'type' ? 'reserved-type-keywords' : 'reserved-relation-keywords';
    return [{ ...place, code, symbol: name, detail: `a ${kind} cannot be named 'self' or 'this'` }];
  }
  if (isName(kind, name)) return [];
  const { limit, not } = RULES[kind];
  const detail = `'${shorten(name)}' is no name of a ${kind}: 1 to ${limit} characters without ${not}`;
  return [{ ...place, code: 'invalid-name', symbol: name, detail }];
}
