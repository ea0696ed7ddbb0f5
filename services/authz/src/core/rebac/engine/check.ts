import type { RelationFailure } from '../relation-failure.js';
import { Cycles } from './cycles.js';
import type { Grant } from './grants.js';
import { HeldUsersets } from './held-usersets.js';
import type { Inquiry, Subject } from './inquiry.js';
import type { Memberships } from './memberships.js';
import { NONE } from './records.js';
import type { Compound, Direct, Hop, Parents, Region } from './regions.js';
import type { TupleView } from './tuple-view.js';
import { CUT, FAILED, NO, type Verdict, YES } from './verdict.js';
import { Visits } from './visits.js';

/**
 * Decides one question at a time. A region is a union, so it is searched: what may relate the subject waits on a stack of
 * its own (graphs may be deeper than the stack of calls), and the first yes ends it. Operands of intersections and
 * exclusions are decided by searches inside. A search that found nothing proves a "no" for all that it saw; one that ended
 * otherwise proves nothing, and nothing is kept of it (hard cases 3 and 4).
 */
export class Checker {
  private inquiry!: Inquiry;
  private view!: TupleView;
  private subject!: Subject;
  private subjectNode = NONE;
  private maxDepth = 0;
  /** What a hop counts: nothing where there is no limit. */
  private step = 0;
  /** Nodes until the budget is asked about again. */
  private tick = 0;
  private readonly failure: { current: RelationFailure | undefined } = { current: undefined };
  /** Entity, region (or compound as `-1 - id`), and how it was reached. */
  private stack = new Int32Array(3 * 256);
  private top = 0;
  private readonly cycles = new Cycles();
  private readonly visits = new Visits(this.cycles.stable);
  private nesting = 0;
  private readonly held: HeldUsersets;

  constructor(memberships: Memberships) {
    this.held = new HeldUsersets(memberships);
  }

  /** Why the last answer was `FAILED` or `CUT`. */
  reason(): RelationFailure {
    if (!this.failure.current) throw new Error('a check failed without a reason');
    return this.failure.current;
  }

  check(inquiry: Inquiry, subject: Subject, entity: number, relation: number): Verdict {
    const region = subject.plan.regionOf(relation);
    return region ? this.checkRegion(inquiry, subject, entity, region) : NO;
  }

  checkRegion(inquiry: Inquiry, subject: Subject, entity: number, region: Region): Verdict {
    this.inquiry = inquiry;
    this.view = inquiry.view;
    this.subject = subject;
    this.subjectNode = subject.relation === NONE ? NONE : inquiry.view.nodeOf(subject.entity, subject.relation);
    this.maxDepth = inquiry.budget.depth ?? 0;
    this.step = inquiry.budget.depth === undefined ? 0 : 1;
    this.failure.current = undefined;
    this.top = 0;
    this.nesting = 0;
    this.tick = inquiry.take(CLOCK);
    this.held.begin(inquiry.view, subject);
    this.visits.begin();
    this.cycles.begin();
    const verdict = this.search(entity, region, 0);
    inquiry.left += this.tick;
    return verdict;
  }

  private search(entity: number, region: Region, depth: number): Verdict {
    const run = this.visits.open();
    const bottom = this.top;
    const before = this.failure.current;
    this.visits.visit(entity, region.id, depth, run);
    this.push(entity, region.id, depth);
    let verdict: Verdict = NO;
    while (this.top > bottom) {
      this.top -= 3;
      const { stack, top } = this;
      const at = stack[top] as number;
      const target = stack[top + 1] as number;
      const how = stack[top + 2] as number;
      let found: Verdict;
      if (--this.tick < 0 && this.isOver()) found = CUT;
      else if (target < 0) found = this.decide(at, this.subject.plan.compounds[-1 - target] as Compound, how & DEPTH);
      else found = this.expand(at, this.subject.plan.regions[target] as Region, how, run);
      if (found === YES && (how & UNSURE) !== 0) found = FAILED;
      if (found > verdict) verdict = found;
      if (verdict > FAILED) break;
    }
    this.top = bottom;
    if (verdict === NO || verdict === YES) this.failure.current = before;
    this.visits.close(run, verdict === NO ? this.cycles.round : 0);
    return verdict;
  }

  /** Looks at one object of a region: its own tuples decide, or others are put on the stack. The last put is the first looked at. */
  private expand(entity: number, region: Region, how: number, run: number): Verdict {
    if (!region.isComplete) this.subject.plan.complete(region);
    const { compounds, parents, directs } = region;
    this.tick -= (directs.length + parents.length) >> 2;
    if (region.isSelf && entity === this.subject.entity) return YES;
    let verdict: Verdict = NO;
    for (let i = 0; i < compounds.length; i++) this.push(entity, -1 - (compounds[i] as Compound).id, how);
    for (let i = 0; i < parents.length; i++) {
      const found = this.climb(entity, parents[i] as Parents, how, run);
      if (found > FAILED) return found;
      if (found > verdict) verdict = found;
    }
    for (let i = 0; i < directs.length; i++) {
      const found = this.directly(entity, directs[i] as Direct, how, run);
      if (found > FAILED) return found;
      if (found > verdict) verdict = found;
    }
    return verdict;
  }

  private directly(entity: number, direct: Direct, how: number, run: number): Verdict {
    const { view, subject } = this;
    const { relation, own, everybody, hops } = direct;
    const node = view.nodeOf(entity, relation);
    if (node === NONE && !view.overlay) return NO;
    let verdict: Verdict = NO;
    if (own) {
      verdict = this.noted(view.holds(node, entity, relation, subject.entity, subject.relation, this.subjectNode, own));
      if (verdict === YES) return YES;
    }
    if (everybody && subject.everybody !== NONE) {
      const found = this.noted(view.holds(node, entity, relation, subject.everybody, NONE, NONE, everybody));
      if (found === YES) return YES;
      if (found === FAILED) verdict = FAILED;
    }
    if (hops.length === 0) return verdict;
    const isClosed = node !== NONE && direct.closure !== undefined && this.isHeld(direct, node, how);
    if (isClosed) {
      const found = this.noted(this.held.decide(direct, entity, node));
      if (found === YES) return YES;
      if (found === FAILED) verdict = FAILED;
      if (direct.isClosed) return verdict;
    }
    view.openUsersets(node, entity, relation);
    while (view.next()) {
      for (let i = 0; i < hops.length; i++) {
        const hop = hops[i] as Hop;
        if (hop.relation !== view.subjectRelation || (isClosed && hop.isClosed)) continue;
        const found = this.hop(hop.grant, hop.region, how, run);
        if (found === CUT) return CUT;
        if (found === FAILED) verdict = FAILED;
      }
    }
    return verdict;
  }

  private isHeld({ relation, closure }: Direct, node: number, how: number): boolean {
    const { held } = this;
    const hops = this.step === 0 ? Number.POSITIVE_INFINITY : this.maxDepth - (how & DEPTH);
    const isHeld = closure !== undefined && held.isKnown(closure, relation, node, hops);
    this.tick -= held.takeLooked();
    return isHeld;
  }

  private climb(entity: number, { relation, hops }: Parents, how: number, run: number): Verdict {
    const { view } = this;
    const node = view.nodeOf(entity, relation);
    if (node === NONE && !view.overlay) return NO;
    let verdict: Verdict = NO;
    view.openPlain(node, entity, relation);
    while (view.next()) {
      const hop = hops[view.typeOf(view.subject)];
      if (!hop) continue;
      for (let i = 0; i < hop.regions.length; i++) {
        const found = this.hop(hop.grant, hop.regions[i] as Region, how, run);
        if (found === CUT) return CUT;
        if (found === FAILED) verdict = FAILED;
      }
    }
    return verdict;
  }

  /** Puts the subject of the tuple under the cursor on the stack, unless this search has seen it on as good a way. */
  private hop(grant: Grant, region: Region, how: number, run: number): Verdict {
    const counts = this.noted(this.view.counts(grant));
    if (counts === NO) return NO;
    if (--this.tick < 0 && this.isOver()) return CUT;
    const next = (how + this.step) | (counts === FAILED ? UNSURE : 0);
    if ((next & DEPTH) > this.maxDepth)
      return this.failed({ reason: 'over_budget', budget: 'depth', limit: this.maxDepth });
    const { subject } = this.view;
    if (this.visits.visit(subject, region.id, next, run)) this.push(subject, region.id, next);
    return NO;
  }

  /** Intersection or exclusion. */
  private decide(entity: number, compound: Compound, depth: number): Verdict {
    if (this.nesting >= MAX_NESTING) return this.failed({ reason: 'over_budget', budget: 'depth', limit: MAX_NESTING });
    this.nesting++;
    const verdict =
      compound.cycle === NONE ? this.combine(entity, compound, depth) : this.inCycle(entity, compound, depth);
    this.nesting--;
    return verdict;
  }

  private inCycle(entity: number, compound: Compound, depth: number): Verdict {
    const { cycles, visits } = this;
    const combine = () => {
      visits.round = cycles.round;
      return this.combine(entity, compound, depth);
    };
    const verdict = cycles.decide(compound, entity, combine, this.failure);
    visits.round = cycles.round;
    return verdict;
  }

  /** A "no" of one operand, or a "yes" of what is subtracted, decides over failures of the others. */
  private combine(entity: number, { operands, subtract }: Compound, depth: number): Verdict {
    const before = this.failure.current;
    let verdict: Verdict = YES;
    for (let i = 0; i < operands.length; i++) {
      const found = this.search(entity, operands[i] as Region, depth);
      if (found === NO || found === CUT) return this.settled(found, before);
      if (found === FAILED) verdict = FAILED;
    }
    if (!subtract) return verdict;
    const found = this.search(entity, subtract, depth);
    if (found === YES) return this.settled(NO, before);
    return found === NO ? verdict : found;
  }

  private settled(verdict: Verdict, failure: RelationFailure | undefined): Verdict {
    if (verdict === NO) this.failure.current = failure;
    return verdict;
  }

  private failed(failure: RelationFailure): Verdict {
    this.failure.current ??= failure;
    return FAILED;
  }

  /** Keeps why a condition failed. */
  private noted(verdict: Verdict): Verdict {
    if (verdict === FAILED) this.failure.current ??= this.view.judge.failure;
    return verdict;
  }

  private push(entity: number, target: number, how: number): void {
    if (this.top + 3 > this.stack.length) {
      const larger = new Int32Array(this.stack.length * 2);
      larger.set(this.stack);
      this.stack = larger;
    }
    const { stack, top } = this;
    stack[top] = entity;
    stack[top + 1] = target;
    stack[top + 2] = how;
    this.top = top + 3;
  }

  private isOver(): boolean {
    const { inquiry } = this;
    inquiry.left += this.tick + 1;
    const over = inquiry.over();
    if (over) {
      this.failure.current = over;
      this.tick = 0;
      return true;
    }
    this.tick = inquiry.take(CLOCK);
    return false;
  }
}

/** Nodes between two looks at the clock. */
const CLOCK = 1024;
/** How something was reached: hops so far, and whether a condition on the way could not be decided. */
const DEPTH = 2 ** 29 - 1;
const UNSURE = 2 ** 29;
/** Intersections and exclusions inside each other: what the stack of calls holds for sure. */
const MAX_NESTING = 200;
