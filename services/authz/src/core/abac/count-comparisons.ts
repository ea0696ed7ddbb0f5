import { plainText } from './attribute-path.js';
import type { AttributeValue } from './attribute-value.js';
import { type Condition, isGroup } from './condition.js';
import { compileRegex } from './linear-regex.js';

/** How many comparisons a condition makes; one by pattern counts as many as its program has instructions. */
export function countComparisons(condition: Condition): number {
  if (isGroup(condition)) return condition.conditions.reduce((sum, part) => sum + countComparisons(part), 0);
  return condition.operator === 'matches' ? patternWeight(condition.value) : 1;
}

function patternWeight(value: AttributeValue | undefined): number {
  const regex = typeof value === 'string' ? compileRegex(plainText(value)) : undefined;
  return regex?.ok ? regex.value.weight : 1;
}
