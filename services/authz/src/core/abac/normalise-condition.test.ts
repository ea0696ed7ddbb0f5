import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { normaliseCondition } from './normalise-condition.js';

const DEPARTMENT = { subject: 'user.department', operator: 'equals', value: 'eng' };
const old = { attribute: 'user.department', operator: 'equals', value: 'eng' };

describe('shapes that are accepted (contract 3.4)', () => {
  const and = (...conditions: object[]) => ({ operator: 'AND', conditions });
  const cases: readonly [string, unknown, object][] = [
    ['the current one', and(DEPARTMENT), and(DEPARTMENT)],
    ['nested', and({ operator: 'or', conditions: [DEPARTMENT] }), and({ operator: 'OR', conditions: [DEPARTMENT] })],
    ['a single comparison', DEPARTMENT, and(DEPARTMENT)],
    ['a list', [DEPARTMENT], and(DEPARTMENT)],
    ['nothing: always', {}, and()],
    ['an empty AND: always', and(), and()],
    ['all', { all: [old] }, and(DEPARTMENT)],
    ['any', { any: [old] }, { operator: 'OR', conditions: [DEPARTMENT] }],
    ['none', { none: [old] }, { operator: 'NOT', conditions: [DEPARTMENT] }],
    [
      'all, any and none together',
      { all: [old], any: [old], none: [old] },
      and(and(DEPARTMENT), { operator: 'OR', conditions: [DEPARTMENT] }, { operator: 'NOT', conditions: [DEPARTMENT] }),
    ],
    [
      'older operators',
      { all: [{ attribute: 'user.level', operator: 'greater_than', value: 3 }] },
      and({ subject: 'user.level', operator: 'gt', value: 3 }),
    ],
    [
      'guide spellings',
      {
        all: [
          { attribute: 'env.ip_address', operator: 'equals', value: '::1' },
          { attribute: 'user.email_verified', operator: 'equals', value: true },
          { attribute: 'env.day_of_week', operator: 'less_than', value: 6 },
          { attribute: 'env.risk_score', operator: 'less_than_or_equal', value: 50 },
        ],
      },
      and(
        { subject: 'environment.ip', operator: 'equals', value: '::1' },
        { subject: 'user.emailVerified', operator: 'equals', value: true },
        { subject: 'environment.dayOfWeek', operator: 'lt', value: 6 },
        { subject: 'environment.risk_score', operator: 'lte', value: 50 },
      ),
    ],
    [
      'references',
      { all: [{ attribute: 'user.id', operator: 'equals', value: '$resource.owner_id' }] },
      and({ subject: 'user.id', operator: 'equals', value: '$resource.owner_id' }),
    ],
    [
      'a value that presence does not need',
      { subject: 'user.a', operator: 'exists', value: true },
      and({ subject: 'user.a', operator: 'exists' }),
    ],
  ];
  for (const [name, input, expected] of cases) {
    it(name, () => assert.deepEqual(normaliseCondition(input), { ok: true, value: expected }));
  }
});

describe('what is refused, and where', () => {
  const leaf = (change: object) => ({ operator: 'AND', conditions: [{ ...DEPARTMENT, ...change }] });
  const deep = (levels: number): object =>
    levels === 0 ? DEPARTMENT : { operator: 'AND', conditions: [deep(levels - 1)] };
  const cases: readonly [unknown, RegExp][] = [
    ['text', /^conditions must be an object/],
    [null, /^conditions must be an object/],
    [7, /^conditions must be an object/],
    [{ operator: 'XOR', conditions: [] }, /^conditions\.operator must be AND, OR or NOT/],
    [{ operator: 'AND' }, /^conditions\.operator is not known/],
    [{ operator: 'AND', conditions: {} }, /^conditions\.conditions must be a list/],
    [{ operator: 'OR', conditions: [] }, /^conditions\.conditions must not be empty/],
    [{ none: [] }, /^conditions\.none must not be empty/],
    [{ operator: 'AND', conditions: [], extra: 1 }, /^conditions\.extra is not known/],
    [{ operator: 'AND', conditions: ['x'] }, /^conditions\.conditions\[0\] must be a condition/],
    [leaf({ operator: 'like' }), /^conditions\.conditions\[0\]\.operator must be one of equals/],
    [leaf({ operator: 'constructor' }), /\.operator must be one of/],
    [leaf({ subject: 'department' }), /\[0\]\.subject must begin with user\./],
    [leaf({ subject: 'user.' }), /\[0\]\.subject must be user\. and a name/],
    [leaf({ subject: 'user.a b' }), /\[0\]\.subject must be user\. and a name/],
    [leaf({ subject: 'constructor.x' }), /\[0\]\.subject must begin with/],
    [leaf({ attribute: 'user.x' }), /\[0\] must have subject or attribute, not both/],
    [leaf({ value: undefined }), /\[0\]\.value is required/],
    [leaf({ value: null }), /\[0\]\.value is required/],
    [leaf({ values: 1 }), /\[0\]\.values is not known/],
    [leaf({ operator: 'in', value: 'eng' }), /\[0\]\.value must be a list/],
    [leaf({ operator: 'in', value: [] }), /\[0\]\.value must be a list of at least one/],
    [leaf({ operator: 'contains', value: ['a'] }), /\[0\]\.value must be one value/],
    [leaf({ operator: 'gt', value: '18' }), /\[0\]\.value must be a number, a date/],
    [leaf({ operator: 'gt', value: true }), /\[0\]\.value must be a number, a date/],
    [leaf({ operator: 'matches', value: '(' }), /\[0\]\.value is not valid in RE2 syntax/],
    [leaf({ operator: 'matches', value: '(?=a)' }), /\[0\]\.value is not valid in RE2 syntax/],
    [leaf({ operator: 'matches', value: 'a{1000}'.repeat(20) }), /too large/],
    [leaf({ operator: 'matches', value: 'a'.repeat(501) }), /at most 500 characters/],
    [leaf({ operator: 'matches', value: '((a{10}){10}){9}' }), /too large/],
    [leaf({ operator: 'matches', value: '$resource.pattern' }), /must be the pattern itself/],
    [leaf({ value: '$user.a b' }), /is read as a reference.*write \$\$/],
    [leaf({ value: 2 ** 60 }), /no number beyond 2\^53/],
    [leaf({ value: '\ud800' }), /Unicode text/],
    [leaf({ value: 'x'.repeat(5_000) }), /no text of more than/],
    [deep(9), /is nested deeper than 8 groups/],
    [{ all: Array.from({ length: 101 }, () => old) }, /at most 100 comparisons/],
    [{ constructor: [] }, /^conditions\.constructor is not known/],
  ];
  for (const [input, expected] of cases) {
    it(`${JSON.stringify(input)?.slice(0, 70)}: ${expected}`, () => {
      const read = normaliseCondition(input);
      assert.ok(!read.ok, 'refused');
      assert.match(`${read.error.at} ${read.error.problem}`, expected);
    });
  }

  it('8 levels and 100 comparisons are not too many', () => {
    assert.ok(normaliseCondition(deep(8)).ok);
    assert.ok(normaliseCondition({ all: Array.from({ length: 100 }, () => old) }).ok);
  });

  it('any JSON is answered', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (input) => {
        const read = normaliseCondition(input);
        if (read.ok) assert.deepEqual(normaliseCondition(read.value), read);
      }),
      { numRuns: 2_000 },
    );
  });
});
