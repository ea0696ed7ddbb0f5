import type { Explanation } from '../relation-engine.js';
import { explainAllowed } from './explain-allowed.js';
import { type Explaining, type Named, type Part, shown } from './explaining.js';
import type { PlannedRewrite } from './model-plan.js';
import { NO } from './verdict.js';

/** Every way that was tried, and what each of them lacks. */
export function explainDenied(explaining: Explaining, entity: number, part: Part): Explanation {
  return new Denial(explaining).tell(entity, part, 0);
}

type Without<K extends keyof Explanation> = Omit<Explanation, K>;

class Denial {
  private readonly told = new Set<string>();

  constructor(private readonly explaining: Explaining) {}

  tell(entity: number, { owner, rewrite }: Part, depth: number): Explanation {
    const { explaining } = this;
    if (--explaining.left < 0 || depth > MAX_DEPTH) return explaining.cut(entity, owner, false);
    const question = explaining.question(entity, owner);
    if (rewrite === explaining.inquiry.plan.at(owner).rewrite) {
      if (this.told.has(question)) return { question, allowed: false, via: 'cycle' };
      this.told.add(question);
    }
    return { question, allowed: false, ...this.reasons(entity, owner, rewrite, depth) };
  }

  private reasons(
    entity: number,
    owner: number,
    rewrite: PlannedRewrite,
    depth: number,
  ): Without<'question' | 'allowed'> {
    const { explaining } = this;
    switch (rewrite.kind) {
      case 'this':
        return this.written(entity, owner, depth);
      case 'computed':
        return { via: 'computed', children: [this.ask(entity, rewrite.relation, depth)] };
      case 'parent': {
        const parents = explaining.parents(entity, rewrite);
        if (parents.length === 0) {
          const tupleset = explaining.inquiry.subjectText(entity, rewrite.tupleset);
          return { via: 'parent', missing: `a tuple of ${tupleset} that names a parent` };
        }
        return { via: 'parent', ...this.each(parents, depth) };
      }
      case 'union':
        return {
          via: 'union',
          children: rewrite.operands.map((operand) => this.tell(entity, { owner, rewrite: operand }, depth + 1)),
        };
      case 'intersection': {
        const denied = rewrite.operands.find(
          (operand) => explaining.verdict(entity, { owner, rewrite: operand }) === NO,
        );
        return denied
          ? { via: 'intersection', children: [this.tell(entity, { owner, rewrite: denied }, depth + 1)] }
          : { via: 'intersection', truncated: true };
      }
      case 'exclusion': {
        const base = { owner, rewrite: rewrite.base };
        if (explaining.verdict(entity, base) === NO)
          return { via: 'exclusion', children: [this.tell(entity, base, depth + 1)] };
        const subtract = { owner, rewrite: rewrite.subtract };
        return {
          via: 'exclusion',
          missing: 'not to be among those who are excluded',
          children: [explainAllowed(explaining, entity, subtract)],
        };
      }
    }
  }

  /** No tuple of the relation names the subject; or one does, and its condition does not hold. */
  private written(entity: number, owner: number, depth: number): Without<'question' | 'allowed'> {
    const { explaining } = this;
    const { own, everybody } = explaining.subject.plan.grants(owner);
    const usersets = explaining.usersets(entity, owner);
    const children = usersets.length > 0 ? this.each(usersets, depth) : undefined;
    for (const named of explaining.own(entity, owner)) {
      const condition = named.tuple.condition?.name;
      const missing = condition
        ? `that condition '${condition}' of the tuple holds`
        : 'a model that allows this tuple without a condition';
      return { via: named.via, tuple: shown(named), missing, ...children };
    }
    if (own || everybody) {
      const missing = `the tuple ${explaining.question(entity, owner)}`;
      return { via: usersets.length > 0 ? 'userset' : 'tuple', missing, ...children };
    }
    if (children) return { via: 'userset', ...children };
    return { via: 'userset', missing: `a tuple of ${explaining.inquiry.subjectText(entity, owner)}` };
  }

  /** The first few of many, each with what was asked there. */
  private each(named: readonly Named[], depth: number): Pick<Explanation, 'children' | 'truncated'> {
    const children = named.slice(0, MAX_CHILDREN).map((one): Explanation => {
      if (one.counts === NO && one.tuple.condition)
        return {
          question: this.explaining.question(one.entity, one.relation),
          allowed: false,
          via: 'tuple',
          tuple: shown(one),
          missing: `that condition '${one.tuple.condition.name}' of the tuple holds`,
        };
      return { ...this.ask(one.entity, one.relation, depth), tuple: shown(one) };
    });
    return { children, ...(named.length > MAX_CHILDREN && { truncated: true }) };
  }

  private ask(entity: number, relation: number, depth: number): Explanation {
    const { explaining } = this;
    const { rewrite } = explaining.inquiry.plan.at(relation);
    return this.tell(entity, { owner: relation, rewrite }, depth + 1);
  }
}

const MAX_DEPTH = 50;
const MAX_CHILDREN = 20;
