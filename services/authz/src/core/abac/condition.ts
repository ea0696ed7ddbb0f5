import type { AttributeValue } from './attribute-value.js';

/** The 13 operators of the contract (3.4). */
export const OPERATORS = [
  'equals',
  'not_equals',
  'in',
  'not_in',
  'contains',
  'not_contains',
  'gt',
  'gte',
  'lt',
  'lte',
  'matches',
  'exists',
  'not_exists',
] as const;
export type Operator = (typeof OPERATORS)[number];

/**
 * A condition as it is stored: one spelling of everything.
 * `NOT` holds where none of its conditions does; it is what `none` of older policies became.
 */
export type Condition = ConditionGroup | ConditionLeaf;

export interface ConditionGroup {
  readonly operator: 'AND' | 'OR' | 'NOT';
  readonly conditions: readonly Condition[];
}

export interface ConditionLeaf {
  /** `user.department`, `resource.owner_id`, `environment.hour`. */
  readonly subject: string;
  readonly operator: Operator;
  /** A value, or text such as `$resource.owner_id`, which stands for an attribute; `$$` begins text with a dollar sign. */
  readonly value?: AttributeValue;
}

export function isGroup(condition: Condition): condition is ConditionGroup {
  return 'conditions' in condition;
}

/** Holds always. */
export const ALWAYS: ConditionGroup = { operator: 'AND', conditions: [] };

export const CONDITION_LIMITS = {
  /** Groups inside each other. */
  depth: 8,
  leaves: 100,
  /** Instructions of all patterns of one policy. */
  patternWeight: 2_000,
  /** Values of `in` and `not_in`. */
  listed: 500,
  /** Characters of one value as JSON. */
  valueLength: 16_000,
  /** Characters of the whole tree as JSON. */
  jsonLength: 64_000,
} as const;
