import type { RelationFailure } from '../relation-failure.js';
import type { Compound } from './regions.js';
import { CUT, FAILED, NO, type Verdict, YES } from './verdict.js';
import { PROVEN } from './visits.js';

/**
 * Relations that lead back to themselves through an intersection or the kept side of an exclusion: their meaning is the
 * least fixed point. It is computed in rounds: what leads back to itself counts as what the round before found, at first
 * as "no", until a round finds nothing new. Only the end of that is an answer (hard cases 1 to 3).
 */
export class Cycles {
  /** What a search that found nothing proves meanwhile. */
  round = PROVEN;
  /** Rounds that found nothing new: each "no" of theirs is one for good. */
  readonly stable = new Set<number>();
  private rounds = PROVEN;
  private component = NOWHERE;
  private grew = false;
  private metItself = false;
  private readonly active = new Set<number>();
  private readonly values = new Map<number, Value>();

  begin(): void {
    this.round = PROVEN;
    this.component = NOWHERE;
    if (this.rounds === PROVEN) return;
    this.rounds = PROVEN;
    this.active.clear();
    this.stable.clear();
    this.values.clear();
  }

  /** @param combine decides by the operands; @param failure of what it last failed by */
  decide(
    { id, cycle }: Compound,
    entity: number,
    combine: () => Verdict,
    failure: { current: RelationFailure | undefined },
  ): Verdict {
    const key = entity * COMPOUNDS + id;
    const known = this.values.get(key);
    if (known?.verdict === YES) return YES;
    const isInside = cycle === this.component;
    const isOpen = isInside && this.active.has(key);
    if (isOpen) this.metItself = true;
    if (isOpen || (known && (known.round === this.round || this.stable.has(known.round)))) {
      if (known?.verdict === FAILED) failure.current ??= known.failure;
      return known?.verdict ?? NO;
    }
    return isInside ? this.once(key, combine, failure) : this.untilStable(key, cycle, combine, failure);
  }

  private untilStable(
    key: number,
    cycle: number,
    combine: () => Verdict,
    failure: { current: RelationFailure | undefined },
  ): Verdict {
    const { component, round, grew, metItself } = this;
    this.component = cycle;
    let verdict: Verdict;
    do {
      this.round = ++this.rounds;
      this.grew = false;
      this.metItself = false;
      verdict = this.once(key, combine, failure);
    } while (verdict < YES && this.grew && this.metItself);
    if (verdict < YES) this.stable.add(this.round);
    this.component = component;
    this.round = round;
    this.grew = grew;
    this.metItself = metItself;
    return verdict;
  }

  private once(key: number, combine: () => Verdict, failure: { current: RelationFailure | undefined }): Verdict {
    this.active.add(key);
    const verdict = combine();
    this.active.delete(key);
    if (verdict === CUT) return CUT;
    if (verdict > (this.values.get(key)?.verdict ?? NO)) this.grew = true;
    this.values.set(key, { verdict, round: this.round, failure: failure.current });
    return verdict;
  }
}

interface Value {
  readonly verdict: Verdict;
  readonly round: number;
  readonly failure: RelationFailure | undefined;
}

const NOWHERE = -2;
/** More than a model can have. */
const COMPOUNDS = 2 ** 22;
