import type { TupleKey } from '../tuple.js';
import type { Caveat } from './caveats.js';
import type { ConditionJudge } from './condition-judge.js';
import type { Grant } from './grants.js';
import type { ModelPlan } from './model-plan.js';
import { type Numbering, VIRTUAL } from './numbering.js';
import type { Edge, Overlay } from './overlay.js';
import { NONE } from './records.js';
import type { TupleStore } from './tuple-store.js';
import { NO, type Verdict, YES } from './verdict.js';

/**
 * The tuples as one question sees them: the stored ones, less those hidden, plus its own; and which of them count under its
 * model and context. A cursor: `open…`, then `next` until it is false; while it stands on a tuple, that tuple's ends are
 * its fields.
 */
export class TupleView {
  /** Object and relation of the tuple under the cursor. */
  entity = 0;
  relation = 0;
  /** Its subject; `subjectRelation` is -1 for plain ones. */
  subject = 0;
  subjectRelation = 0;
  private mode: typeof PLAIN | typeof USERSETS | typeof REVERSE = PLAIN;
  /** Node whose set is read; in reverse, the userset that stands on others or -1. */
  private node = NONE;
  private member = NONE;
  private single = NONE;
  private at = 0;
  private last = 0;
  private edges: Iterator<Edge> | undefined;
  private edge: Edge | undefined;

  constructor(
    readonly store: TupleStore,
    readonly plan: ModelPlan,
    readonly overlay: Overlay | null,
    readonly judge: ConditionJudge,
    private readonly numbering: Numbering,
  ) {}

  /** Node of the store; -1 where no stored tuple is there. */
  nodeOf(entity: number, relation: number): number {
    const kind = this.plan.kindOf[relation] as number;
    return entity >= VIRTUAL || kind === NONE ? NONE : this.store.node(entity, kind);
  }

  /** Type of the model; -1 where it has none. Not for names that only the question knows. */
  typeOf(entity: number): number {
    if (entity >= VIRTUAL) return this.typeOfText(this.numbering.entityText(entity));
    return this.plan.typeOfStored[this.store.typeOf(entity)] as number;
  }

  /**
   * Whether the tuple of these ends is there and counts.
   * @param node of entity and relation
   * @param subjectNode of the subject where that is a userset, else -1
   */
  holds(
    node: number,
    entity: number,
    relation: number,
    subject: number,
    subjectRelation: number,
    subjectNode: number,
    grant: Grant,
  ): Verdict {
    const { store, overlay } = this;
    if (overlay?.touches(relation)) {
      const edge = overlay.edge(entity, relation, subject, subjectRelation);
      if (edge)
        return this.countsWith(edge.caveat, grant, edge.entity, edge.relation, edge.subject, edge.subjectRelation);
      if (overlay.hides(entity, relation, subject, subjectRelation)) return NO;
    }
    if (node === NONE) return NO;
    const isUserset = subjectRelation !== NONE;
    const id = isUserset ? subjectNode : subject;
    const member = store.sets.find(isUserset ? store.usersetsOf(node) : store.plainOf(node), id);
    if (member === NONE) return NO;
    if ((member & 1) === 0) return grant.bare ? YES : NO;
    const caveat = store.caveats.read(store.caveatOf(node, id, isUserset));
    return this.countsWith(caveat, grant, entity, relation, subject, subjectRelation);
  }

  /** Puts the cursor on one tuple, if it is there. */
  seek(entity: number, relation: number, subject: number, subjectRelation: number): boolean {
    const { store, overlay } = this;
    this.entity = entity;
    this.relation = relation;
    this.subject = subject;
    this.subjectRelation = subjectRelation;
    this.mode = subjectRelation === NONE ? PLAIN : USERSETS;
    this.edge = overlay?.edge(entity, relation, subject, subjectRelation);
    if (this.edge) return true;
    if (overlay?.hides(entity, relation, subject, subjectRelation)) return false;
    this.node = this.nodeOf(entity, relation);
    if (this.node === NONE) return false;
    const isPlain = subjectRelation === NONE;
    const id = isPlain ? subject : this.nodeOf(subject, subjectRelation);
    this.member = store.sets.find(isPlain ? store.plainOf(this.node) : store.usersetsOf(this.node), id);
    return this.member !== NONE;
  }

  /** Entities that stand on a relation. */
  openPlain(node: number, entity: number, relation: number): void {
    this.mode = PLAIN;
    this.openForward(node, entity, relation, node === NONE ? 0 : this.store.plainOf(node));
  }

  /** Usersets that stand on a relation. */
  openUsersets(node: number, entity: number, relation: number): void {
    this.mode = USERSETS;
    this.openForward(node, entity, relation, node === NONE ? 0 : this.store.usersetsOf(node));
  }

  /** What a subject stands on. */
  openReverse(subject: number, subjectRelation: number): void {
    this.mode = REVERSE;
    this.subject = subject;
    this.subjectRelation = subjectRelation;
    const node = subjectRelation === NONE ? NONE : this.nodeOf(subject, subjectRelation);
    this.node = node;
    let set = 0;
    if (node !== NONE) set = this.store.usersetStandsOn(node);
    else if (subjectRelation === NONE && subject < VIRTUAL) set = this.store.standsOn(subject);
    this.openSet(set);
    this.edges = this.overlay ? this.overlay.edgesTo(subject, subjectRelation)[Symbol.iterator]() : undefined;
  }

  next(): boolean {
    for (;;) {
      let member = this.single;
      if (member !== NONE) this.single = NONE;
      else {
        const { data } = this.store.sets;
        while (this.at < this.last && member === NONE) member = data[this.at++] as number;
        if (member === NONE) return this.nextEdge();
      }
      this.member = member;
      if (this.mode === REVERSE) this.readReverse(member >> 1);
      else this.readForward(member >> 1);
      if (this.relation === NONE || (this.mode === USERSETS && this.subjectRelation === NONE)) continue;
      const { overlay } = this;
      if (!overlay?.touches(this.relation)) return true;
      if (!overlay.hides(this.entity, this.relation, this.subject, this.subjectRelation)) return true;
    }
  }

  /** Whether the tuple under the cursor counts. */
  counts(grant: Grant): Verdict {
    if (this.edge === undefined && (this.member & 1) === 0) return grant.bare ? YES : NO;
    return this.countsWith(this.caveat(), grant, this.entity, this.relation, this.subject, this.subjectRelation);
  }

  /** Whether the model allows the tuple under the cursor, whatever its condition says. */
  mayCount(grant: Grant): boolean {
    const caveat = this.caveat();
    return caveat === null ? grant.bare : this.judge.fits(caveat, grant);
  }

  /** Condition of the tuple under the cursor. */
  caveat(): Caveat | null {
    if (this.edge) return this.edge.caveat;
    if ((this.member & 1) === 0) return null;
    const { caveats } = this.store;
    const other = this.member >> 1;
    if (this.mode !== REVERSE) return caveats.read(this.store.caveatOf(this.node, other, this.mode === USERSETS));
    const isUserset = this.node !== NONE;
    return caveats.read(this.store.caveatOf(other, isUserset ? this.node : this.subject, isUserset));
  }

  private openForward(node: number, entity: number, relation: number, set: number): void {
    this.node = node;
    this.entity = entity;
    this.relation = relation;
    this.openSet(set);
    this.edges = this.overlay?.touches(relation)
      ? this.overlay.edgesOf(entity, relation)[Symbol.iterator]()
      : undefined;
  }

  private openSet(set: number): void {
    this.edge = undefined;
    this.single = set < 0 ? ~set : NONE;
    this.at = set > 0 ? this.store.sets.first(set) : 0;
    this.last = set > 0 ? this.store.sets.last(set) : 0;
  }

  private readForward(id: number): void {
    if (this.mode === PLAIN) {
      this.subject = id;
      this.subjectRelation = NONE;
      return;
    }
    this.subject = this.store.entityOf(id);
    this.subjectRelation = this.plan.relationOfKind[this.store.kindOf(id)] as number;
  }

  private readReverse(node: number): void {
    this.entity = this.store.entityOf(node);
    this.relation = this.plan.relationOfKind[this.store.kindOf(node)] as number;
  }

  private nextEdge(): boolean {
    for (let next = this.edges?.next(); next && !next.done; next = this.edges?.next()) {
      const edge = next.value;
      if (this.mode !== REVERSE && (edge.subjectRelation === NONE) !== (this.mode === PLAIN)) continue;
      this.edge = edge;
      this.entity = edge.entity;
      this.relation = edge.relation;
      this.subject = edge.subject;
      this.subjectRelation = edge.subjectRelation;
      return true;
    }
    return false;
  }

  private countsWith(
    caveat: Caveat | null,
    grant: Grant,
    entity: number,
    relation: number,
    subject: number,
    subjectRelation: number,
  ): Verdict {
    if (caveat === null) return grant.bare ? YES : NO;
    return this.judge.judge(caveat, grant, () => this.textOf(entity, relation, subject, subjectRelation));
  }

  private textOf(entity: number, relation: number, subject: number, subjectRelation: number): TupleKey {
    const text = this.numbering.entityText(subject);
    return {
      object: this.numbering.entityText(entity),
      relation: this.plan.at(relation).name,
      subject: subjectRelation === NONE ? text : `${text}#${this.plan.at(subjectRelation).name}`,
    };
  }

  private typeOfText(text: string): number {
    return this.plan.type(text.slice(0, text.indexOf(':')));
  }
}

const PLAIN = 0;
const USERSETS = 1;
const REVERSE = 2;
