import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  COMBINATIONS,
  type Combination,
  type CombinedOutcome,
  combine,
  DECISION_ENGINES,
  type EngineOutcome,
  type EngineVerdict,
  isDecided,
} from './combination.js';
import { coversAction } from './delegation-ceiling.js';

const OUTCOMES = ['allow', 'deny', 'forbid', 'not_applicable', 'error'] as const satisfies readonly EngineOutcome[];

const verdicts = (...outcomes: readonly EngineOutcome[]): readonly EngineVerdict[] =>
  outcomes.map((outcome, i) => ({ engine: DECISION_ENGINES[i] ?? 'rbac', outcome }));

/** The same table, read line by line without any cleverness. */
function reference(combination: Combination, outcomes: readonly EngineOutcome[]): CombinedOutcome {
  if (combination === 'first_match') {
    for (const outcome of outcomes) {
      if (outcome === 'not_applicable') continue;
      return outcome === 'allow' ? 'allow' : outcome === 'error' ? 'error' : 'deny';
    }
    return 'deny';
  }
  let isForbidden = false;
  let isBroken = false;
  let allows = 0;
  let refuses = 0;
  for (const outcome of outcomes) {
    if (outcome === 'forbid') isForbidden = true;
    if (outcome === 'error') isBroken = true;
    if (outcome === 'allow') allows++;
    if (outcome === 'deny') refuses++;
  }
  if (isForbidden) return 'deny';
  if (isBroken) return 'error';
  if (combination === 'and') return allows > 0 && refuses === 0 ? 'allow' : 'deny';
  return allows > 0 ? 'allow' : 'deny';
}

describe('one decision of several engines (contract 3.2; hard case 35: explicit deny > error > allow > default deny)', () => {
  const table: readonly [
    readonly EngineOutcome[],
    and: CombinedOutcome,
    or: CombinedOutcome,
    first: CombinedOutcome,
  ][] = [
    [[], 'deny', 'deny', 'deny'],
    [['not_applicable', 'not_applicable', 'not_applicable'], 'deny', 'deny', 'deny'],
    [['allow'], 'allow', 'allow', 'allow'],
    [['deny'], 'deny', 'deny', 'deny'],
    [['forbid'], 'deny', 'deny', 'deny'],
    [['error'], 'error', 'error', 'error'],
    [['allow', 'not_applicable', 'not_applicable'], 'allow', 'allow', 'allow'],
    [['not_applicable', 'allow', 'deny'], 'deny', 'allow', 'allow'],
    [['not_applicable', 'deny', 'allow'], 'deny', 'allow', 'deny'],
    [['allow', 'allow', 'allow'], 'allow', 'allow', 'allow'],
    [['allow', 'forbid', 'not_applicable'], 'deny', 'deny', 'allow'],
    [['forbid', 'allow', 'allow'], 'deny', 'deny', 'deny'],
    [['allow', 'error', 'not_applicable'], 'error', 'error', 'allow'],
    [['error', 'allow', 'allow'], 'error', 'error', 'error'],
    [['deny', 'error', 'not_applicable'], 'error', 'error', 'deny'],
    [['forbid', 'error', 'allow'], 'deny', 'deny', 'deny'],
    [['error', 'forbid', 'allow'], 'deny', 'deny', 'error'],
  ];
  for (const [outcomes, and, or, first] of table) {
    it(`${outcomes.join(', ') || 'nobody'}: and ${and}, or ${or}, first match ${first}`, () => {
      assert.deepEqual(
        COMBINATIONS.map((combination) => combine(combination, verdicts(...outcomes))),
        [and, or, first],
      );
    });
  }

  it('agrees with the reference on every combination of up to four engines', () => {
    const all = (length: number): readonly (readonly EngineOutcome[])[] =>
      length === 0 ? [[]] : all(length - 1).flatMap((rest) => OUTCOMES.map((outcome) => [...rest, outcome]));
    for (const length of [0, 1, 2, 3, 4])
      for (const outcomes of all(length))
        for (const combination of COMBINATIONS)
          assert.equal(
            combine(combination, verdicts(...outcomes)),
            reference(combination, outcomes),
            `${combination} ${outcomes}`,
          );
  });

  const any = fc.array(fc.constantFrom(...OUTCOMES), { maxLength: 6 });

  it('allows nothing that no engine allows, and nothing that one forbids or cannot decide', () => {
    fc.assert(
      fc.property(fc.constantFrom('and' as const, 'or' as const), any, (combination, outcomes) => {
        if (combine(combination, verdicts(...outcomes)) !== 'allow') return;
        assert.ok(outcomes.includes('allow'));
        assert.ok(!outcomes.includes('forbid') && !outcomes.includes('error'));
      }),
    );
  });

  it('does not depend on the order of engines, but for the first match', () => {
    fc.assert(
      fc.property(fc.constantFrom('and' as const, 'or' as const), any, (combination, outcomes) => {
        assert.equal(
          combine(combination, verdicts(...outcomes)),
          combine(combination, verdicts(...outcomes.toReversed())),
        );
      }),
    );
  });

  it('an engine that stands later cannot change what is decided already', () => {
    fc.assert(
      fc.property(fc.constantFrom(...COMBINATIONS), any, any, (combination, outcomes, later) => {
        if (!isDecided(combination, verdicts(...outcomes))) return;
        assert.equal(
          combine(combination, verdicts(...outcomes)),
          combine(combination, verdicts(...outcomes, ...later)),
        );
      }),
    );
  });
});

describe('the ceiling of a delegation', () => {
  for (const [scopes, expected] of [
    [[], false],
    [['openid'], false],
    [['document.edit'], true],
    [['document:edit'], true],
    [['edit'], true],
    [['document.editor', 'documents.edit', 'Document.edit'], false],
  ] as const)
    it(`[${scopes}] ${expected ? 'covers' : 'does not cover'} edit on document`, () =>
      assert.equal(coversAction(scopes, 'document', 'edit'), expected));
});
