import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  checkAttributeSlug,
  checkAttributeValue,
  checkRules,
  type DataType,
  isBuiltInSlug,
  type ValidationRules,
} from './attribute-definition.js';

const check = (value: unknown, dataType: DataType, validationRules: ValidationRules | null = null) => {
  const result = checkAttributeValue(value, { dataType, validationRules });
  return result.ok ? 'ok' : result.error;
};

describe('values of attributes', () => {
  const cases: readonly [unknown, DataType, ValidationRules | null, RegExp][] = [
    ['x', 'string', null, /^ok$/],
    [1, 'string', null, /must be text/],
    ['1', 'number', null, /must be a number/],
    [1.5, 'number', null, /^ok$/],
    [Number.POSITIVE_INFINITY, 'number', null, /beyond 2\^53/],
    [2 ** 53, 'number', null, /beyond 2\^53/],
    [0, 'boolean', null, /true or false/],
    [false, 'boolean', null, /^ok$/],
    [['a', 1, true], 'array', null, /^ok$/],
    ['a', 'array', null, /must be a list/],
    [[{}], 'array', null, /must be a list/],
    [[null], 'array', null, /must be a list/],
    [Array.from({ length: 501 }, () => 1), 'array', null, /more than 500 elements/],
    ['2026-03-01', 'date', null, /^ok$/],
    ['2026-03-01T08:00:00.123+05:30', 'date', null, /^ok$/],
    ['2026-02-29', 'date', null, /must be a date/],
    ['2026-13-01', 'date', null, /must be a date/],
    ['2026-03-01T24:00:00Z', 'date', null, /must be a date/],
    ['2026-03-01T08:00:00', 'date', null, /must be a date/],
    ['03/01/2026', 'date', null, /must be a date/],
    [null, 'string', null, /must be text/],
    [undefined, 'string', null, /JSON value/],
    ['a\0b', 'string', null, /without NUL/],
    ['\udc00', 'string', null, /Unicode/],
    ['x'.repeat(4_001), 'string', null, /more than 4000/],
    ['eng', 'string', { enum: ['eng', 'ops'] }, /^ok$/],
    ['hr', 'string', { enum: ['eng', 'ops'] }, /one of "eng", "ops"/],
    [['eng', 'hr'], 'array', { enum: ['eng', 'ops'] }, /one of.*each element/],
    [5, 'number', { min: 1, max: 5 }, /^ok$/],
    [6, 'number', { min: 1, max: 5 }, /at most 5/],
    [0, 'number', { min: 1 }, /at least 1/],
    ['ab', 'string', { minLength: 3 }, /at least 3 characters/],
    ['abcd', 'string', { maxLength: 3 }, /at most 3 characters/],
    ['a1', 'string', { pattern: '^[a-z]+$' }, /must match/],
    ['a', 'string', { pattern: '^[a-z]+$' }, /^ok$/],
    [['a'], 'array', { minItems: 2 }, /at least 2 elements/],
    [['a', 'b'], 'array', { maxItems: 1 }, /at most 1 elements/],
  ];
  for (const [value, dataType, rules, expected] of cases)
    it(`${JSON.stringify(value)?.slice(0, 30)} as ${dataType} ${rules ? JSON.stringify(rules) : ''}: ${expected}`, () =>
      assert.match(check(value, dataType, rules), expected));
});

describe('rules', () => {
  for (const [rules, dataType, expected] of [
    [{ enum: ['a'] }, 'string', /^ok$/],
    [{ enum: ['a', 'b'] }, 'array', /^ok$/],
    [{ enum: [] }, 'string', /at least one value/],
    [{ enum: ['a'] }, 'number', /enum: each value must be a number/],
    [{ enum: [7], max: 5 }, 'number', /enum: each value must be at most 5/],
    [{ min: 5, max: 1 }, 'number', /min must not be above/],
    [{ pattern: '(?=x)' }, 'string', /pattern is not valid/],
  ] as const)
    it(`${JSON.stringify(rules)} for ${dataType}: ${expected}`, () => {
      const checked = checkRules(rules, dataType);
      assert.match(checked.ok ? 'ok' : checked.error, expected);
    });
});

describe('slugs', () => {
  for (const slug of ['department', 'trait_team', 'a-b_9', 'A'.repeat(100)])
    it(`${slug} is one`, () => assert.ok(checkAttributeSlug(slug).ok));
  for (const slug of ['', '9a', 'a b', 'a.b', 'é', '__proto__', 'constructor', 'A'.repeat(101)])
    it(`${JSON.stringify(slug).slice(0, 20)} is none`, () => assert.equal(checkAttributeSlug(slug).ok, false));

  it('what every organization has cannot be defined again, in any spelling', () => {
    assert.ok(isBuiltInSlug('user', 'email'));
    assert.ok(isBuiltInSlug('user', 'email_verified'));
    assert.ok(isBuiltInSlug('environment', 'ip_address'));
    assert.equal(isBuiltInSlug('resource', 'email'), false);
    assert.equal(isBuiltInSlug('user', 'department'), false);
  });
});
