import type { Closure } from './closure.js';
import type { Subject } from './inquiry.js';
import type { Memberships } from './memberships.js';
import { VIRTUAL } from './numbering.js';
import { NONE } from './records.js';
import type { Direct, Hop } from './regions.js';
import type { TupleView } from './tuple-view.js';
import { NO, type Verdict, YES } from './verdict.js';

/** Decides by what is kept of the usersets that a subject is in, where a question may go by that. */
export class HeldUsersets {
  private view!: TupleView;
  private subject = NONE;
  private everybody = NONE;
  /** Where it is kept. */
  private at = NONE;

  constructor(private readonly memberships: Memberships) {}

  begin(view: TupleView, { entity, everybody }: Subject): void {
    this.view = view;
    this.subject = entity < VIRTUAL ? entity : NONE;
    this.everybody = everybody < VIRTUAL ? everybody : NONE;
  }

  /** Tuples looked at since the last call. */
  takeLooked(): number {
    return this.memberships.takeLooked();
  }

  /**
   * Whether what the subject is in is known, or worth finding out, and all that this question may go by.
   * @param node where usersets stand that may hold the subject
   * @param hops that may be made from there
   */
  isKnown(closure: Closure, relation: number, node: number, hops: number): boolean {
    const { view, memberships } = this;
    const { overlay, store } = view;
    const usersets = store.usersetsOf(node);
    if (usersets === 0 || (!closure.isNested && store.sets.size(usersets) < FEW)) return false;
    if (overlay && (overlay.touches(relation) || closure.written.some((it, id) => it && overlay.touches(id))))
      return false;
    this.at = memberships.of(closure, this.subject, this.everybody);
    return this.at !== NONE && memberships.height(this.at) < hops;
  }

  /** Whether one of the usersets that stand on a node is one that the subject is in: by the smaller of both sets. */
  decide(direct: Direct, entity: number, node: number): Verdict {
    const { view, memberships, at: held } = this;
    const { sets } = view.store;
    const usersets = view.store.usersetsOf(node);
    if (usersets < 0) return memberships.has(held, ~usersets >> 1) ? this.ifCounts(direct, entity, ~usersets) : NO;
    let verdict: Verdict = NO;
    if (memberships.size(held) < sets.size(usersets)) {
      for (let at = memberships.first(held), last = memberships.last(held); at < last && verdict !== YES; at++) {
        const userset = memberships.node(at);
        const member = userset === NONE ? NONE : sets.find(usersets, userset);
        const found = member === NONE ? NO : this.ifCounts(direct, entity, member);
        if (found > verdict) verdict = found;
      }
      return verdict;
    }
    for (let at = sets.first(usersets), last = sets.last(usersets); at < last && verdict !== YES; at++) {
      const member = sets.data[at] as number;
      if (member === NONE || !memberships.has(held, member >> 1)) continue;
      const found = this.ifCounts(direct, entity, member);
      if (found > verdict) verdict = found;
    }
    return verdict;
  }

  /** Whether the tuple of a userset that the subject is in counts. */
  private ifCounts({ relation, hops }: Direct, entity: number, member: number): Verdict {
    const { view } = this;
    const userset = member >> 1;
    const of = view.plan.relationOfKind[view.store.kindOf(userset)] as number;
    for (let i = 0; i < hops.length; i++) {
      const hop = hops[i] as Hop;
      if (hop.relation !== of || !hop.isClosed) continue;
      if ((member & 1) === 0) return hop.grant.bare ? YES : NO;
      view.seek(entity, relation, view.store.entityOf(userset), of);
      return view.counts(hop.grant);
    }
    return NO;
  }
}

/** So few usersets that are in nothing else are looked into one by one. */
const FEW = 4;
