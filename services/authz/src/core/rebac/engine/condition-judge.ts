import { tupleText } from '../compiled-model.js';
import type { RelationFailure } from '../relation-failure.js';
import type { ConditionContext, TupleKey } from '../tuple.js';
import type { Caveat } from './caveats.js';
import type { Grant } from './grants.js';
import type { ModelPlan } from './model-plan.js';
import { FAILED, NO, type Verdict, YES } from './verdict.js';

/** Whether conditioned tuples count for one question. A condition is evaluated once for each context it was stored with. */
export class ConditionJudge {
  /** Why the last condition that failed did. */
  failure: RelationFailure | undefined;
  private readonly known = new Map<Caveat, RelationFailure | typeof YES | typeof NO>();

  constructor(
    private readonly plan: ModelPlan,
    private readonly request: ConditionContext | undefined,
  ) {}

  /** "No" also where the model does not allow the tuple to be there. */
  judge(caveat: Caveat, grant: Grant, tuple: () => TupleKey): Verdict {
    if (!this.fits(caveat, grant)) return NO;
    let known = this.known.get(caveat);
    if (known === undefined) {
      known = this.evaluate(caveat, tuple);
      this.known.set(caveat, known);
    }
    if (typeof known === 'number') return known;
    this.failure = known;
    return FAILED;
  }

  /** Whether the model allows a condition with this context on a tuple. */
  fits(caveat: Caveat, grant: Grant): boolean {
    if (!grant.conditions?.has(caveat.name)) return false;
    if (caveat.context === undefined) return true;
    let fits = this.plan.fitting.get(caveat);
    if (fits === undefined) {
      fits = this.plan.model.conditions.get(caveat.name)?.checkContext(caveat.context).ok ?? false;
      this.plan.fitting.set(caveat, fits);
    }
    return fits;
  }

  private evaluate(caveat: Caveat, tuple: () => TupleKey): RelationFailure | typeof YES | typeof NO {
    const result = this.plan.model.conditions.get(caveat.name)?.evaluate(caveat.context, this.request);
    if (!result) return NO;
    if (result.ok) return result.value ? YES : NO;
    const { detail, missingParameters } = result.error;
    return {
      reason: 'condition_failed',
      condition: caveat.name,
      tuple: tupleText(tuple()),
      detail,
      missingParameters,
    };
  }
}
