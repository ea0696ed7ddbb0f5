import type { Restriction } from '../compiled-model.js';
import type { ModelPlan, PlannedRewrite } from './model-plan.js';

/** Through which relations subjects of some shapes can be related at all, by whatever tuples: a least fixed point. */
export class Reach {
  private readonly reached: boolean[];
  private readonly written: readonly boolean[];

  /**
   * @param accepts whether a direct relation may name such subjects
   * @param given a relation that they have in any case; -1 for none
   */
  constructor(plan: ModelPlan, accepts: (restriction: Restriction) => boolean, given: number) {
    this.written = plan.relations.map(({ restrictions }) => restrictions.some(accepts));
    this.reached = plan.relations.map(() => false);
    const news: number[] = [];
    const add = (relation: number) => {
      this.reached[relation] = true;
      news.push(relation);
    };
    for (const { id, rewrite } of plan.relations)
      if (!this.has(id) && (id === given || this.includes(id, rewrite))) add(id);
    for (let relation = news.pop(); relation !== undefined; relation = news.pop())
      for (const asking of plan.askedBy[relation] ?? [])
        if (!this.has(asking) && this.includes(asking, plan.at(asking).rewrite)) add(asking);
  }

  has(relation: number): boolean {
    return this.reached[relation] ?? false;
  }

  /** Whether a part of a relation's definition can relate them. */
  includes(owner: number, rewrite: PlannedRewrite): boolean {
    switch (rewrite.kind) {
      case 'this':
        return (this.written[owner] ?? false) || rewrite.leadsTo.some((to) => this.has(to));
      case 'computed':
      case 'parent':
        return rewrite.leadsTo.some((to) => this.has(to));
      case 'union':
        return rewrite.operands.some((operand) => this.includes(owner, operand));
      case 'intersection':
        return rewrite.operands.every((operand) => this.includes(owner, operand));
      case 'exclusion':
        return this.includes(owner, rewrite.base);
    }
  }
}
