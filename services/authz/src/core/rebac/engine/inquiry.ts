import { err, ok, type Result } from '@lumo/kit';
import type { Asking, Budget } from '../relation-engine.js';
import type { RelationFailure } from '../relation-failure.js';
import { parseObject, parseSubject } from '../tuple-syntax.js';
import { ConditionJudge } from './condition-judge.js';
import { checkContextual } from './contextual-tuples.js';
import type { ModelPlan } from './model-plan.js';
import { isEverybody, isPlainId } from './names.js';
import { type EntityNumbers, Overlay } from './overlay.js';
import type { Plans } from './plans.js';
import { NONE } from './records.js';
import type { SubjectPlan } from './subject-plan.js';
import type { TupleStore } from './tuple-store.js';
import { TupleView, VIRTUAL } from './tuple-view.js';

/** The object of a question, or the subject of one, in numbers. */
export interface Subject {
  readonly entity: number;
  readonly relation: number;
  readonly plan: SubjectPlan;
  /** Entity that stands for everybody of the subject's type; -1 where no tuple names it, or the subject is no plain one. */
  readonly everybody: number;
}

/** One question on its way: numbers for its names, what it sees besides the store, and what it may still spend. */
export class Inquiry implements EntityNumbers {
  readonly view: TupleView;
  readonly budget: Budget;
  /** Nodes that may still be visited. */
  left: number;
  private sliceStart: number;
  /** Names that the store does not know. */
  private readonly strangers: string[] = [];
  private strangerIds: Map<string, number> | undefined;

  private constructor(
    readonly store: TupleStore,
    readonly plan: ModelPlan,
    private readonly plans: Plans,
    asking: Asking,
  ) {
    const { contextualTuples, rewind, budget } = asking;
    this.budget = budget;
    this.left = budget.nodes;
    this.sliceStart = budget.nodes;
    const overlay = contextualTuples?.length || rewind ? new Overlay(plan, this) : null;
    for (const key of rewind?.absent ?? []) overlay?.remove(key);
    for (const tuple of rewind?.present ?? []) overlay?.add(tuple);
    for (const tuple of contextualTuples ?? []) overlay?.add(tuple);
    this.view = new TupleView(store, plan, overlay, new ConditionJudge(plan, asking.context), this);
  }

  static open(store: TupleStore, plans: Plans, asking: Asking): Result<Inquiry, RelationFailure> {
    const plan = plans.of(asking.model, store.kinds);
    const { contextualTuples } = asking;
    const wrong = contextualTuples?.length ? checkContextual(asking.model, contextualTuples) : undefined;
    return wrong ? err(wrong) : ok(new Inquiry(store, plan, plans, asking));
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
    return ok(this.entityOf(text, colon, text.length));
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
    if (colon < 1 || hash === colon + 2 || !isPlainId(text, colon + 1, end)) {
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
      entity: this.entityOf(text, colon, end),
      relation,
      plan: this.plans.forSubject(this.plan, { type, relation, isEverybody: everybody }),
      everybody: relation === NONE && !everybody ? this.everybody(type) : NONE,
    });
  }

  /** A subject that is known by its numbers already. */
  subjectOf(entity: number, relation: number, isEverybody: boolean): Subject {
    const type = this.view.typeOf(entity);
    const everybody = relation === NONE && !isEverybody ? this.everybody(type) : NONE;
    return { entity, relation, plan: this.plans.forSubject(this.plan, { type, relation, isEverybody }), everybody };
  }

  /** Type of the model, or -1 where it has none of that name. */
  typeBefore(text: string, colon: number): number {
    const stored = this.store.kinds.typeBefore(text, colon);
    return stored === NONE ? this.plan.type(text.slice(0, colon)) : (this.plan.typeOfStored[stored] as number);
  }

  /** Of a name that the store does not know, a number that only this question understands. */
  entityOf(text: string, colon: number, end: number): number {
    const stored = this.store.entity(text, colon, end);
    return stored === NONE ? this.stranger(text.slice(0, end)) : stored;
  }

  entityText(entity: number): string {
    return entity < VIRTUAL ? this.store.entityText(entity) : (this.strangers[entity - VIRTUAL] ?? '');
  }

  /** What stands behind the type. */
  idText(entity: number): string {
    if (entity < VIRTUAL) return this.store.entities.textOf(entity);
    const text = this.strangers[entity - VIRTUAL] ?? '';
    return text.slice(text.indexOf(':') + 1);
  }

  /** `type:id` or `type:id#relation`. */
  subjectText(entity: number, relation: number): string {
    const text = this.entityText(entity);
    return relation === NONE ? text : `${text}#${this.plan.at(relation).name}`;
  }

  /** Whether an entity is `type:*`. */
  isEverybody(entity: number): boolean {
    if (entity < VIRTUAL) return this.store.everybodyOf[this.store.typeOf(entity)] === entity;
    return (this.strangers[entity - VIRTUAL] ?? '').endsWith(':*');
  }

  private everybody(type: number): number {
    const name = this.plan.types[type] as string;
    if (this.view.overlay) return this.entityOf(`${name}:*`, name.length, name.length + 2);
    const stored = this.store.kinds.type(name);
    return stored === NONE ? NONE : (this.store.everybodyOf[stored] ?? NONE);
  }

  private stranger(text: string): number {
    this.strangerIds ??= new Map();
    const known = this.strangerIds.get(text);
    if (known !== undefined) return known;
    const id = VIRTUAL + this.strangers.push(text) - 1;
    this.strangerIds.set(text, id);
    return id;
  }
}

/** Nodes visited in one slice: about a millisecond. */
const SLICE = 4096;

function malformed(field: string, detail: string): Result<never, RelationFailure> {
  return err({ reason: 'malformed', field, detail });
}
