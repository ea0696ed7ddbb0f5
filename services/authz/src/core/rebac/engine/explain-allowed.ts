import type { Explanation } from '../relation-engine.js';
import { type Explaining, type Named, type Part, shown } from './explaining.js';
import { YES } from './verdict.js';

/** One step of a way from the question to what decides it. */
interface Way extends Part {
  readonly entity: number;
  readonly from: Way | undefined;
  readonly via: 'computed' | 'userset' | 'parent' | undefined;
  readonly named?: Named;
}

/**
 * The shortest way to a "yes", which there must be: a search over unions, nearest first, so what is found never rests on
 * itself. Intersections and exclusions on it are told with all of their operands.
 */
export function explainAllowed(explaining: Explaining, entity: number, part: Part): Explanation {
  const queue: Way[] = [{ ...part, entity, from: undefined, via: undefined }];
  const seen = new Set<string>();
  const { inquiry } = explaining;
  for (const way of queue) {
    if (inquiry.take(1) === 0) break;
    const decided = decide(explaining, way);
    if (decided) return chain(explaining, way, decided);
    for (const next of follow(explaining, way)) {
      const key = `${next.entity} ${next.owner} ${next.rewrite === inquiry.plan.at(next.owner).rewrite ? '' : queue.length}`;
      if (!seen.has(key)) queue.push(next);
      seen.add(key);
    }
  }
  return explaining.cut(entity, part.owner, true);
}

/** What makes this very step a "yes". */
function decide(explaining: Explaining, way: Way): Omit<Explanation, 'question' | 'allowed'> | undefined {
  const { entity, owner, rewrite } = way;
  if (way.via !== undefined || way.from === undefined)
    if (rewrite === explaining.inquiry.plan.at(owner).rewrite && explaining.isSelf(entity, owner))
      return { via: 'self' };
  if (rewrite.kind === 'this') {
    for (const named of explaining.own(entity, owner))
      if (named.counts === YES) return { via: named.via, tuple: shown(named) };
    return undefined;
  }
  if (rewrite.kind !== 'intersection' && rewrite.kind !== 'exclusion') return undefined;
  if (explaining.verdict(entity, way) !== YES) return undefined;
  if (--explaining.left < 0) return { via: rewrite.kind, truncated: true };
  const operands = rewrite.kind === 'intersection' ? rewrite.operands : [rewrite.base];
  const children = operands.map((operand) => explainAllowed(explaining, entity, { owner, rewrite: operand }));
  return { via: rewrite.kind, children };
}

function follow(explaining: Explaining, way: Way): readonly Way[] {
  const { entity, owner, rewrite } = way;
  const { plan } = explaining.inquiry;
  const { canReach } = { canReach: (relation: number) => explaining.subject.plan.canReach(relation) };
  const to = (relation: number, at: number, via: Way['via'], named?: Named): Way => ({
    entity: at,
    owner: relation,
    rewrite: plan.at(relation).rewrite,
    from: way,
    via,
    ...(named && { named }),
  });
  switch (rewrite.kind) {
    case 'union':
      return rewrite.operands.map((operand) => ({ entity, owner, rewrite: operand, from: way, via: undefined }));
    case 'computed':
      return canReach(rewrite.relation) ? [to(rewrite.relation, entity, 'computed')] : [];
    case 'this':
      return explaining
        .usersets(entity, owner)
        .flatMap((named) => (named.counts === YES ? [to(named.relation, named.entity, 'userset', named)] : []));
    case 'parent':
      return explaining
        .parents(entity, rewrite)
        .flatMap((named) => (named.counts === YES ? [to(named.relation, named.entity, 'parent', named)] : []));
    case 'intersection':
    case 'exclusion':
      return [];
  }
}

/** From the deciding step back to the question. Choosing a part of a union is no step worth telling. */
function chain(explaining: Explaining, last: Way, decided: Omit<Explanation, 'question' | 'allowed'>): Explanation {
  const question = (way: Way) => explaining.question(way.entity, way.owner);
  let explanation: Explanation = { question: question(last), allowed: true, ...decided };
  let told = 0;
  for (let way: Way | undefined = last; way?.from; way = way.from) {
    if (way.via === undefined) continue;
    if (++told > MAX_STEPS) return { ...explanation, question: question(way.from), truncated: true };
    const { named, via } = way;
    explanation = {
      question: question(way.from),
      allowed: true,
      via,
      ...(named && { tuple: shown(named) }),
      children: [explanation],
    };
  }
  return explanation;
}

/** A longer way is cut: who reads it? And its JSON would be nested deeper than parsers like. */
const MAX_STEPS = 100;
