import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { conditionArbitrary, NOTHING, naive, policy, policyArbitrary, scopesArbitrary } from './conditions.fixture.js';
import { normaliseCondition } from './normalise-condition.js';
import type { Policy } from './policy.js';
import { type PolicyOutcome, PolicySet } from './policy-set.js';

const ask = (policies: readonly Policy[], scopes = NOTHING, resourceType = 'document', action = 'read') =>
  new PolicySet(policies, []).decide({ resourceType, action, scopes });

const BROKEN = { operator: 'AND', conditions: [{ subject: 'user.level', operator: 'gt', value: 3 }] } as const;
const text = { ...NOTHING, user: { level: 'high' } };

describe('combining policies (contract 3.4, hard cases 34 and 35)', () => {
  const allow = policy({ slug: 'allow' });
  const deny = policy({ slug: 'deny', effect: 'deny' });
  const never = { operator: 'OR', conditions: [{ subject: 'user.id', operator: 'exists' }] } as const;
  const brokenAllow = policy({ slug: 'broken-allow', conditions: BROKEN });
  const brokenDeny = policy({ slug: 'broken-deny', effect: 'deny', conditions: BROKEN });

  const table: readonly [readonly Policy[], PolicyOutcome][] = [
    [[], 'none'],
    [[policy({ conditions: never })], 'none'],
    [[policy({ effect: 'deny', conditions: never })], 'none'],
    [[allow], 'allow'],
    [[deny], 'deny'],
    [[allow, deny], 'deny'],
    [[policy({ priority: 1000 }), policy({ slug: 'low', effect: 'deny', priority: 0 })], 'deny'],
    [[brokenAllow], 'error'],
    [[brokenDeny], 'error'],
    [[allow, brokenDeny], 'error'],
    [[allow, brokenAllow], 'error'],
    [[deny, brokenDeny], 'deny'],
    [[deny, brokenAllow], 'deny'],
    [[allow, deny, brokenAllow, brokenDeny], 'deny'],
  ];
  for (const [policies, expected] of table) {
    it(`${policies.map(({ effect, slug }) => `${slug === 'p' ? effect : slug}`).join(' + ') || 'nothing'}: ${expected}`, () => {
      assert.equal(ask(policies, text).outcome, expected);
      assert.equal(ask(policies.toReversed(), text).outcome, expected, 'in any order');
    });
  }

  it('an error of a policy about something else is nobody’s concern', () => {
    const other = policy({ slug: 'other', resourceType: 'folder', effect: 'deny', conditions: BROKEN });
    assert.equal(ask([policy({ slug: 'allow' }), other], text).outcome, 'allow');
  });

  it('names what holds, higher priority first, denials first at the same one', () => {
    const named = ask([
      policy({ slug: 'c', priority: 5 }),
      policy({ slug: 'b', priority: 900, effect: 'deny' }),
      policy({ slug: 'a', priority: 900 }),
      policy({ slug: 'z', conditions: never }),
    ]).holding.map(({ slug }) => slug);
    assert.deepEqual(named, ['b', 'a', 'c']);
  });

  it('tells which attribute broke a policy, and no value', () => {
    const [broken] = ask([brokenDeny], text).broken;
    assert.match(broken?.fault ?? '', /two numbers.*not text and a number/);
    assert.doesNotMatch(broken?.fault ?? '', /high/);
  });
});

describe('targets', () => {
  const about = (resourceType: string, action: string) => [policy({ resourceType, action })];
  for (const [type, action, asked, expected] of [
    ['document', 'read', ['document', 'read'], 'allow'],
    ['document', 'read', ['document', 'write'], 'none'],
    ['document', 'read', ['Document', 'read'], 'none'],
    ['*', 'read', ['folder', 'read'], 'allow'],
    ['document', '*', ['document', 'anything'], 'allow'],
    ['*', '*', ['x', 'y'], 'allow'],
    ['document', '*', ['folder', 'read'], 'none'],
    ['document', 'read', ['*', 'read'], 'none'],
    ['*', '*', ['*', '*'], 'allow'],
  ] as const) {
    it(`${type}/${action} for ${asked.join('/')}: ${expected}`, () => {
      assert.equal(ask(about(type, action), NOTHING, ...asked).outcome, expected);
    });
  }

  it('knows what has to be loaded for a question', () => {
    const read = normaliseCondition({
      all: [
        { attribute: 'user.team', operator: 'in', value: ['$resource.team', 'x'] },
        { attribute: 'env.hour', operator: 'gt', value: 8 },
      ],
    });
    assert.ok(read.ok);
    const set = new PolicySet([policy({ conditions: read.value }), policy({ slug: 'o', resourceType: 'other' })], []);
    const names = set.attributesRead('document', 'read');
    assert.deepEqual([...names.user, ...names.resource, ...names.environment], ['team', 'team', 'hour']);
    assert.equal(set.attributesRead('other', 'read').user.size, 0);
    assert.deepEqual(set.actionsOf('document'), ['read']);
  });
});

describe('properties: the engine and the naive reference agree', () => {
  it('on every condition', () => {
    fc.assert(
      fc.property(conditionArbitrary, scopesArbitrary, (conditions, scopes) => {
        const expected = naive(conditions, scopes);
        const { outcome } = ask([policy({ conditions })], scopes);
        assert.equal(outcome, expected === 'fault' ? 'error' : expected ? 'allow' : 'none');
      }),
      { numRuns: 3_000 },
    );
  });

  it('on every set of policies, in any order of the policies', () => {
    fc.assert(
      fc.property(
        fc.array(policyArbitrary, { maxLength: 6 }),
        fc.constantFrom('document', 'folder', 'other'),
        fc.constantFrom('read', 'write', 'other'),
        scopesArbitrary,
        (given, resourceType, action, scopes) => {
          const policies = given.map((one, i) => policy({ ...one, slug: `p${i}` }));
          const about = policies.filter(
            (p) => [resourceType, '*'].includes(p.resourceType) && [action, '*'].includes(p.action),
          );
          const truths = about.map((p) => ({ p, truth: naive(p.conditions, scopes) }));
          const expected: PolicyOutcome = truths.some(({ p, truth }) => truth === true && p.effect === 'deny')
            ? 'deny'
            : truths.some(({ truth }) => truth === 'fault')
              ? 'error'
              : truths.some(({ truth }) => truth === true)
                ? 'allow'
                : 'none';
          for (const set of [policies, policies.toReversed()]) {
            const decision = new PolicySet(set, []).decide({ resourceType, action, scopes });
            assert.equal(decision.outcome, expected);
            assert.deepEqual(
              decision.holding.map(({ slug }) => slug).sort(),
              truths
                .filter(({ truth }) => truth === true)
                .map(({ p }) => p.slug)
                .sort(),
            );
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('a condition that was written down and read back is the same condition', () => {
    fc.assert(
      fc.property(conditionArbitrary, (conditions) => {
        const once = normaliseCondition(JSON.parse(JSON.stringify(conditions)));
        if (!once.ok) return;
        assert.equal(JSON.stringify(once.value), JSON.stringify(conditions));
        assert.deepEqual(normaliseCondition(once.value), once);
      }),
    );
  });
});
