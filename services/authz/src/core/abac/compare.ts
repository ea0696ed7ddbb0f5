import { type AttributeValue, isExact, isList, isSame } from './attribute-value.js';
import { readInstant, readMoment } from './moment.js';

/** Why a comparison has no answer; it completes "It cannot be evaluated: …". */
export interface Fault {
  readonly fault: string;
}

export type Truth = boolean | Fault;

export function fault(text: string): Fault {
  return { fault: text };
}

export function isFault<T>(value: T | Fault): value is Fault {
  return typeof value === 'object' && value !== null && 'fault' in value;
}

/**
 * `equals`. Values of different types are different, never converted; dates are compared as text unless the attribute is
 * declared a date, which makes two spellings of one instant equal.
 */
export function areEqual(value: AttributeValue, operand: AttributeValue, isDate: boolean): boolean {
  if (isDate && typeof value === 'string' && typeof operand === 'string') {
    const [a, b] = [readInstant(value), readInstant(operand)];
    if (a !== undefined && b !== undefined) return a === b;
  }
  return isSame(value, operand);
}

/** `in`: one of the listed values; of a list, any element is. Two lists take as long as both are, not their product. */
export function isAmong(value: AttributeValue, listed: AttributeValue, isDate: boolean): Truth {
  if (!isList(listed)) return fault(`in needs a list, and got ${describe(listed)}`);
  const keys = new Set(listed.map((item) => keyOf(item, isDate)));
  return (isList(value) ? value : [value]).some((candidate) => keys.has(keyOf(candidate, isDate)));
}

/** Two values have the same key where `areEqual` says so. No text of an attribute has a NUL. */
function keyOf(value: AttributeValue, isDate: boolean): AttributeValue {
  if (typeof value === 'object' && value !== null) return `\0json:${canonical(value)}`;
  const instant = isDate && typeof value === 'string' ? readInstant(value) : undefined;
  return instant === undefined ? value : `\0instant:${instant}`;
}

function canonical(value: AttributeValue): string {
  if (isList(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
}

/** What comparing a value takes: in proportion to what is in it. */
export function weigh(value: AttributeValue): number {
  if (typeof value === 'string') return 1 + (value.length >> 6);
  if (typeof value !== 'object' || value === null) return 1;
  return (isList(value) ? value : Object.values(value)).reduce<number>((sum, part) => sum + weigh(part), 1);
}

/** `contains`: a list has an equal element, text has the text in it. */
export function doesContain(value: AttributeValue, operand: AttributeValue): Truth {
  if (isList(value)) return value.some((item) => isSame(item, operand));
  if (typeof value !== 'string') return fault(`contains needs a list or text, and got ${describe(value)}`);
  if (typeof operand !== 'string') return fault(`text contains text, not ${describe(operand)}`);
  return value.includes(operand);
}

/**
 * Below zero, zero or above, as in sorting. Two numbers, two dates, or two times of day have an order; text has none,
 * because `"10" < "9"` is what nobody means, and a number is not compared with text.
 */
export function order(value: AttributeValue, operand: AttributeValue): number | Fault {
  if (typeof value === 'number' && typeof operand === 'number') {
    if (!isExact(value) || !isExact(operand)) return fault('a number is beyond 2^53');
    return value - operand;
  }
  if (typeof value === 'string' && typeof operand === 'string') {
    const [a, b] = [readMoment(value), readMoment(operand)];
    if (a?.kind === 'instant' && b?.kind === 'instant') return a.ms - b.ms;
    if (a?.kind === 'time_of_day' && b?.kind === 'time_of_day') return a.seconds - b.seconds;
  }
  return fault(
    `two numbers, two dates or two times of day can be compared, not ${describe(value)} and ${describe(operand)}`,
  );
}

/** What kind of value it is, without telling it. */
export function describe(value: AttributeValue): string {
  if (value === null) return 'nothing';
  if (isList(value)) return 'a list';
  if (typeof value === 'string') {
    const kind = readMoment(value)?.kind;
    return kind === 'instant' ? 'a date' : kind === 'time_of_day' ? 'a time of day' : 'text';
  }
  return { number: 'a number', boolean: 'a truth value', object: 'an object' }[
    typeof value as 'number' | 'boolean' | 'object'
  ];
}
