/** Who can take part in a combined decision. */
export const DECISION_ENGINES = ['rbac', 'abac', 'rebac'] as const;
export type DecisionEngine = (typeof DECISION_ENGINES)[number];

/** How the answers of the engines become one (contract 3.2). */
export const COMBINATIONS = ['and', 'or', 'first_match'] as const;
export type Combination = (typeof COMBINATIONS)[number];

/** What an organization decided about its decisions. */
export interface DecisionSettings {
  readonly combination: Combination;
  /** Who takes part; in this order where the first match counts. */
  readonly engines: readonly DecisionEngine[];
  /** IANA name of a time zone. */
  readonly timeZone: string;
}

/** Policies go first, so that a denial is heard also where the first match counts. */
export const DEFAULT_DECISION_SETTINGS: DecisionSettings = {
  combination: 'or',
  engines: ['abac', 'rebac', 'rbac'],
  timeZone: 'UTC',
};

/**
 * What one engine says.
 * `forbid`: denied explicitly (a deny policy holds, or the delegation does not cover it). `deny`: the engine knows the
 * question and grants nothing. `not_applicable`: the question is none of its business.
 */
export type EngineOutcome = 'allow' | 'deny' | 'forbid' | 'not_applicable' | 'error';

export interface EngineVerdict {
  readonly engine: DecisionEngine;
  readonly outcome: EngineOutcome;
}

export type CombinedOutcome = 'allow' | 'deny' | 'error';

/**
 * The one place where the answers of the engines become one. Nothing is allowed unless an engine allows it.
 *
 * | | or | and | first_match |
 * |---|---|---|---|
 * | any `forbid` | deny | deny | what the first engine says |
 * | else any `error` | error | error | to which the question is |
 * | else | allow where one allows | allow where one allows and none says `deny` | not `not_applicable` |
 * | none applies | deny | deny | deny |
 *
 * So explicit denial goes before error, error before allow, and the default is denial (authz-engine.md section 6, case
 * 35). With `first_match` an engine that stands later is not asked at all, also not for a denial.
 *
 * @param verdicts in the order of the settings; a verdict that is not needed may be absent only after the deciding one
 */
export function combine(combination: Combination, verdicts: readonly EngineVerdict[]): CombinedOutcome {
  const outcomes = verdicts.map(({ outcome }) => outcome);
  if (combination === 'first_match') return plain(outcomes.find((outcome) => outcome !== 'not_applicable') ?? 'deny');
  if (outcomes.includes('forbid')) return 'deny';
  if (outcomes.includes('error')) return 'error';
  if (combination === 'and' && outcomes.includes('deny')) return 'deny';
  return outcomes.includes('allow') ? 'allow' : 'deny';
}

/** Whether engines after these verdicts can be left out without changing the outcome. */
export function isDecided(combination: Combination, verdicts: readonly EngineVerdict[]): boolean {
  return combination === 'first_match' && verdicts.some(({ outcome }) => outcome !== 'not_applicable');
}

function plain(outcome: Exclude<EngineOutcome, 'not_applicable'>): CombinedOutcome {
  return outcome === 'forbid' ? 'deny' : outcome;
}
