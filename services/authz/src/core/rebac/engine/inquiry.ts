import { err, ok, type Result } from '@lumo/kit';
import type { Asking, Budget } from '../relation-engine.js';
import type { RelationFailure } from '../relation-failure.js';
import { parseObject, parseSubject } from '../tuple-syntax.js';
import type { Checker } from './check.js';
import { ConditionJudge } from './condition-judge.js';
import { checkContextual } from './contextual-tuples.js';
import type { ModelPlan } from './model-plan.js';
import { isEverybody, isPlainId } from './names.js';
import { Numbering } from './numbering.js';
import { Overlay } from './overlay.js';
import type { Plans } from './plans.js';
import { NONE } from './records.js';
import type { Rewound } from './rewound.js';
import type { SubjectPlan } from './subject-plan.js';
import type { TupleStore } from './tuple-store.js';
import { TupleView } from './tuple-view.js';

/** The object of a question, or the subject of one, in numbers. */
export interface Subject {
  readonly entity: number;
  readonly relation: number;
  readonly plan: SubjectPlan;
  /** Entity that stands for everybody of the subject's type; -1 where no tuple names it, or the subject is no plain one. */
  readonly everybody: number;
}

/** What an engine has for every question. */
export interface Sources {
  readonly store: TupleStore;
  readonly plans: Plans;
  readonly rewound: Rewound;
  readonly checker: Checker;
}

/** One question on its way: numbers for its names, what it sees besides the store, and what it may still spend. */
export class Inquiry {
  readonly view: TupleView;
  readonly budget: Budget;
  /** Nodes that may still be visited. */
  left: number;
  private sliceStart: number;
  readonly numbering: Numbering;

  private constructor(
    private readonly sources: Sources,
    readonly plan: ModelPlan,
    asking: Asking,
  ) {
    const { contextualTuples, rewind, budget } = asking;
    const { store } = sources;
    this.budget = budget;
    this.left = budget.nodes;
    this.sliceStart = budget.nodes;
    const earlier = rewind && sources.rewound.to(rewind, plan);
    this.numbering = new Numbering(store, earlier?.numbering);
    let overlay = earlier?.overlay ?? null;
    if (contextualTuples?.length) {
      overlay = new Overlay(plan, this.numbering, earlier?.overlay);
      for (const tuple of contextualTuples) overlay.add(tuple);
    }
    this.view = new TupleView(store, plan, overlay, new ConditionJudge(plan, asking.context), this.numbering);
  }

  static open(sources: Sources, asking: Asking): Result<Inquiry, RelationFailure> {
    const plan = sources.plans.of(asking.model, sources.store.kinds);
    const { contextualTuples } = asking;
    const wrong = contextualTuples?.length ? checkContextual(asking.model, contextualTuples) : undefined;
    return wrong ? err(wrong) : ok(new Inquiry(sources, plan, asking));
  }

  /** Takes nodes from the budget: as many as asked for, or what is left. */
  take(nodes: number): number {
    const taken = Math.min(nodes, this.left);
    this.left -= taken;
    return taken;
  }

  /** Whether enough was visited since the last time this was true, so that others should get their turn. */
  isSliceOver(): boolean {
    if (this.sliceStart - this.left < SLICE) return false;
    this.sliceStart = this.left;
    return true;
  }

  over(): RelationFailure | undefined {
    const { nodes, timeMs, isOver } = this.budget;
    if (this.left <= 0) return { reason: 'over_budget', budget: 'nodes', limit: nodes };
    return isOver() ? { reason: 'over_budget', budget: 'time', limit: timeMs } : undefined;
  }

  /** Entity of `type:id`. */
  object(text: string): Result<number, RelationFailure> {
    const colon = text.indexOf(':');
    if (colon < 1 || isEverybody(text, colon) || !isPlainId(text, colon + 1, text.length)) {
      const parsed = parseObject(text);
      if (!parsed.ok) return malformed('object', parsed.error);
    }
    if (this.typeBefore(text, colon) === NONE) return err({ reason: 'type_not_found', type: text.slice(0, colon) });
    return ok(this.numbering.entityOf(text, colon, text.length));
  }

  relation(type: number, name: string): Result<number, RelationFailure> {
    const relation = this.plan.relation(type, name);
    if (relation !== NONE) return ok(relation);
    return err({ reason: 'relation_not_found', type: this.plan.types[type] ?? '', relation: name });
  }

  subject(text: string): Result<Subject, RelationFailure> {
    const colon = text.indexOf(':');
    const hash = text.indexOf('#', colon + 1);
    const end = hash === NONE ? text.length : hash;
    const everybody = isEverybody(text, colon);
    if (colon < 1 || hash === colon + 2 || hash === text.length - 1 || !isPlainId(text, colon + 1, end)) {
      const parsed = parseSubject(text);
      if (!parsed.ok) return malformed('subject', parsed.error);
    }
    const type = this.typeBefore(text, colon);
    if (type === NONE) return err({ reason: 'type_not_found', type: text.slice(0, colon) });
    let relation = NONE;
    if (hash !== NONE) {
      const found = this.relation(type, text.slice(hash + 1));
      if (!found.ok) return found;
      relation = found.value;
    }
    return ok({
      entity: this.numbering.entityOf(text, colon, end),
      relation,
      plan: this.sources.plans.forSubject(this.plan, { type, relation, isEverybody: everybody }),
      everybody: relation === NONE && !everybody ? this.everybody(type) : NONE,
    });
  }

  /** A subject that is known by its numbers already. */
  subjectOf(entity: number, relation: number, isEverybody: boolean): Subject {
    const type = this.view.typeOf(entity);
    const everybody = relation === NONE && !isEverybody ? this.everybody(type) : NONE;
    return {
      entity,
      relation,
      plan: this.sources.plans.forSubject(this.plan, { type, relation, isEverybody }),
      everybody,
    };
  }

  /** Type of the model, or -1 where it has none of that name. */
  typeBefore(text: string, colon: number): number {
    const stored = this.sources.store.kinds.typeBefore(text, colon);
    return stored === NONE ? this.plan.type(text.slice(0, colon)) : (this.plan.typeOfStored[stored] as number);
  }

  /** `type:id` or `type:id#relation`. */
  subjectText(entity: number, relation: number): string {
    const text = this.numbering.entityText(entity);
    return relation === NONE ? text : `${text}#${this.plan.at(relation).name}`;
  }

  private everybody(type: number): number {
    const name = this.plan.types[type] as string;
    if (this.view.overlay) return this.numbering.entityOf(`${name}:*`, name.length, name.length + 2);
    const stored = this.sources.store.kinds.type(name);
    return stored === NONE ? NONE : (this.sources.store.everybodyOf[stored] ?? NONE);
  }
}

/** Nodes visited in one slice: about a millisecond. */
const SLICE = 4096;

function malformed(field: string, detail: string): Result<never, RelationFailure> {
  return err({ reason: 'malformed', field, detail });
}
