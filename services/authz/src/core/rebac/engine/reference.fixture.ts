import { checkTuple } from '../check-tuple.js';
import type { CompiledModel, Rewrite } from '../compiled-model.js';
import type { ConditionContext, RelationTuple } from '../tuple.js';

/** No, cannot be decided, yes: a union is the largest, an intersection the smallest. */
export type Answer = 0 | 1 | 2;

const NO = 0;
const FAILED = 1;
const YES = 2;

/**
 * The meaning of a model and its tuples, written down as plainly as possible and without a thought for speed: for one
 * subject, the answers of all relations of all objects at once, computed from the bottom up until nothing changes.
 */
export class Reference {
  readonly #model: CompiledModel;
  readonly #tuples: readonly RelationTuple[];
  readonly #context: ConditionContext | undefined;

  constructor(model: CompiledModel, tuples: readonly RelationTuple[], context?: ConditionContext) {
    this.#model = model;
    this.#tuples = tuples.filter((tuple) => checkTuple(model, tuple).ok);
    this.#context = context;
  }

  check(object: string, relation: string, subject: string): Answer {
    return this.answers(subject, [object]).get(`${object}#${relation}`) ?? NO;
  }

  /** By `object#relation`. */
  answers(subject: string, objects: readonly string[] = []): ReadonlyMap<string, Answer> {
    const table = new Map<string, Answer>();
    const all = new Set([...objects, ...this.#tuples.flatMap((it) => [it.object, it.subject.split('#')[0] ?? ''])]);
    for (const level of this.#levels()) {
      for (let changed = true; changed; ) {
        changed = false;
        for (const object of all) {
          for (const { name, rewrite } of this.#model.types.get(typeOf(object))?.relations.values() ?? []) {
            if (!level.has(`${typeOf(object)}#${name}`)) continue;
            const key = `${object}#${name}`;
            const answer = key === subject ? YES : this.#evaluate(rewrite, object, name, subject, table);
            if (answer <= (table.get(key) ?? NO)) continue;
            table.set(key, answer);
            changed = true;
          }
        }
      }
    }
    return table;
  }

  #evaluate(
    rewrite: Rewrite,
    object: string,
    relation: string,
    subject: string,
    table: ReadonlyMap<string, Answer>,
  ): Answer {
    const inner = (part: Rewrite) => this.#evaluate(part, object, relation, subject, table);
    const ask = (key: string) => table.get(key) ?? NO;
    const tuplesOf = (name: string) => this.#tuples.filter((it) => it.object === object && it.relation === name);
    switch (rewrite.kind) {
      case 'this':
        return largest(
          tuplesOf(relation).map((tuple) => {
            const isIt = tuple.subject === subject || (!subject.includes('#') && tuple.subject === everybody(subject));
            return smallest([this.#counts(tuple), isIt ? YES : ask(tuple.subject)]);
          }),
        );
      case 'computed':
        return ask(`${object}#${rewrite.relation}`);
      case 'parent':
        return largest(
          tuplesOf(rewrite.tupleset).map((tuple) =>
            smallest([this.#counts(tuple), ask(`${tuple.subject}#${rewrite.relation}`)]),
          ),
        );
      case 'union':
        return largest(rewrite.operands.map(inner));
      case 'intersection':
        return smallest(rewrite.operands.map(inner));
      case 'exclusion':
        return smallest([inner(rewrite.base), not(inner(rewrite.subtract))]);
    }
  }

  #counts({ condition }: RelationTuple): Answer {
    if (!condition) return YES;
    const result = this.#model.conditions.get(condition.name)?.evaluate(condition.context, this.#context);
    return !result?.ok ? FAILED : result.value ? YES : NO;
  }

  /** Relations in groups: what is subtracted anywhere is in an earlier group than who subtracts it. */
  #levels(): readonly ReadonlySet<string>[] {
    const level = new Map<string, number>();
    const relations = [...this.#model.types.values()].flatMap(({ relations: of }) => [...of.values()]);
    for (let round = 0; round <= relations.length * relations.length; round++) {
      let changed = false;
      for (const { type, name, rewrite } of relations) {
        const least = Math.max(0, ...this.#asked(type, name, rewrite).map(([key, by]) => (level.get(key) ?? 0) + by));
        if (least > (level.get(`${type}#${name}`) ?? 0)) {
          level.set(`${type}#${name}`, least);
          changed = true;
        }
      }
      if (!changed) break;
    }
    const levels = Array.from({ length: Math.max(0, ...level.values()) + 1 }, () => new Set<string>());
    for (const { type, name } of relations) levels[level.get(`${type}#${name}`) ?? 0]?.add(`${type}#${name}`);
    return levels;
  }

  /** Relations that a definition asks, and 1 where it subtracts them. */
  #asked(type: string, relation: string, rewrite: Rewrite, by = 0): readonly (readonly [string, number])[] {
    const inner = (part: Rewrite, subtracted = by) => this.#asked(type, relation, part, subtracted);
    const of = this.#model.types.get(type)?.relations;
    switch (rewrite.kind) {
      case 'this':
        return (of?.get(relation)?.restrictions ?? []).map((it) => [`${it.type}#${it.relation}`, by]);
      case 'computed':
        return [[`${type}#${rewrite.relation}`, by]];
      case 'parent':
        return (of?.get(rewrite.tupleset)?.restrictions ?? []).map((it) => [`${it.type}#${rewrite.relation}`, by]);
      case 'union':
      case 'intersection':
        return rewrite.operands.flatMap((part) => inner(part));
      case 'exclusion':
        return [...inner(rewrite.base), ...inner(rewrite.subtract, 1)];
    }
  }
}

export function typeOf(text: string): string {
  return text.slice(0, text.indexOf(':'));
}

function everybody(subject: string): string {
  return `${typeOf(subject)}:*`;
}

function largest(answers: readonly Answer[]): Answer {
  return answers.includes(YES) ? YES : answers.includes(FAILED) ? FAILED : NO;
}

function smallest(answers: readonly Answer[]): Answer {
  return answers.includes(NO) ? NO : answers.includes(FAILED) ? FAILED : YES;
}

function not(answer: Answer): Answer {
  return answer === YES ? NO : answer === NO ? YES : FAILED;
}
