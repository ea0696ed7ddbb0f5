import type { Sliced } from '../relation-engine.js';
import type { RelationFailure } from '../relation-failure.js';
import type { Inquiry } from './inquiry.js';
import type { ModelPlan } from './model-plan.js';
import { NONE } from './records.js';
import { allSteps, type Step } from './steps.js';
import { FAILED, NO } from './verdict.js';
import { Visits } from './visits.js';

/** A kind of subject that is looked for. `relation` is -1 for plain ones. */
export interface Wanted {
  readonly type: number;
  readonly relation: number;
}

/**
 * Goes from an object down to everyone whom its tuples name anywhere, also where an intersection or exclusion then leaves
 * them out. Who was reached over unions and tuples that count is sure to have the relation; the others must be checked.
 */
export class ForwardWalk {
  /** Named subjects (entity, relation or -1), and whether each is sure. */
  readonly named = new Map<number, boolean>();
  private readonly visits = new Visits();
  private readonly queue: number[] = [];
  private readonly ownRun: number;
  private readonly step: number;
  private readonly maxDepth: number;
  private readonly leads: readonly boolean[];
  private readonly steps: (readonly Step[])[] = [];
  private tick = 0;

  constructor(
    private readonly inquiry: Inquiry,
    private readonly wanted: readonly Wanted[],
  ) {
    const { depth } = inquiry.budget;
    this.step = depth === undefined ? 0 : 1;
    this.maxDepth = depth ?? 0;
    this.visits.begin();
    this.ownRun = this.visits.open();
    this.leads = relationsNaming(inquiry.plan, wanted);
  }

  /** Number of a subject in `named`, and back. */
  static keyOf(plan: ModelPlan, entity: number, relation: number): number {
    return entity * (plan.relations.length + 1) + relation + 1;
  }

  static fromKey(plan: ModelPlan, key: number): { readonly entity: number; readonly relation: number } {
    const width = plan.relations.length + 1;
    return { entity: Math.floor(key / width), relation: (key % width) - 1 };
  }

  *run(entity: number, relation: number): Sliced<RelationFailure | undefined> {
    const { queue } = this;
    this.reach(entity, relation, 0);
    for (let head = 0; head < queue.length; head += 3) {
      const at = queue[head] as number;
      const of = queue[head + 1] as number;
      const how = queue[head + 2] as number;
      for (const { leaf, isSure } of this.stepsOf(of)) {
        const reached = isSure ? how : how | UNSURE;
        if (leaf.kind === 'computed') this.reach(at, leaf.relation, reached);
        else {
          const over =
            leaf.kind === 'this'
              ? yield* this.fromTuples(at, of, reached)
              : yield* this.fromParents(at, leaf.tupleset, new Map(leaf.parents), reached);
          if (over) return over;
        }
      }
    }
    return undefined;
  }

  private *fromTuples(entity: number, relation: number, how: number): Sliced<RelationFailure | undefined> {
    const { view, plan } = this.inquiry;
    const node = view.nodeOf(entity, relation);
    const grants = plan.grants(relation);
    if (this.wanted.some((wanted) => wanted.relation === NONE)) {
      view.openPlain(node, entity, relation);
      while (view.next()) {
        if (--this.tick < 0) {
          const over = yield* this.pause();
          if (over) return over;
        }
        const type = view.typeOf(view.subject);
        if (!this.wanted.some((wanted) => wanted.relation === NONE && wanted.type === type)) continue;
        const grant = grants.of(type, this.inquiry.numbering.isEverybody(view.subject), NONE);
        const counts = grant ? view.counts(grant) : NO;
        if (counts !== NO) this.name(view.subject, NONE, counts === FAILED ? how | UNSURE : how);
      }
    }
    view.openUsersets(node, entity, relation);
    while (view.next()) {
      if (--this.tick < 0) {
        const over = yield* this.pause();
        if (over) return over;
      }
      if (!this.leads[view.subjectRelation]) continue;
      const grant = grants.of(view.typeOf(view.subject), false, view.subjectRelation);
      const counts = grant ? view.counts(grant) : NO;
      const reached = how + this.step;
      if (counts !== NO) this.reach(view.subject, view.subjectRelation, counts === FAILED ? reached | UNSURE : reached);
    }
    return undefined;
  }

  private *fromParents(
    entity: number,
    tupleset: number,
    targets: ReadonlyMap<number, number>,
    how: number,
  ): Sliced<RelationFailure | undefined> {
    const { view, plan } = this.inquiry;
    view.openPlain(view.nodeOf(entity, tupleset), entity, tupleset);
    while (view.next()) {
      if (--this.tick < 0) {
        const over = yield* this.pause();
        if (over) return over;
      }
      const type = view.typeOf(view.subject);
      const target = targets.get(type);
      const grant = plan.grants(tupleset).of(type, false, NONE);
      if (target === undefined || !grant) continue;
      const counts = view.counts(grant);
      const reached = how + this.step;
      if (counts !== NO) this.reach(view.subject, target, counts === FAILED ? reached | UNSURE : reached);
    }
    return undefined;
  }

  private reach(entity: number, relation: number, how: number): void {
    if (!this.leads[relation]) return;
    // Too many hops: only a check can say what that means.
    const reached = (how & DEPTH) > this.maxDepth ? how | UNSURE : how;
    if (!this.visits.visit(entity, relation, reached, this.ownRun)) return;
    this.name(entity, relation, reached);
    this.queue.push(entity, relation, reached);
  }

  private name(entity: number, relation: number, how: number): void {
    if (relation !== NONE && !this.wanted.some((wanted) => wanted.relation === relation)) return;
    const key = ForwardWalk.keyOf(this.inquiry.plan, entity, relation);
    this.named.set(key, how < UNSURE || (this.named.get(key) ?? false));
  }

  private stepsOf(relation: number): readonly Step[] {
    const known = this.steps[relation];
    if (known) return known;
    const steps = allSteps(this.inquiry.plan.at(relation).rewrite);
    this.steps[relation] = steps;
    return steps;
  }

  private *pause(): Sliced<RelationFailure | undefined> {
    const over = this.inquiry.over();
    if (over) return over;
    this.tick = this.inquiry.take(SLICE);
    yield;
    return undefined;
  }
}

/** Relations by which tuples can name subjects of the wanted kinds, whatever intersections and exclusions say. */
function relationsNaming(plan: ModelPlan, wanted: readonly Wanted[]): readonly boolean[] {
  const naming = plan.relations.map(({ id, restrictions }) =>
    wanted.some(({ type, relation }) =>
      relation === NONE
        ? restrictions.some((it) => it.relation === undefined && plan.type(it.type) === type)
        : relation === id,
    ),
  );
  const news = naming.flatMap((names, relation) => (names ? [relation] : []));
  for (let relation = news.pop(); relation !== undefined; relation = news.pop())
    for (const asking of plan.askedBy[relation] ?? []) {
      if (naming[asking]) continue;
      naming[asking] = true;
      news.push(asking);
    }
  return naming;
}

/** Tuples looked at in one slice: well below 2 ms. */
const SLICE = 2048;
/** How something was reached: hops so far, and whether it must be checked. */
const DEPTH = 2 ** 29 - 1;
const UNSURE = 2 ** 29;
