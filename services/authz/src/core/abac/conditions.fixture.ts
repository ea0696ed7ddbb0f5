import fc from 'fast-check';
import type { AttributeBag, AttributeValue } from './attribute-value.js';
import type { AttributeScopes } from './compile-condition.js';
import type { Condition, ConditionGroup, ConditionLeaf } from './condition.js';
import type { Policy } from './policy.js';

export const NOTHING: AttributeScopes = { user: {}, resource: {}, environment: {}, action: {} };

export function policy(given: Partial<Policy> = {}): Policy {
  const slug = given.slug ?? 'p';
  return {
    id: `pol_${slug}`,
    slug,
    name: slug,
    resourceType: 'document',
    action: 'read',
    effect: 'allow',
    priority: 100,
    conditions: { operator: 'AND', conditions: [] },
    ...given,
  };
}

/** The same answers as the engine, written as plainly as possible: the oracle of the property tests. */
export function naive(condition: Condition, scopes: AttributeScopes): boolean | 'fault' {
  if ('conditions' in condition) {
    const parts = condition.conditions.map((part) => naive(part, scopes));
    if (condition.operator === 'AND') return parts.includes(false) ? false : parts.includes('fault') ? 'fault' : true;
    const any = parts.includes(true) ? true : parts.includes('fault') ? 'fault' : false;
    return condition.operator === 'OR' || any === 'fault' ? any : !any;
  }
  return naiveLeaf(condition, scopes);
}

function naiveLeaf({ subject, operator, value: literal }: ConditionLeaf, scopes: AttributeScopes): boolean | 'fault' {
  const value = read(subject, scopes);
  if (operator === 'exists') return value !== undefined;
  if (operator === 'not_exists') return value === undefined;
  const positive = operator.replace(/^not_/, '');
  const resolve = (item: AttributeValue): AttributeValue | undefined =>
    typeof item === 'string' && /^\$[a-z]+\./.test(item) ? read(item.slice(1), scopes) : item;
  const operand = Array.isArray(literal)
    ? literal.map(resolve).filter((item) => item !== undefined)
    : resolve(literal ?? null);
  const held = value === undefined || operand === undefined ? false : holds(positive, value, operand);
  return held === 'fault' ? 'fault' : operator.startsWith('not_') ? !held : held;
}

function holds(operator: string, value: AttributeValue, operand: AttributeValue): boolean | 'fault' {
  const same = (a: unknown, b: unknown) => typeof a === typeof b && JSON.stringify(a) === JSON.stringify(b);
  switch (operator) {
    case 'equals':
      return same(value, operand);
    case 'in':
      if (!Array.isArray(operand)) return 'fault';
      return (Array.isArray(value) ? value : [value]).some((v) => operand.some((o) => same(v, o)));
    case 'contains':
      if (Array.isArray(value)) return value.some((item) => same(item, operand));
      return typeof value === 'string' && typeof operand === 'string' ? value.includes(operand) : 'fault';
    case 'matches':
      return typeof value === 'string' ? new RegExp(String(operand)).test(value) : 'fault';
    default: {
      if (typeof value !== 'number' || typeof operand !== 'number') return 'fault';
      return operator === 'gt'
        ? value > operand
        : operator === 'gte'
          ? value >= operand
          : operator === 'lt'
            ? value < operand
            : value <= operand;
    }
  }
}

function read(path: string, scopes: AttributeScopes): AttributeValue | undefined {
  const [root = '', name = ''] = path.split('.');
  return scopes[root as keyof AttributeScopes][name] ?? undefined;
}

const NAMES = ['a', 'b', 'c'];
const scalar: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.constantFrom('x', 'y', 'xy', '1', ''),
  fc.integer({ min: -2, max: 2 }),
  fc.boolean(),
);
const item: fc.Arbitrary<AttributeValue> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.record({ k: fc.oneof(scalar, fc.constant(['x', { k: 1 }])) }) },
);
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  { weight: 4, arbitrary: item },
  { weight: 2, arbitrary: fc.array(item, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const bag: fc.Arbitrary<AttributeBag> = fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 3 });

export const scopesArbitrary: fc.Arbitrary<AttributeScopes> = fc.record({
  user: bag,
  resource: bag,
  environment: bag,
  action: fc.constant({}),
});

const path = fc
  .tuple(fc.constantFrom('user', 'resource', 'environment'), fc.constantFrom(...NAMES))
  .map((parts) => parts.join('.'));
const operand = fc.oneof({ weight: 3, arbitrary: scalar }, { weight: 1, arbitrary: path.map((text) => `$${text}`) });

const leaf: fc.Arbitrary<ConditionLeaf> = fc.oneof(
  fc.record({
    subject: path,
    operator: fc.constantFrom('equals', 'not_equals', 'contains', 'not_contains'),
    value: operand,
  }),
  fc.record({
    subject: path,
    operator: fc.constantFrom('in', 'not_in'),
    value: fc.array(operand, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ subject: path, operator: fc.constantFrom('in', 'not_in'), value: path.map((text) => `$${text}`) }),
  fc.record({
    subject: path,
    operator: fc.constantFrom('gt', 'gte', 'lt', 'lte'),
    value: fc.oneof(
      fc.integer({ min: -2, max: 2 }),
      path.map((text) => `$${text}`),
    ),
  }),
  fc.record({
    subject: path,
    operator: fc.constant('matches'),
    value: fc.constantFrom('x', '^x', 'y$', '[0-9]', '^$'),
  }),
  fc.record({ subject: path, operator: fc.constantFrom('exists', 'not_exists') }),
) as fc.Arbitrary<ConditionLeaf>;

export const conditionArbitrary: fc.Arbitrary<ConditionGroup> = fc.letrec<{ group: ConditionGroup; part: Condition }>(
  (tie) => ({
    group: fc.oneof(
      fc.record({ operator: fc.constant('AND' as const), conditions: fc.array(tie('part'), { maxLength: 3 }) }),
      fc.record({
        operator: fc.constantFrom('OR' as const, 'NOT' as const),
        conditions: fc.array(tie('part'), { minLength: 1, maxLength: 3 }),
      }),
    ),
    part: fc.oneof({ maxDepth: 3, depthSize: 'small' }, leaf, tie('group')),
  }),
).group;

export const policyArbitrary: fc.Arbitrary<Omit<Policy, 'id' | 'slug' | 'name'>> = fc.record({
  resourceType: fc.constantFrom('document', 'folder', '*'),
  action: fc.constantFrom('read', 'write', '*'),
  effect: fc.constantFrom('allow' as const, 'deny' as const),
  priority: fc.integer({ min: 0, max: 3 }),
  conditions: conditionArbitrary,
});
