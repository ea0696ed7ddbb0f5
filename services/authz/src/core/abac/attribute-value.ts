import { err, ok, type Result } from '@lumo/kit';

/** The value of an attribute: JSON. `null` counts as absent everywhere. */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [name: string]: AttributeValue };

/** Attributes by name. Read with `attributeAt`: a name such as `constructor` must not find what every object has. */
export type AttributeBag = Readonly<Record<string, AttributeValue>>;

export const VALUE_LIMITS = {
  /** Characters of one text. */
  textLength: 4_000,
  /** Elements of one list. */
  items: 500,
  /** Levels of lists and objects inside each other. */
  depth: 6,
  /** Characters of the whole value as JSON. */
  jsonLength: 16_000,
} as const;

/** The value behind a path such as `['address', 'city']`; undefined where there is none, also where it is null. */
export function attributeAt(bag: AttributeBag, path: readonly string[]): AttributeValue | undefined {
  let value: AttributeValue | undefined = bag;
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value ?? undefined;
}

/**
 * Equal in type and content: 1 is not "1", a list is equal to a list of the same elements in the same order, and text is
 * compared character by character, without folding case or Unicode forms.
 */
export function isSame(a: AttributeValue, b: AttributeValue): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i] ?? null));
  if (!isObject(a) || !isObject(b) || isList(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSame(a[name] ?? null, b[name] ?? null))
  );
}

/** Whether a number is what was written: JSON carries integers that no double can hold, and 1e999. */
export function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

/** Takes a value from outside; the refusal completes "… ". */
export function checkValue(value: unknown): Result<AttributeValue, string> {
  const refusal = refuse(value, VALUE_LIMITS.depth);
  if (refusal) return err(refusal);
  // `refuse` walked the whole value and found nothing but JSON.
  const known = value as AttributeValue;
  if (typeof known === 'object' && JSON.stringify(known).length > VALUE_LIMITS.jsonLength)
    return err(`must have at most ${VALUE_LIMITS.jsonLength} characters as JSON`);
  return ok(known);
}

function refuse(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      if (value.length > VALUE_LIMITS.textLength)
        return `must have no text of more than ${VALUE_LIMITS.textLength} characters`;
      return isStorable(value) ? undefined : 'must be Unicode text without NUL';
    case 'number':
      return isExact(value) ? undefined : 'must have no number beyond 2^53; write larger ones as text';
    case 'boolean':
      return undefined;
    case 'object': {
      if (value === null) return undefined;
      if (depth === 0) return `must not nest deeper than ${VALUE_LIMITS.depth} levels`;
      if (Array.isArray(value) && value.length > VALUE_LIMITS.items)
        return `must have no list of more than ${VALUE_LIMITS.items} elements`;
      for (const [name, member] of Object.entries(value)) {
        const refusal = isStorable(name) ? refuse(member, depth - 1) : 'must have names of Unicode text without NUL';
        if (refusal) return refusal;
      }
      return undefined;
    }
    default:
      return 'must be a JSON value';
  }
}

/** Text that a column can hold: no NUL, no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

export function isList(value: AttributeValue | undefined): value is readonly AttributeValue[] {
  return Array.isArray(value);
}

function isObject(value: AttributeValue | undefined): value is AttributeBag {
  return typeof value === 'object' && value !== null && !isList(value);
}
