import { err, ok, type Result } from '@lumo/kit';
import type { Userset } from '../authorization-model.js';
import type { ExpandQuestion, UsersetTree } from '../relation-engine.js';
import type { RelationFailure } from '../relation-failure.js';
import { Inquiry, type Sources } from './inquiry.js';
import { NONE } from './records.js';

/** One level of a derivation, in the shape the relation is written in: whom its tuples name, and what is asked next. */
export function expand(sources: Sources, question: ExpandQuestion): Result<UsersetTree, RelationFailure> {
  const inquiry = Inquiry.open(sources, question);
  if (!inquiry.ok) return inquiry;
  const object = inquiry.value.object(question.object);
  if (!object.ok) return object;
  const relation = inquiry.value.relation(inquiry.value.view.typeOf(object.value), question.relation);
  if (!relation.ok) return relation;
  const tree = new Expansion(inquiry.value, object.value, question.object).tree(relation.value);
  const over = inquiry.value.over();
  return over ? err(over) : ok(tree);
}

class Expansion {
  constructor(
    private readonly inquiry: Inquiry,
    private readonly entity: number,
    private readonly object: string,
  ) {}

  tree(relation: number): UsersetTree {
    const { type, name } = this.inquiry.plan.at(relation);
    const typeName = this.inquiry.plan.types[type];
    const definition = this.inquiry.plan.model.model.type_definitions.find((it) => it.type === typeName);
    return this.part(relation, definition?.relations?.[name] ?? { this: {} });
  }

  private part(relation: number, userset: Userset): UsersetTree {
    const name = `${this.object}#${this.inquiry.plan.at(relation).name}`;
    const { computedUserset, tupleToUserset, union, intersection, difference } = userset;
    const parts = (children: readonly Userset[]) => children.map((child) => this.part(relation, child));
    if (computedUserset) return { name, leaf: { computed: `${this.object}#${computedUserset.relation}` } };
    if (tupleToUserset) {
      const { tupleset, computedUserset: of } = tupleToUserset;
      const computed = this.parents(relation, tupleset.relation, of.relation);
      return { name, leaf: { tupleset: `${this.object}#${tupleset.relation}`, computed } };
    }
    if (union) return { name, union: parts(union.child) };
    if (intersection) return { name, intersection: parts(intersection.child) };
    if (difference) {
      const { base, subtract } = difference;
      return { name, difference: { base: this.part(relation, base), subtract: this.part(relation, subtract) } };
    }
    return { name, leaf: { users: this.users(relation) } };
  }

  /** Everyone a tuple names, whether or not its condition holds: an expansion has no context. */
  private users(relation: number): readonly string[] {
    const { view } = this.inquiry;
    const node = view.nodeOf(this.entity, relation);
    const users: string[] = [];
    const read = () => {
      while (view.next() && this.inquiry.take(1) > 0)
        if (this.isAllowed(relation)) users.push(this.inquiry.subjectText(view.subject, view.subjectRelation));
    };
    view.openPlain(node, this.entity, relation);
    read();
    view.openUsersets(node, this.entity, relation);
    read();
    return users.sort();
  }

  private parents(owner: number, tupleset: string, relation: string): readonly string[] {
    const { view, plan } = this.inquiry;
    const from = plan.relation(plan.at(owner).type, tupleset);
    const parents: string[] = [];
    view.openPlain(view.nodeOf(this.entity, from), this.entity, from);
    while (view.next() && this.inquiry.take(1) > 0)
      if (plan.relation(view.typeOf(view.subject), relation) !== NONE && this.isAllowed(from))
        parents.push(`${this.inquiry.numbering.entityText(view.subject)}#${relation}`);
    return parents.sort();
  }

  /** Whether the model allows the tuple under the cursor. */
  private isAllowed(relation: number): boolean {
    const { view, plan } = this.inquiry;
    const isEverybody = view.subjectRelation === NONE && this.inquiry.numbering.isEverybody(view.subject);
    const grant = plan.grants(relation).of(view.typeOf(view.subject), isEverybody, view.subjectRelation);
    return grant !== null && view.mayCount(grant);
  }
}
