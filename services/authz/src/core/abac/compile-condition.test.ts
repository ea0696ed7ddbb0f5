import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeclaredAttribute } from './attribute-definition.js';
import { isFault } from './compare.js';
import { type AttributeScopes, compileCondition, WORK_BUDGET } from './compile-condition.js';
import type { ConditionLeaf } from './condition.js';
import { NOTHING } from './conditions.fixture.js';
import { normaliseCondition } from './normalise-condition.js';

const declared = (given: Partial<DeclaredAttribute>): DeclaredAttribute => ({
  attributeType: 'user',
  slug: 'x',
  dataType: 'string',
  validationRules: null,
  defaultValue: null,
  isRequired: false,
  ...given,
});

function truth(
  leaf: readonly [subject: string, operator: string, value?: unknown],
  scopes: Partial<AttributeScopes>,
  definitions: readonly DeclaredAttribute[] = [],
): boolean | string {
  const [subject, operator, value] = leaf;
  const condition = normaliseCondition({ subject, operator, ...(value !== undefined && { value }) });
  assert.ok(condition.ok, JSON.stringify(condition));
  const find = (root: string, slug: string) => definitions.find((d) => d.attributeType === root && d.slug === slug);
  const answer = compileCondition(condition.value, find)({ ...NOTHING, ...scopes }, { work: 0 });
  return isFault(answer) ? answer.fault : answer;
}

describe('operators: nothing is converted', () => {
  const cases: readonly [leaf: readonly [string, string, unknown?], user: Record<string, never>, boolean | RegExp][] = [
    [['user.a', 'equals', 1], { a: 1 }, true],
    [['user.a', 'equals', 1], { a: '1' }, false],
    [['user.a', 'equals', '1'], { a: 1 }, false],
    [['user.a', 'equals', true], { a: 'true' }, false],
    [['user.a', 'equals', true], { a: 1 }, false],
    [['user.a', 'equals', 0], { a: false }, false],
    [['user.a', 'equals', ''], { a: '' }, true],
    [['user.a', 'equals', 'É'], { a: 'E\u0301' }, false],
    [['user.a', 'equals', 'ab'], { a: 'AB' }, false],
    [['user.a', 'equals', [1, 2]], { a: [1, 2] }, true],
    [['user.a', 'equals', [1, 2]], { a: [2, 1] }, false],
    [['user.a', 'not_equals', 1], { a: '1' }, true],
    [['user.a', 'in', ['x', 'y']], { a: 'y' }, true],
    [['user.a', 'in', ['1']], { a: 1 }, false],
    [['user.a', 'in', ['x', 'y']], { a: ['q', 'y'] }, true],
    [['user.a', 'not_in', ['x', 'y']], { a: ['q', 'y'] }, false],
    [['user.a', 'in', ['x']], { a: [] }, false],
    [['user.a', 'contains', 'b'], { a: ['a', 'b'] }, true],
    [['user.a', 'contains', 'b'], { a: 'abc' }, true],
    [['user.a', 'contains', 1], { a: ['1'] }, false],
    [['user.a', 'contains', 1], { a: 'a1' }, /text contains text/],
    [['user.a', 'contains', 'b'], { a: 7 }, /needs a list or text/],
    [['user.a', 'not_contains', 'b'], { a: 7 }, /needs a list or text/],
    [['user.a', 'gt', 5], { a: 6 }, true],
    [['user.a', 'gt', 5], { a: 5 }, false],
    [['user.a', 'gte', 5], { a: 5 }, true],
    [['user.a', 'lt', 5], { a: 4.5 }, true],
    [['user.a', 'lte', 5], { a: 6 }, false],
    [['user.a', 'gt', 5], { a: '6' }, /two numbers/],
    [['user.a', 'gt', 5], { a: [6] }, /two numbers/],
    [['user.a', 'gt', 5], { a: true }, /two numbers/],
    [['user.a', 'gt', 5], { a: 2 ** 53 }, /beyond 2\^53/],
    [['user.a', 'gt', '2026-01-01'], { a: '2026-01-01T00:00:00.001Z' }, true],
    [['user.a', 'lt', '2026-01-01T00:00:00+02:00'], { a: '2025-12-31T21:59:59Z' }, true],
    [['user.a', 'gt', '2026-01-01'], { a: '08:00' }, /two numbers/],
    [['user.a', 'gt', '2026-01-01'], { a: '2026-02-30' }, /two numbers/],
    [['user.a', 'gte', '08:00'], { a: '08:00' }, true],
    [['user.a', 'lt', '17:30'], { a: '17:29:59' }, true],
    [['user.a', 'matches', '@acme\\.com$'], { a: 'bob@acme.com' }, true],
    [['user.a', 'matches', '^acme'], { a: 'bob@acme.com' }, false],
    [['user.a', 'matches', '^1'], { a: 1 }, /matches needs text/],
    [['user.a', 'matches', 'a'], { a: 'a'.repeat(1_025) }, /at most 1024/],
    [['user.a', 'exists'], { a: false }, true],
    [['user.a', 'exists'], { a: null }, false],
    [['user.a', 'not_exists'], {}, true],
    [['user.a.b.c', 'equals', 1], { a: { b: { c: 1 } } }, true],
    [['user.a.length', 'exists'], { a: 'text' }, false],
    [['user.constructor', 'exists'], {}, false],
    [['user.a.constructor', 'exists'], { a: {} }, false],
    [['user.toString', 'exists'], {}, false],
    [['user.a', 'equals', '$$5'], { a: '$5' }, true],
    [['user.a', 'equals', '$5'], { a: '$5' }, true],
  ] as unknown as readonly [readonly [string, string, unknown?], Record<string, never>, boolean | RegExp][];
  for (const [leaf, user, expected] of cases) {
    it(`${leaf.map((part) => JSON.stringify(part)).join(' ')} of ${JSON.stringify(user).slice(0, 60)}: ${expected}`, () => {
      const answer = truth(leaf, { user });
      if (expected instanceof RegExp) assert.match(String(answer), expected);
      else assert.equal(answer, expected);
    });
  }
});

describe('an attribute without a value', () => {
  for (const [operator, value, expected] of [
    ['equals', 'x', false],
    ['not_equals', 'x', true],
    ['in', ['x'], false],
    ['not_in', ['x'], true],
    ['contains', 'x', false],
    ['not_contains', 'x', true],
    ['gt', 1, false],
    ['lte', 1, false],
    ['matches', 'x', false],
  ] as const) {
    it(`${operator}: ${expected}, missing or null`, () => {
      assert.equal(truth(['user.x', operator, value], {}), expected);
      assert.equal(truth(['user.x', operator, value], { user: { x: null } }), expected);
    });
  }

  it('the same where the other side has none: two absences are not equal', () => {
    assert.equal(truth(['user.a', 'equals', '$resource.b'], {}), false);
    assert.equal(truth(['user.a', 'equals', '$resource.b'], { user: { a: 'x' } }), false);
    assert.equal(truth(['user.a', 'not_equals', '$resource.b'], { user: { a: 'x' } }), true);
    assert.equal(truth(['user.a', 'in', ['$resource.b', 'x']], { user: { a: 'x' } }), true);
  });

  it('a declared default stands in; it exists', () => {
    const definition = declared({ slug: 'x', defaultValue: 'basic' });
    assert.equal(truth(['user.x', 'equals', 'basic'], {}, [definition]), true);
    assert.equal(truth(['user.x', 'exists'], {}, [definition]), true);
    assert.equal(truth(['user.x', 'equals', 'basic'], { user: { x: 'gold' } }, [definition]), false);
  });

  it('a required one cannot be evaluated; asking whether it exists can', () => {
    const definition = declared({ slug: 'x', isRequired: true });
    assert.match(String(truth(['user.x', 'not_equals', 'a'], {}, [definition])), /user\.x is required/);
    assert.equal(truth(['user.x', 'not_exists'], {}, [definition]), true);
    assert.equal(truth(['user.x', 'equals', 'a'], { user: { x: 'a' } }, [definition]), true);
    assert.match(String(truth(['user.y', 'equals', '$user.x'], { user: { y: 1 } }, [definition])), /is required/);
  });
});

describe('declared types', () => {
  it('a value of another type cannot be evaluated', () => {
    const level = declared({ slug: 'level', dataType: 'number' });
    assert.match(String(truth(['user.level', 'equals', 3], { user: { level: '3' } }, [level])), /must be a number/);
    assert.match(String(truth(['user.isAdmin', 'equals', true], { user: { isAdmin: 'true' } })), /true or false/);
  });

  it('dates are equal as instants only where they are declared', () => {
    const since = declared({ slug: 'since', dataType: 'date' });
    const user = { since: '2026-01-01T00:00:00Z' };
    assert.equal(truth(['user.since', 'equals', '2026-01-01'], { user }, [since]), true);
    assert.equal(truth(['user.since', 'in', ['2026-01-01T01:00:00+01:00']], { user }, [since]), true);
    assert.equal(truth(['user.since', 'equals', '2026-01-01'], { user }), false);
  });
});

describe('regular expressions (ReDoS, CWE-1333)', () => {
  it('patterns that ruin backtracking engines are answered as fast as others', () => {
    // A backtracking engine would not come to an end here.
    for (const pattern of ['(a+)+$', '^(([a-z])+.)+[A-Z]([a-z])+$', '(x+x+)+y', '(.*a){20}$', '(a|aa)+$']) {
      assert.equal(truth(['user.a', 'matches', pattern], { user: { a: `${'a'.repeat(1_000)}!` } }), false, pattern);
    }
  });

  it('many of them in one decision stop at a budget, which is a fault and no answer', () => {
    const leaf = { subject: 'user.a', operator: 'matches', value: '(\\w|\\d){100}$' };
    const tree = normaliseCondition({ operator: 'OR', conditions: Array.from({ length: 4 }, () => leaf) });
    assert.ok(tree.ok);
    const meter = { work: 0 };
    const evaluate = compileCondition(tree.value, () => undefined);
    const answer = evaluate({ ...NOTHING, user: { a: `${'a'.repeat(1_000)}!` } }, meter);
    assert.ok(isFault(answer));
    assert.ok(meter.work > WORK_BUDGET);
  });
});

describe('comparisons of long lists', () => {
  const long = (prefix: string) => Array.from({ length: 500 }, (_, i) => ({ [`${prefix}${i}`]: [i] }));
  const leaf = { subject: 'user.a', operator: 'in', value: '$resource.b' };
  const scopes = { ...NOTHING, user: { a: long('x') }, resource: { b: long('y') } };

  it('take as long as both lists, not as their product', () => {
    assert.equal(truth(['user.a', 'in', '$resource.b'], scopes), false);
    assert.equal(
      truth(['user.a', 'in', '$resource.b'], { ...scopes, resource: { b: [...long('y'), { x499: [499] }] } }),
      true,
    );
    const tree = normaliseCondition({ operator: 'OR', conditions: Array.from({ length: 100 }, () => leaf) });
    assert.ok(tree.ok);
    const meter = { work: 0 };
    assert.equal(compileCondition(tree.value, () => undefined)(scopes, meter), false);
    assert.ok(meter.work < 400_000);
  });

  it('are part of the budget', () => {
    const evaluate = compileCondition({ operator: 'OR', conditions: [leaf as ConditionLeaf] }, () => undefined);
    const meter = { work: 0 };
    let answers = 0;
    while (evaluate(scopes, meter) === false) answers++;
    assert.ok(answers > 100 && answers < 1_000, `${answers} answers`);
  });
});
