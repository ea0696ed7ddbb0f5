import type { Sliced } from '../relation-engine.js';
import type { RelationFailure } from '../relation-failure.js';
import type { Grant } from './grants.js';
import type { Inquiry, Subject } from './inquiry.js';
import { NONE } from './records.js';
import type { ReversePlan } from './reverse-plan.js';
import { FAILED, NO, type Verdict } from './verdict.js';
import { Visits } from './visits.js';

/**
 * Goes from a subject up to every object that it may have one of the target relations to, nearest first. What was reached
 * over unions and tuples that count is sure; the rest may be and must be checked. Nobody else has the relation.
 */
export class ReverseWalk {
  /** Objects found; again where a surer way was found later. */
  readonly found: number[] = [];
  private readonly visits = new Visits();
  private readonly queue: number[] = [];
  private readonly ownRun: number;
  private readonly step: number;
  private readonly maxDepth: number;
  private tick = 0;

  constructor(
    private readonly inquiry: Inquiry,
    private readonly plan: ReversePlan,
    private readonly target: number,
    private readonly subject: Subject,
  ) {
    const { depth } = inquiry.budget;
    this.step = depth === undefined ? 0 : 1;
    this.maxDepth = depth ?? 0;
    this.visits.begin();
    this.ownRun = this.visits.open();
  }

  *run(): Sliced<RelationFailure | undefined> {
    const { plan, subject, queue } = this;
    const failure =
      subject.relation === NONE ? yield* this.fromPlain() : this.conclude(subject.entity, subject.relation, 0);
    if (failure) return failure;
    for (let head = 0; head < queue.length; head += 3) {
      const entity = queue[head] as number;
      const relation = queue[head + 1] as number;
      const how = queue[head + 2] as number;
      if (--this.tick < 0) {
        const over = yield* this.pause();
        if (over) return over;
      }
      for (const { relation: next, isSure } of plan.computed.get(relation) ?? [])
        this.conclude(entity, next, isSure ? how : how | UNSURE);
      const over = (yield* this.fromUserset(entity, relation, how)) ?? (yield* this.fromParent(entity, relation, how));
      if (over) return over;
    }
    return undefined;
  }

  /** Whether a found object is one for certain. */
  isSure(entity: number, relation: number): boolean {
    return this.visits.howOf(entity, relation) < UNSURE;
  }

  private *fromPlain(): Sliced<RelationFailure | undefined> {
    const { subject, plan } = this;
    const own = yield* this.fromTuples(subject.entity, NONE, 0, (relation) => plan.written.get(relation)?.own ?? null);
    if (own || subject.everybody === NONE) return own;
    const everybody = (relation: number) => plan.written.get(relation)?.everybody ?? null;
    return yield* this.fromTuples(subject.everybody, NONE, 0, everybody);
  }

  /** Whoever has a relation of an object stands on what that userset stands on. */
  private fromUserset(entity: number, relation: number, how: number): Sliced<RelationFailure | undefined> {
    const grant = (on: number) => this.plan.written.get(on)?.usersets.get(relation) ?? null;
    return this.fromTuples(entity, relation, how + this.step, grant);
  }

  private *fromTuples(
    subject: number,
    subjectRelation: number,
    how: number,
    grantOn: (relation: number) => Grant | null,
  ): Sliced<RelationFailure | undefined> {
    const { view } = this.inquiry;
    view.openReverse(subject, subjectRelation);
    while (view.next()) {
      if (--this.tick < 0) {
        const over = yield* this.pause();
        if (over) return over;
      }
      const grant = grantOn(view.relation);
      if (!grant) continue;
      const isSure = this.plan.written.get(view.relation)?.isSure ?? false;
      this.concludeBy(view.counts(grant), view.entity, view.relation, isSure ? how : how | UNSURE);
    }
    return undefined;
  }

  private *fromParent(entity: number, relation: number, how: number): Sliced<RelationFailure | undefined> {
    const conclusions = this.plan.children.get(relation) ?? [];
    if (conclusions.length === 0) return undefined;
    const { view } = this.inquiry;
    view.openReverse(entity, NONE);
    while (view.next()) {
      if (--this.tick < 0) {
        const over = yield* this.pause();
        if (over) return over;
      }
      for (const { tupleset, relation: next, grant, isSure } of conclusions) {
        if (tupleset !== view.relation) continue;
        const reached = how + this.step;
        this.concludeBy(view.counts(grant), view.entity, next, isSure ? reached : reached | UNSURE);
      }
    }
    return undefined;
  }

  private concludeBy(counts: Verdict, entity: number, relation: number, how: number): void {
    if (counts !== NO) this.conclude(entity, relation, counts === FAILED ? how | UNSURE : how);
  }

  private conclude(entity: number, relation: number, how: number): undefined {
    // Too many hops: only a check can say what that means.
    const reached = (how & DEPTH) > this.maxDepth ? how | UNSURE : how;
    if (!this.visits.visit(entity, relation, reached, this.ownRun)) return;
    if (relation === this.target) this.found.push(entity);
    this.queue.push(entity, relation, reached);
  }

  private *pause(): Sliced<RelationFailure | undefined> {
    const over = this.inquiry.over();
    if (over) return over;
    this.tick = this.inquiry.take(SLICE);
    yield;
    return undefined;
  }
}

/** Tuples looked at in one slice: well below 2 ms. */
const SLICE = 2048;
/** How something was reached: hops so far, and whether it must be checked. */
const DEPTH = 2 ** 29 - 1;
const UNSURE = 2 ** 29;
