import type { Explanation } from '../relation-engine.js';
import type { RelationTuple } from '../tuple.js';
import type { Checker } from './check.js';
import type { Grant } from './grants.js';
import type { Inquiry, Subject } from './inquiry.js';
import type { PlannedRewrite } from './model-plan.js';
import { NONE } from './records.js';
import { NO, type Verdict, YES } from './verdict.js';

/** A part of the definition of a relation; the whole of it at first. */
export interface Part {
  readonly owner: number;
  readonly rewrite: PlannedRewrite;
}

/** A tuple that a step goes by. */
export interface Named {
  readonly entity: number;
  readonly relation: number;
  readonly tuple: RelationTuple;
  readonly counts: Verdict;
}

/** What both kinds of explanations are told with: words for numbers, tuples of a node, and a bound on the whole. */
export class Explaining {
  /** Nodes that may still be told of. */
  left = MAX_NODES;

  constructor(
    readonly inquiry: Inquiry,
    private readonly checker: Checker,
    readonly subject: Subject,
    private readonly subjectText: string,
  ) {}

  question(entity: number, relation: number): string {
    return `${this.inquiry.subjectText(entity, relation)}@${this.subjectText}`;
  }

  verdict(entity: number, { owner, rewrite }: Part): Verdict {
    return this.checker.checkRegion(this.inquiry, this.subject, entity, this.subject.plan.regionOfPart(owner, rewrite));
  }

  isSelf(entity: number, relation: number): boolean {
    return this.subject.relation === relation && this.subject.entity === entity;
  }

  /** The tuples that name the subject itself or everybody of its type, whether or not they count. */
  *own(entity: number, relation: number): Iterable<Named & { readonly via: 'tuple' | 'wildcard' }> {
    const { subject, inquiry } = this;
    const { own, everybody } = subject.plan.grants(relation);
    const found = [
      { via: 'tuple', grant: own, of: subject.entity },
      { via: 'wildcard', grant: everybody, of: subject.everybody },
    ] as const;
    for (const { via, grant, of } of found) {
      if (!grant || of === NONE) continue;
      if (inquiry.view.seek(entity, relation, of, via === 'tuple' ? subject.relation : NONE))
        yield { via, ...this.read(grant) };
    }
  }

  /** Usersets that stand on a relation and that the model allows there. */
  usersets(entity: number, relation: number): readonly Named[] {
    const { view } = this.inquiry;
    const found: Named[] = [];
    const grants = this.subject.plan.usersetGrants(relation);
    view.openUsersets(view.nodeOf(entity, relation), entity, relation);
    while (view.next()) {
      const grant = grants.get(view.subjectRelation);
      if (grant && this.inquiry.take(1) > 0) found.push(this.read(grant));
    }
    return found;
  }

  /** Tuples of a tupleset, with the relation to ask of the parent. */
  parents(entity: number, leaf: PlannedRewrite & { readonly kind: 'parent' }): readonly Named[] {
    const { view, plan } = this.inquiry;
    const found: Named[] = [];
    const grants = plan.grants(leaf.tupleset);
    const targets = new Map(leaf.parents);
    view.openPlain(view.nodeOf(entity, leaf.tupleset), entity, leaf.tupleset);
    while (view.next()) {
      const target = targets.get(view.typeOf(view.subject));
      const grant = grants.of(view.typeOf(view.subject), false, NONE);
      if (target === undefined || !grant || !this.subject.plan.canReach(target)) continue;
      if (this.inquiry.take(1) > 0) found.push({ ...this.read(grant), relation: target });
    }
    return found;
  }

  /** A place for an answer where there is no room to tell more. */
  cut(entity: number, relation: number, allowed: boolean): Explanation {
    return { question: this.question(entity, relation), allowed, via: allowed ? 'tuple' : 'union', truncated: true };
  }

  private read(grant: Grant): Named {
    const { inquiry } = this;
    const { view } = inquiry;
    const caveat = view.caveat();
    const counts = view.counts(grant);
    return {
      entity: view.subject,
      relation: view.subjectRelation,
      counts,
      tuple: {
        object: inquiry.numbering.entityText(view.entity),
        relation: inquiry.plan.at(view.relation).name,
        subject: inquiry.subjectText(view.subject, view.subjectRelation),
        ...(caveat && { condition: { name: caveat.name, ...(caveat.context && { context: caveat.context }) } }),
      },
    };
  }
}

/** With what is known of its condition, as an explanation shows a tuple. */
export function shown({ tuple, counts }: Named): NonNullable<Explanation['tuple']> {
  if (!tuple.condition || (counts !== YES && counts !== NO)) return tuple;
  return { ...tuple, conditionHolds: counts === YES };
}

/** Enough to read. */
const MAX_NODES = 300;
