import type { TypeRestriction, Userset } from '../authorization-model.js';
import { isObject } from '../json-value.js';
import { MODEL_LIMITS } from '../model-limits.js';
import { type ModelProblemCode, shorten } from '../model-problem.js';
import type { NamespaceWords } from './namespace-form.js';

/** One relation or permission of a namespace (`namespace-form.ts`) as a definition, with the types that it accepts. */
export class ExpressionReader {
  private restrictions: readonly TypeRestriction[] = [];

  constructor(
    private readonly words: NamespaceWords,
    private readonly direct: boolean,
    private readonly refuse: (code: ModelProblemCode, detail: string) => void,
  ) {}

  read(json: unknown): { readonly definition: Userset; readonly restrictions: readonly TypeRestriction[] } {
    if (this.direct && Array.isArray(json) && json.length === 0) return { definition: { this: {} }, restrictions: [] };
    const definition = this.expression(json, 1);
    if (this.direct && this.restrictions.length === 0) {
      this.refuse('invalid-type', 'a relation names at least one type; what is computed alone is a permission');
    }
    return { definition, restrictions: this.restrictions };
  }

  private expression(json: unknown, depth: number): Userset {
    if (depth > MODEL_LIMITS.depth) {
      this.refuse('too-large', `more than ${MODEL_LIMITS.depth} operators stand inside each other`);
      return { this: {} };
    }
    if (typeof json === 'string') return this.operands([json], depth)[0] ?? { this: {} };
    if (Array.isArray(json)) return this.union(json, depth);
    if (isObject(json)) {
      const [key, ...more] = Object.keys(json);
      if (more.length === 0 && key === 'union') return this.union(json.union, depth);
      if (more.length === 0 && key === 'intersection') return this.intersection(json.intersection, depth);
      if (typeof json.relation === 'string') return this.named(json.relation, json.from);
      if (key !== undefined && ['exclusion', 'difference', 'exclude', 'but_not'].includes(key)) {
        this.refuse('not-expressible', 'a namespace cannot say exclusion: write this model in the DSL');
        return { this: {} };
      }
    }
    this.refuse(
      'invalid-model',
      'an expression is a text, a list, {"union": […]}, {"intersection": […]} or {"relation": …}',
    );
    return { this: {} };
  }

  private union(json: unknown, depth: number): Userset {
    const child = this.operands(this.list(json), depth);
    const [only] = child;
    if (only === undefined) this.refuse('invalid-model', 'a list names something');
    return child.length === 1 && only ? only : { union: { child } };
  }

  private intersection(json: unknown, depth: number): Userset {
    const child = this.list(json).map((item) => this.expression(item, depth + 1));
    if (child.length < 2) this.refuse('invalid-model', 'an intersection names at least two');
    return { intersection: { child } };
  }

  private list(json: unknown): readonly unknown[] {
    if (Array.isArray(json)) return json;
    this.refuse('invalid-model', 'union and intersection are lists');
    return [];
  }

  /** The operands of a union: what names types becomes one direct list, which stands first. */
  private operands(items: readonly unknown[], depth: number): readonly Userset[] {
    const types: TypeRestriction[] = [];
    const operands: Userset[] = [];
    for (const item of items) {
      const read = typeof item === 'string' ? this.text(item) : this.expression(item, depth + 1);
      if ('type' in read) types.push(read);
      else operands.push(read);
    }
    if (types.length === 0) return operands;
    const list = [...new Map(types.map((type) => [JSON.stringify(type), type])).values()];
    if (this.restrictions.length > 0 && JSON.stringify(this.restrictions) !== JSON.stringify(list)) {
      this.refuse(
        'not-expressible',
        'types stand in one list of a relation: tuples are of the relation, not of a part of it',
      );
    }
    this.restrictions = list;
    return [{ this: {} }, ...operands];
  }

  private text(text: string): TypeRestriction | Userset {
    const [, type = '', relation] = /^([^#]*)#(.*)$/s.exec(text) ?? [];
    if (/\swith\s/.test(text)) {
      this.refuse('not-expressible', 'a namespace cannot say conditions: write this model in the DSL');
      return { this: {} };
    }
    if (relation !== undefined) return this.typeOnly(text, { type, relation });
    if (text.endsWith(':*')) return this.typeOnly(text, { type: text.slice(0, -2), wildcard: {} });
    if (this.direct && this.words.isType(text)) return { type: text };
    if (this.words.isOwn(text)) return { computedUserset: { relation: text } };
    const arrows = this.words.arrows(text);
    const [arrow] = arrows;
    if (arrows.length > 1) {
      const detail = `'${shorten(text)}' can be read in several ways: say {"from": …, "relation": …}`;
      this.refuse('invalid-model', detail);
    }
    if (arrow !== undefined) return this.named(arrow.relation, arrow.tupleset);
    if (this.direct && !text.includes('.')) return { type: text };
    const known = this.words.isType(text) ? ' but a type, which stands under relations' : '';
    this.refuse('missing-definition', `'${shorten(text)}' is no relation or permission of the namespace${known}`);
    return { this: {} };
  }

  private typeOnly(text: string, restriction: TypeRestriction): TypeRestriction | Userset {
    if (this.direct) return restriction;
    this.refuse('invalid-type', `a permission is computed from relations: '${shorten(text)}' stands under relations`);
    return { this: {} };
  }

  private named(relation: string, from: unknown): Userset {
    if (from === undefined) return { computedUserset: { relation } };
    if (typeof from === 'string') {
      return { tupleToUserset: { tupleset: { relation: from }, computedUserset: { relation } } };
    }
    this.refuse('invalid-model', 'from is the name of a relation');
    return { this: {} };
  }
}
