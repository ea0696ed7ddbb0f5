import { err, ok, type Result } from '@lumo/kit';
import { type AttributeValue, checkValue, isList, isSame } from './attribute-value.js';
import { canonicalName, findBuiltIn } from './built-in-attributes.js';
import { compileRegex, REGEX_LIMITS } from './linear-regex.js';
import { readInstant } from './moment.js';

export const ATTRIBUTE_TYPES = ['user', 'resource', 'environment'] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** `date` is text as RFC 3339 writes a date, or a date and time. */
export const DATA_TYPES = ['string', 'number', 'boolean', 'array', 'date'] as const;
export type DataType = (typeof DATA_TYPES)[number];

/** Limits of a value beyond its type. For lists, `enum` and `pattern` are about each element. */
export interface ValidationRules {
  readonly enum?: readonly AttributeValue[];
  /** Of a number. */
  readonly min?: number;
  readonly max?: number;
  /** Characters of text. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** RE2, searched anywhere in the text. */
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** What conditions need to know of an attribute. */
export interface DeclaredAttribute {
  readonly attributeType: AttributeType;
  readonly slug: string;
  readonly dataType: DataType;
  readonly validationRules: ValidationRules | null;
  /** Stands where no source has a value. */
  readonly defaultValue: AttributeValue | null;
  /** A condition that reads it and finds no value cannot be evaluated. */
  readonly isRequired: boolean;
}

const SLUG = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/;

/** The refusal completes "slug …". */
export function checkAttributeSlug(slug: string): Result<string, string> {
  if (!SLUG.test(slug)) return err('must begin with a letter and have 1 to 100 letters, digits, _ or -.');
  if (slug === 'constructor' || slug === 'prototype') return err('is a word that programs read as something else.');
  return ok(slug);
}

/** Whether every organization has this attribute already, under this or another spelling. */
export function isBuiltInSlug(type: AttributeType, slug: string): boolean {
  return findBuiltIn(type, canonicalName(type, slug)) !== undefined;
}

/** Refusals complete "The value …". */
export function checkAttributeValue(
  value: unknown,
  { dataType, validationRules }: Pick<DeclaredAttribute, 'dataType' | 'validationRules'>,
): Result<AttributeValue, string> {
  const json = checkValue(value);
  if (!json.ok) return json;
  if (!hasDataType(json.value, dataType)) return err(`must be ${DESCRIBED[dataType]}`);
  const refusal = validationRules && breaksRule(json.value, validationRules);
  return refusal ? err(refusal) : json;
}

const DESCRIBED: Readonly<Record<DataType, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list of texts, numbers or truth values',
  date: 'a date such as 2026-03-01 or 2026-03-01T08:00:00Z',
};

export function describeDataType(dataType: DataType): string {
  return DESCRIBED[dataType];
}

export function hasDataType(value: AttributeValue, dataType: DataType): boolean {
  switch (dataType) {
    case 'array':
      return isList(value) && value.every((item) => item !== null && typeof item !== 'object');
    case 'date':
      return typeof value === 'string' && readInstant(value) !== undefined;
    default:
      // The three other data types are called as `typeof` calls them.
      return typeof value === dataType;
  }
}

function breaksRule(value: AttributeValue, rules: ValidationRules): string | undefined {
  if (isList(value)) {
    if (value.length < (rules.minItems ?? 0)) return `must have at least ${rules.minItems} elements`;
    if (value.length > (rules.maxItems ?? Number.POSITIVE_INFINITY))
      return `must have at most ${rules.maxItems} elements`;
    for (const item of value) {
      const refusal = breaksRule(item, rules);
      if (refusal) return `${refusal}, each element`;
    }
    return undefined;
  }
  if (rules.enum && !rules.enum.some((allowed) => isSame(allowed, value)))
    return `must be one of ${rules.enum
      .map((allowed) => JSON.stringify(allowed))
      .join(', ')
      .slice(0, 300)}`;
  if (typeof value === 'number') {
    if (value < (rules.min ?? Number.NEGATIVE_INFINITY)) return `must be at least ${rules.min}`;
    if (value > (rules.max ?? Number.POSITIVE_INFINITY)) return `must be at most ${rules.max}`;
  }
  if (typeof value === 'string') {
    if (value.length < (rules.minLength ?? 0)) return `must have at least ${rules.minLength} characters`;
    if (value.length > (rules.maxLength ?? Number.POSITIVE_INFINITY))
      return `must have at most ${rules.maxLength} characters`;
    if (rules.pattern !== undefined) {
      const regex = compileRegex(rules.pattern);
      if (value.length > REGEX_LIMITS.textLength) return `must have at most ${REGEX_LIMITS.textLength} characters`;
      if (!regex.ok || !regex.value.test(value)) return `must match ${rules.pattern}`;
    }
  }
  return undefined;
}

/** Rules that contradict themselves or the data type would refuse every value later, without saying why. */
export function checkRules(rules: ValidationRules, dataType: DataType): Result<ValidationRules, string> {
  const { enum: allowed, min, max, minLength, maxLength, minItems, maxItems, pattern } = rules;
  if (pattern !== undefined) {
    const regex = compileRegex(pattern);
    if (!regex.ok) return err(`pattern ${regex.error}`);
  }
  for (const [low, high, name] of [
    [min, max, 'min'],
    [minLength, maxLength, 'minLength'],
    [minItems, maxItems, 'minItems'],
  ] as const) {
    if (low !== undefined && high !== undefined && low > high) return err(`${name} must not be above its maximum`);
  }
  if (allowed) {
    if (allowed.length === 0) return err('enum must name at least one value');
    const { enum: _self, ...others } = rules;
    for (const value of allowed) {
      const asValue = dataType === 'array' ? [value] : value;
      const checked = checkAttributeValue(asValue, {
        dataType,
        validationRules: dataType === 'array' ? null : others,
      });
      if (!checked.ok) return err(`enum: each value ${checked.error}`);
    }
  }
  return ok(rules);
}
