import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalJson } from './canonical-json.js';

describe('canonical JSON, RFC 8785', () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['sorts members at every depth', { b: 1, a: { d: [], c: null } }, '{"a":{"c":null,"d":[]},"b":1}'],
    ['leaves order in arrays', [3, 1, 2], '[3,1,2]'],
    ['leaves undefined members out', { a: undefined, b: 1 }, '{"b":1}'],
    ['writes an undefined item as null', [undefined, 1], '[null,1]'],
    // The example of section 3.2.2.
    [
      'writes numbers and strings as ECMAScript does',
      {
        numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
        string: '€$\u000f\nA\'B"\\"/',
      },
      '{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\"/"}',
    ],
    // The example of section 3.2.3: UTF-16 code units, not code points.
    [
      'sorts by UTF-16 code units',
      { '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 },
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    ],
    ['has one zero', -0, '0'],
  ];
  for (const [what, value, expected] of cases) it(what, () => assert.equal(canonicalJson(value), expected));

  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, () => 1, 1n])
    it(`refuses ${typeof value} ${String(value)}`, () => assert.throws(() => canonicalJson({ value }), TypeError));
});
