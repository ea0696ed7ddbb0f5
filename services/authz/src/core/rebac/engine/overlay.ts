import type { RelationTuple, TupleKey } from '../tuple.js';
import type { Caveat } from './caveats.js';
import type { ModelPlan } from './model-plan.js';
import { partsOf } from './names.js';
import type { Numbering } from './numbering.js';
import { NONE } from './records.js';

/** A tuple in numbers of the question. */
export interface Edge {
  readonly entity: number;
  readonly relation: number;
  readonly subject: number;
  /** -1 for plain subjects. */
  readonly subjectRelation: number;
  readonly caveat: Caveat | null;
}

/**
 * What a question sees on top of the stored tuples: contextual ones, and changes undone. A tuple here replaces the stored
 * one of the same key, a hidden key is as if it were not stored. On top of another overlay likewise.
 */
export class Overlay {
  private readonly edges = new Map<number, Map<number, Edge>>();
  private readonly reverse = new Map<number, Set<Edge>>();
  private readonly hidden = new Map<number, Set<number>>();
  private readonly width: number;
  private readonly touched = new Set<number>();

  constructor(
    private readonly plan: ModelPlan,
    private readonly numbering: Numbering,
    private readonly base?: Overlay,
  ) {
    this.width = plan.relations.length + 1;
  }

  /** Tuples of relations that the model does not know are passed over. */
  add({ object, relation, subject, condition }: RelationTuple): void {
    const key = this.keyOf({ object, relation, subject });
    if (!key) return;
    this.hide(key.node, key.subject);
    const edges = this.edges.get(key.node) ?? new Map<number, Edge>();
    this.edges.set(key.node, edges);
    const replaced = edges.get(key.subject);
    if (replaced) this.reverse.get(key.subject)?.delete(replaced);
    const caveat = condition ? { name: condition.name, context: condition.context } : null;
    const edge = { ...key.edge, caveat };
    edges.set(key.subject, edge);
    const reverse = this.reverse.get(key.subject) ?? new Set<Edge>();
    this.reverse.set(key.subject, reverse.add(edge));
    this.touched.add(edge.relation);
  }

  remove(tuple: TupleKey): void {
    const key = this.keyOf(tuple);
    if (!key) return;
    this.hide(key.node, key.subject);
    this.touched.add(key.edge.relation);
  }

  edge(entity: number, relation: number, subject: number, subjectRelation: number): Edge | undefined {
    const own = this.edges.get(this.number(entity, relation))?.get(this.number(subject, subjectRelation));
    if (own || !this.base || this.hidesItself(entity, relation, subject, subjectRelation)) return own;
    return this.base.edge(entity, relation, subject, subjectRelation);
  }

  edgesOf(entity: number, relation: number): Iterable<Edge> {
    const own = this.edges.get(this.number(entity, relation))?.values() ?? [];
    return this.base ? [...own, ...this.left(this.base.edgesOf(entity, relation))] : own;
  }

  edgesTo(subject: number, subjectRelation: number): Iterable<Edge> {
    const own = this.reverse.get(this.number(subject, subjectRelation)) ?? [];
    return this.base ? [...own, ...this.left(this.base.edgesTo(subject, subjectRelation))] : own;
  }

  /** Whether a stored tuple is not to be seen. */
  hides(entity: number, relation: number, subject: number, subjectRelation: number): boolean {
    return (
      this.hidesItself(entity, relation, subject, subjectRelation) ||
      (this.base?.hides(entity, relation, subject, subjectRelation) ?? false)
    );
  }

  /** Whether any tuple of a relation is other than stored. */
  touches(relation: number): boolean {
    return this.touched.has(relation) || (this.base?.touches(relation) ?? false);
  }

  private hidesItself(entity: number, relation: number, subject: number, subjectRelation: number): boolean {
    return this.hidden.get(this.number(entity, relation))?.has(this.number(subject, subjectRelation)) ?? false;
  }

  private left(edges: Iterable<Edge>): readonly Edge[] {
    return [...edges].filter(
      ({ entity, relation, subject, subjectRelation }) => !this.hidesItself(entity, relation, subject, subjectRelation),
    );
  }

  private hide(node: number, subject: number): void {
    const hidden = this.hidden.get(node) ?? new Set<number>();
    this.hidden.set(node, hidden.add(subject));
  }

  private keyOf({ object, relation: name, subject }: TupleKey) {
    const { plan, numbering } = this;
    const { colon } = partsOf(object);
    const relation = plan.relation(plan.type(object.slice(0, colon)), name);
    const parts = partsOf(subject);
    const type = plan.type(subject.slice(0, parts.colon));
    if (relation === NONE || type === NONE) return undefined;
    const isUserset = parts.hash < subject.length;
    const subjectRelation = isUserset ? plan.relation(type, subject.slice(parts.hash + 1)) : NONE;
    if (isUserset && subjectRelation === NONE) return undefined;
    const entity = numbering.entityOf(object, colon, object.length);
    const subjectEntity = numbering.entityOf(subject, parts.colon, parts.hash);
    return {
      node: this.number(entity, relation),
      subject: this.number(subjectEntity, subjectRelation),
      edge: { entity, relation, subject: subjectEntity, subjectRelation },
    };
  }

  private number(entity: number, relation: number): number {
    return entity * this.width + relation + 1;
  }
}
