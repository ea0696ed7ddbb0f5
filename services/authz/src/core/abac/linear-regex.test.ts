import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileRegex, REGEX_LIMITS } from './linear-regex.js';

describe('compileRegex', () => {
  it('answers as the engine of JavaScript does, where both know the pattern', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '(a|b)', '(?:ab)', '^', '$', '\\b', 'é');
    const piece = fc
      .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}'))
      .map(([a, times]) => (/[\^$b]$/.test(a) && a.length <= 2 && a !== 'b' ? a : a + times));
    const pattern = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', ' ', 'é', '\n'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 4 }), (source, texts) => {
        const regex = compileRegex(source);
        assert.ok(regex.ok, source);
        const native = new RegExp(source);
        for (const one of texts) assert.equal(regex.value.test(one), native.test(one), JSON.stringify([source, one]));
      }),
      { numRuns: 2_000 },
    );
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['a long one', 'a'.repeat(501), /at most 500 characters/],
    ['one that is long when it is written out', 'a{1000}'.repeat(10), /too large/],
    ['a long group, repeated', `(${'abcdefghij'.repeat(48)}){1000}`, /too large/],
    ['repetitions inside each other', `(?:(?:(?:${'ab?'.repeat(100)}){10}){10}){10}`, /too large/],
    ['a program of more than 500 instructions', 'a{600}', /too large/],
    ['many Unicode tables', '\\PL'.repeat(21), /classes such as/],
    ['wide ranges that ignore case', '(?i)[a-\\x{10ffff}]', /smaller ranges/],
    ['the same with the flag in a group', 'x(?s-U:(?mi:[a-\u{1f600}]))', /smaller ranges/],
    ['what RE2 does not know', '(a)\\1', /not valid in RE2 syntax/],
  ];
  for (const [what, source, because] of refused) {
    it(`refuses ${what} before it costs anything`, () => {
      const startedMs = performance.now();
      const regex = compileRegex(source);
      assert.match(regex.ok ? 'accepted' : regex.error, because);
      // A hundred times what it takes here, and a hundredth of what compiling the worst of them took.
      assert.ok(performance.now() - startedMs < 500);
    });
  }

  const accepted: readonly (readonly [string, string, boolean])[] = [
    ['^(\\d{1,3}\\.){3}\\d{1,3}$', '10.0.0.1', true],
    ['^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', 'b7e5f1b0-7b8e-4a57-9a0c-1d2e3f405162', true],
    ['^(([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4})$', 'fe80:0:0:0:1:2:3:4', true],
    ['(?i)^[a-z0-9._%+-]+@ACME\\.com$', 'Wile.E@acme.COM', true],
    ['(?i)^[а-я]+$', 'ПРИВЕТ', true],
    ['^\\p{Lu}\\p{L}{1,100}$', 'Émile', true],
    ['', 'anything', true],
    ['^$', 'anything', false],
  ];
  for (const [source, text, expected] of accepted) {
    it(`takes ${source}`, () => {
      const regex = compileRegex(source);
      assert.ok(regex.ok, regex.ok ? '' : regex.error);
      assert.equal(regex.value.test(text), expected);
    });
  }

  it('keeps some compiled and compiles the others again', () => {
    const first = compileRegex('^first$');
    assert.ok(first.ok);
    for (let i = 0; i < 600; i++) {
      const other = compileRegex(`^other${i}$`);
      assert.ok(other.ok && other.value.test(`other${i}`));
    }
    assert.equal(first.value.test('first'), true);
    assert.equal(first.value.test('other1'), false);
  });

  it('says what compiling took', () => {
    const weight = (source: string) => {
      const regex = compileRegex(source);
      return regex.ok ? regex.value.weight : Number.NaN;
    };
    assert.ok(weight('^[a-z.]+@acme\\.com$') <= 20);
    assert.ok(weight('\\p{L}') > weight('[a-z]'));
    assert.ok(weight('(?i)[a-\uffff]') > 100);
    assert.ok(weight('a{400}') > 400);
  });

  it('works in bounded memory, whatever the texts', () => {
    const regex = compileRegex('(a|b)*a(a|b){100}$');
    assert.ok(regex.ok);
    const text = fc.sample(
      fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1_000, maxLength: REGEX_LIMITS.textLength }),
      50,
    );
    for (const one of text) assert.equal(regex.value.test(one), /a[ab]{100}$/.test(one));
  });
});
