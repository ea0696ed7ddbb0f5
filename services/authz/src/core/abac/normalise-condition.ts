import { err, ok, type Result } from '@lumo/kit';
import { looksLikeReference, plainText, readPath, readReference, writePath } from './attribute-path.js';
import { type AttributeValue, checkValue, isList } from './attribute-value.js';
import {
  ALWAYS,
  CONDITION_LIMITS,
  type Condition,
  type ConditionGroup,
  type ConditionLeaf,
  OPERATORS,
  type Operator,
} from './condition.js';
import { compileRegex } from './linear-regex.js';
import { readMoment } from './moment.js';

/** Where a condition is wrong, as `conditions[1].operator`, and how; the text completes a sentence that begins with it. */
export interface ConditionProblem {
  readonly at: string;
  readonly problem: string;
}

type Normalised<T> = Result<T, ConditionProblem>;

/** Names of operators in older policies. */
const OPERATOR_ALIASES: Readonly<Record<string, Operator>> = {
  eq: 'equals',
  '==': 'equals',
  '=': 'equals',
  equal: 'equals',
  ne: 'not_equals',
  neq: 'not_equals',
  '!=': 'not_equals',
  not_equal: 'not_equals',
  nin: 'not_in',
  greater_than: 'gt',
  '>': 'gt',
  greater_than_or_equal: 'gte',
  greater_than_or_equals: 'gte',
  greater_or_equal: 'gte',
  '>=': 'gte',
  less_than: 'lt',
  '<': 'lt',
  less_than_or_equal: 'lte',
  less_than_or_equals: 'lte',
  less_or_equal: 'lte',
  '<=': 'lte',
  regex: 'matches',
  regexp: 'matches',
};

/** Groups by the words that older policies use as members: `{all: […], any: […], none: […]}`. */
const OLDER_GROUPS = { all: 'AND', any: 'OR', none: 'NOT' } as const;
const GROUP_WORDS: Readonly<Record<string, ConditionGroup['operator']>> = {
  AND: 'AND',
  OR: 'OR',
  NOT: 'NOT',
  ...{ ALL: 'AND', ANY: 'OR', NONE: 'NOT' },
};

interface Budget {
  leaves: number;
  patternWeight: number;
}

/**
 * Reads conditions as a client wrote them, in the current or an older shape (contract 3.4), into the one shape that is
 * stored. An empty object or list holds always; an empty OR or NOT is refused, because it is a mistake that nobody sees.
 */
export function normaliseCondition(input: unknown): Normalised<ConditionGroup> {
  if (!isRecord(input) && !Array.isArray(input))
    return problem('conditions', 'must be an object such as {"operator": "AND", "conditions": […]}');
  if (JSON.stringify(input).length > CONDITION_LIMITS.jsonLength)
    return problem('conditions', `must have at most ${CONDITION_LIMITS.jsonLength} characters as JSON`);
  if (Object.keys(input).length === 0) return ok(ALWAYS);
  const read = readCondition(input, 'conditions', CONDITION_LIMITS.depth, {
    leaves: CONDITION_LIMITS.leaves,
    patternWeight: CONDITION_LIMITS.patternWeight,
  });
  if (!read.ok) return read;
  return ok('conditions' in read.value ? read.value : { operator: 'AND', conditions: [read.value] });
}

function readCondition(input: unknown, at: string, depth: number, budget: Budget): Normalised<Condition> {
  if (depth < 0) return problem(at, `is nested deeper than ${CONDITION_LIMITS.depth} groups`);
  if (Array.isArray(input)) return readGroup('AND', input, at, depth, budget);
  if (!isRecord(input)) return problem(at, 'must be a condition or a group of conditions');
  if ('subject' in input || 'attribute' in input) return readLeaf(input, at, budget);
  if ('conditions' in input) return readCurrentGroup(input, at, depth, budget);
  return readOlderGroups(input, at, depth, budget);
}

function readCurrentGroup(
  input: Record<string, unknown>,
  at: string,
  depth: number,
  budget: Budget,
): Normalised<Condition> {
  const extra = Object.keys(input).find((name) => name !== 'operator' && name !== 'conditions');
  if (extra !== undefined) return problem(`${at}.${clip(extra)}`, 'is not known; a group has operator and conditions');
  const word = typeof input.operator === 'string' ? input.operator.toUpperCase() : '';
  const operator = Object.hasOwn(GROUP_WORDS, word) ? GROUP_WORDS[word] : undefined;
  if (!operator) return problem(`${at}.operator`, 'must be AND, OR or NOT');
  if (!Array.isArray(input.conditions)) return problem(`${at}.conditions`, 'must be a list');
  return readGroup(operator, input.conditions, `${at}.conditions`, depth, budget);
}

function readGroup(
  operator: ConditionGroup['operator'],
  items: readonly unknown[],
  at: string,
  depth: number,
  budget: Budget,
): Normalised<Condition> {
  if (items.length === 0 && operator !== 'AND')
    return problem(at, `must not be empty where they are joined by ${operator}`);
  const conditions: Condition[] = [];
  for (const [i, item] of items.entries()) {
    const read = readCondition(item, `${at}[${i}]`, depth - 1, budget);
    if (!read.ok) return read;
    conditions.push(read.value);
  }
  return ok({ operator, conditions });
}

/** `{all, any, none}`: each that is there has to hold. */
function readOlderGroups(
  input: Record<string, unknown>,
  at: string,
  depth: number,
  budget: Budget,
): Normalised<Condition> {
  const groups: Condition[] = [];
  for (const [name, items] of Object.entries(input)) {
    const operator = Object.hasOwn(OLDER_GROUPS, name) ? OLDER_GROUPS[name as keyof typeof OLDER_GROUPS] : undefined;
    if (!operator)
      return problem(
        `${at}.${clip(name)}`,
        'is not known; a condition has subject, operator and value, a group operator and conditions',
      );
    if (!Array.isArray(items)) return problem(`${at}.${name}`, 'must be a list');
    const read = readGroup(operator, items, `${at}.${name}`, depth, budget);
    if (!read.ok) return read;
    groups.push(read.value);
  }
  const [only] = groups;
  if (!only) return problem(at, 'must not be empty');
  return ok(groups.length === 1 ? only : { operator: 'AND', conditions: groups });
}

function readLeaf(input: Record<string, unknown>, at: string, budget: Budget): Normalised<Condition> {
  if (--budget.leaves < 0) return problem('conditions', `must have at most ${CONDITION_LIMITS.leaves} comparisons`);
  const extra = Object.keys(input).find((name) => !['subject', 'attribute', 'operator', 'value'].includes(name));
  if (extra !== undefined)
    return problem(`${at}.${clip(extra)}`, 'is not known; a condition has subject, operator and value');
  if ('subject' in input && 'attribute' in input) return problem(at, 'must have subject or attribute, not both');
  const named = 'subject' in input ? 'subject' : 'attribute';
  const text = input[named];
  const path = typeof text === 'string' ? readPath(text) : err('must be text such as user.department');
  if (!path.ok) return problem(`${at}.${named}`, path.error);
  const operator = readOperator(input.operator);
  if (!operator) return problem(`${at}.operator`, `must be one of ${OPERATORS.join(', ')}`);
  const subject = writePath(path.value);
  if (operator === 'exists' || operator === 'not_exists') return ok({ subject, operator });
  if (input.value === undefined || input.value === null)
    return problem(`${at}.value`, 'is required; ask for absence with exists or not_exists');
  const checked = checkValue(input.value);
  if (!checked.ok) return problem(`${at}.value`, checked.error);
  const misfit = checkOperand(operator, checked.value, budget);
  return misfit === undefined
    ? ok({ subject, operator, value: checked.value } satisfies ConditionLeaf)
    : problem(`${at}.value`, misfit);
}

function readOperator(input: unknown): Operator | undefined {
  if (typeof input !== 'string') return undefined;
  const word = input.toLowerCase();
  const known = OPERATORS.find((operator) => operator === word);
  return known ?? (Object.hasOwn(OPERATOR_ALIASES, word) ? OPERATOR_ALIASES[word] : undefined);
}

/** What could never be compared is refused when it is written, not discovered when it is asked. */
function checkOperand(operator: Operator, value: AttributeValue, budget: Budget): string | undefined {
  for (const text of isList(value) ? value : [value]) {
    if (typeof text !== 'string' || !looksLikeReference(text)) continue;
    const reference = readReference(text);
    if (!reference.ok) return reference.error;
    if (operator === 'matches')
      return 'must be the pattern itself: a pattern that comes from elsewhere cannot be compiled ahead';
  }
  const isReference = typeof value === 'string' && looksLikeReference(value);
  switch (operator) {
    case 'in':
    case 'not_in':
      return isReference || (isList(value) && value.length > 0)
        ? undefined
        : 'must be a list of at least one value, or a reference such as $user.teams';
    case 'contains':
    case 'not_contains':
      return isList(value) ? 'must be one value; join several comparisons with AND or OR' : undefined;
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return isReference || typeof value === 'number' || (typeof value === 'string' && readMoment(value))
        ? undefined
        : 'must be a number, a date such as 2026-03-01T08:00:00Z, or a time of day such as 08:00';
    case 'matches': {
      if (typeof value !== 'string') return 'must be a regular expression as text';
      const regex = compileRegex(plainText(value));
      if (!regex.ok) return regex.error;
      budget.patternWeight -= regex.value.weight;
      return budget.patternWeight < 0
        ? 'is one pattern too many: together, those of a policy are too large'
        : undefined;
    }
    default:
      return undefined;
  }
}

function problem(at: string, text: string): { readonly ok: false; readonly error: ConditionProblem } {
  return err({ at: at.slice(0, 200), problem: text }) as { readonly ok: false; readonly error: ConditionProblem };
}

function clip(name: string): string {
  return name.slice(0, 40);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
