import { type DeclaredAttribute, describeDataType, hasDataType } from './attribute-definition.js';
import {
  type AttributePath,
  type AttributeRoot,
  looksLikeReference,
  plainText,
  readPath,
  readReference,
} from './attribute-path.js';
import { type AttributeBag, type AttributeValue, attributeAt, isList } from './attribute-value.js';
import { findBuiltIn } from './built-in-attributes.js';
import { areEqual, doesContain, type Fault, fault, isAmong, isFault, order, type Truth, weigh } from './compare.js';
import { type Condition, type ConditionGroup, type ConditionLeaf, isGroup } from './condition.js';
import { compileRegex, REGEX_LIMITS } from './linear-regex.js';

/** Everything that conditions can read. */
export type AttributeScopes = Readonly<Record<AttributeRoot, AttributeBag>>;

/**
 * What one decision may take, in compared values, and in instructions times characters of patterns. Usually that is some
 * milliseconds; patterns and texts that are made to be slow need a hundred nanoseconds for each, and so 100 ms in all.
 */
export const WORK_BUDGET = 1_000_000;

export interface Meter {
  work: number;
}

/** Whether the condition holds, or why that cannot be told. */
export type Evaluate = (scopes: AttributeScopes, meter: Meter) => Truth;

/** Finds the organization's own attributes. */
export type FindDeclared = (root: AttributeRoot, slug: string) => DeclaredAttribute | undefined;

/**
 * Compiles a normalised condition once, so that a decision is calls of closures.
 *
 * A comparison with an attribute that nobody has a value for does not hold, and its negation (`not_equals`, `not_in`,
 * `not_contains`) does: each `not_` operator is exactly the opposite of the other. An attribute that is declared as
 * required is different: reading it without a value is a fault. So is a value of another type than the declared one.
 *
 * Groups do not depend on the order of their parts: one part that decides (a false one in AND, a true one in OR and
 * NOT) decides whatever the others are; without one, a fault is the answer.
 */
export function compileCondition(condition: Condition, declared: FindDeclared): Evaluate {
  if (!isGroup(condition)) return compileLeaf(condition, declared);
  const { operator } = condition;
  const parts = condition.conditions.map((part) => compileCondition(part, declared));
  return (scopes, meter) => joinTruths(operator, parts, (part) => part(scopes, meter));
}

/** What a group comes to. Once a part decides, no other is asked. */
export function joinTruths<T>(
  operator: ConditionGroup['operator'],
  parts: readonly T[],
  truthOf: (part: T) => Truth,
): Truth {
  const decides = operator !== 'AND';
  const decided = operator === 'OR';
  let found: Fault | undefined;
  for (const part of parts) {
    const truth = truthOf(part);
    if (truth === decides) return decided;
    if (isFault(truth)) found ??= truth;
  }
  return found ?? !decided;
}

type Read = (scopes: AttributeScopes) => AttributeValue | undefined | Fault;

function compileLeaf(leaf: ConditionLeaf, declared: FindDeclared): Evaluate {
  const path = readPath(leaf.subject);
  if (!path.ok) return always(fault(`${leaf.subject} ${path.error}`));
  const { operator } = leaf;
  if (operator === 'exists' || operator === 'not_exists') {
    const read = readerOf(path.value, declared, false);
    return (scopes) => {
      const value = read(scopes);
      return isFault(value) ? value : (value !== undefined) === (operator === 'exists');
    };
  }
  const read = readerOf(path.value, declared, true);
  const isDate = dataTypeOf(path.value, declared) === 'date';
  const holds = comparison(operator, leaf.value ?? null, { isDate, declared });
  const isNegative = operator.startsWith('not_');
  return (scopes, meter) => {
    const value = read(scopes);
    if (isFault(value)) return value;
    const truth = value === undefined ? false : holds(value, scopes, meter);
    return isFault(truth) ? truth : truth !== isNegative;
  };
}

type Holds = (value: AttributeValue, scopes: AttributeScopes, meter: Meter) => Truth;

/** The comparison of an operator or of the one that it negates. */
function comparison(
  operator: keyof typeof COMPARISONS | 'matches',
  literal: AttributeValue,
  { isDate, declared }: { readonly isDate: boolean; readonly declared: FindDeclared },
): Holds {
  if (operator === 'matches') return matching(literal);
  const listed = operator === 'in' || operator === 'not_in';
  if (listed && isPlainList(literal) && !isDate) return membership(literal);
  const operand = operandOf(literal, declared);
  const compare = COMPARISONS[operator];
  return (value, scopes, meter) => {
    const other = operand(scopes);
    if (isFault(other)) return other;
    if (other === undefined) return false;
    const readsDates = typeof value === 'string' && (isDate || compare !== areEqual);
    return spend(meter, (weigh(value) + weigh(other)) * (readsDates ? DATE_WORK : 1)) ?? compare(value, other, isDate);
  };
}

/** Reading a date, in compared values. */
const DATE_WORK = 10;

function spend(meter: Meter, work: number): Fault | undefined {
  meter.work += work;
  return meter.work > WORK_BUDGET ? TOO_MUCH_WORK : undefined;
}

const TOO_MUCH_WORK = fault('the comparisons took more work than one decision may');

type Compare = (value: AttributeValue, operand: AttributeValue, isDate: boolean) => Truth;

const ordered =
  (holds: (difference: number) => boolean): Compare =>
  (value, operand) => {
    const difference = order(value, operand);
    return isFault(difference) ? difference : holds(difference);
  };

const COMPARISONS: Readonly<Record<Exclude<ConditionLeaf['operator'], 'matches' | 'exists' | 'not_exists'>, Compare>> =
  {
    equals: areEqual,
    not_equals: areEqual,
    in: isAmong,
    not_in: isAmong,
    contains: doesContain,
    not_contains: doesContain,
    gt: ordered((difference) => difference > 0),
    gte: ordered((difference) => difference >= 0),
    lt: ordered((difference) => difference < 0),
    lte: ordered((difference) => difference <= 0),
  };

/** Long lists of names are looked up, not walked. */
function membership(listed: readonly AttributeValue[]): Holds {
  const set = new Set(listed);
  return (value, _scopes, meter) =>
    spend(meter, weigh(value)) ?? (isList(value) ? value.some((item) => set.has(item)) : set.has(value));
}

function isPlainList(literal: AttributeValue): literal is readonly AttributeValue[] {
  return (
    isList(literal) &&
    literal.every(
      (item) => item !== null && typeof item !== 'object' && !(typeof item === 'string' && item.startsWith('$')),
    )
  );
}

function matching(literal: AttributeValue): Holds {
  if (typeof literal !== 'string') return () => fault('its pattern is not valid');
  let compiled: ReturnType<typeof compileRegex> | undefined;
  return (value, _scopes, meter) => {
    if (typeof value !== 'string') return fault('matches needs text');
    if (value.length > REGEX_LIMITS.textLength)
      return fault(`matches reads text of at most ${REGEX_LIMITS.textLength} characters`);
    if (meter.work > WORK_BUDGET) return TOO_MUCH_WORK;
    // When it is first asked, so that an organization with many patterns is there at once.
    compiled ??= compileRegex(plainText(literal));
    if (!compiled.ok) return fault('its pattern is not valid');
    const { size, test } = compiled.value;
    // Short texts are not free: a program is set up for each.
    return spend(meter, size * (value.length + SETUP_CHARACTERS)) ?? test(value);
  };
}

const SETUP_CHARACTERS = 8;

function operandOf(literal: AttributeValue, declared: FindDeclared): Read {
  if (typeof literal === 'string') return textOperand(literal, declared);
  if (!isList(literal)) return () => literal;
  const items = literal.map((item) => operandOf(item, declared));
  return (scopes) => {
    const values: AttributeValue[] = [];
    for (const item of items) {
      const value = item(scopes);
      if (isFault(value)) return value;
      // A reference without a value is no member of the list.
      if (value !== undefined) values.push(value);
    }
    return values;
  };
}

function textOperand(literal: string, declared: FindDeclared): Read {
  if (!looksLikeReference(literal)) {
    const text = plainText(literal);
    return () => text;
  }
  const path = readReference(literal);
  return path.ok ? readerOf(path.value, declared, true) : () => fault(`${literal} ${path.error}`);
}

function readerOf(path: AttributePath, declared: FindDeclared, isNeeded: boolean): Read {
  const { root, names } = path;
  const [slug] = names;
  const own = declared(root, slug);
  const dataType = own?.dataType ?? findBuiltIn(root, slug)?.dataType;
  const whole = names.slice(0, 1);
  return (scopes) => {
    const bag = scopes[root];
    let value = names.length === 1 ? attributeAt(bag, names) : undefined;
    const stored = names.length === 1 ? value : attributeAt(bag, whole);
    if (stored === undefined && own) {
      if (own.defaultValue !== null) value = attributeAt({ [slug]: own.defaultValue }, names);
      else if (own.isRequired && isNeeded) return fault(`${root}.${slug} is required and has no value`);
    } else if (stored !== undefined) {
      if (dataType !== undefined && !hasDataType(stored, dataType))
        return fault(`${root}.${slug} must be ${describeDataType(dataType)}`);
      if (names.length > 1) value = attributeAt(bag, names);
    }
    return value;
  };
}

function dataTypeOf({ root, names: [slug, ...inner] }: AttributePath, declared: FindDeclared) {
  return inner.length > 0 ? undefined : (declared(root, slug)?.dataType ?? findBuiltIn(root, slug)?.dataType);
}

function always(truth: Truth): Evaluate {
  return () => truth;
}
