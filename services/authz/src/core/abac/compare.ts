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

/** `in`: one of the listed values; of a list, any element is. */
export function isAmong(value: AttributeValue, listed: AttributeValue, isDate: boolean): Truth {
  if (!isList(listed)) return fault(`in needs a list, and got ${describe(listed)}`);
  const candidates = isList(value) ? value : [value];
  return candidates.some((candidate) => listed.some((item) => areEqual(candidate, item, isDate)));
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
