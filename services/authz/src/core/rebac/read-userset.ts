import type { Userset } from './authorization-model.js';
import { isObject, type JsonObject, member } from './json-value.js';
import { MODEL_LIMITS } from './model-limits.js';
import type { ModelProblemCode } from './model-problem.js';

type Refuse = (code: ModelProblemCode, detail: string) => void;

/** The definition of one relation from JSON. What cannot be read is reported, and stands for nothing in the result. */
export function readUserset(json: unknown, refuse: Refuse, depth = 1): Userset {
  if (depth > MODEL_LIMITS.depth) {
    refuse('too-large', `more than ${MODEL_LIMITS.depth} operators stand inside each other`);
    return {};
  }
  const members = isObject(json) ? KINDS.filter(({ names }) => member(json, ...names) !== undefined) : [];
  const [kind] = members;
  if (!isObject(json) || kind === undefined || members.length > 1) {
    refuse('invalid-model', `a definition is one of ${KINDS.map(({ names }) => names[0]).join(', ')}`);
    return {};
  }
  const value = member(json, ...kind.names);
  if (!isObject(value)) {
    refuse('invalid-model', `${kind.names[0]} is an object`);
    return {};
  }
  return kind.read(value, refuse, depth);
}

interface Kind {
  readonly names: readonly [string, ...string[]];
  read(json: JsonObject, refuse: Refuse, depth: number): Userset;
}

const KINDS: readonly Kind[] = [
  { names: ['this'], read: () => ({ this: {} }) },
  {
    names: ['computedUserset', 'computed_userset'],
    read: (json, refuse) => ({ computedUserset: { relation: relationOf(json, 'computedUserset', refuse) } }),
  },
  {
    names: ['tupleToUserset', 'tuple_to_userset'],
    read: (json, refuse) => ({
      tupleToUserset: {
        tupleset: { relation: relationOf(member(json, 'tupleset'), 'tupleset', refuse) },
        computedUserset: {
          relation: relationOf(member(json, 'computedUserset', 'computed_userset'), 'computedUserset', refuse),
        },
      },
    }),
  },
  { names: ['union'], read: (json, refuse, depth) => ({ union: { child: children(json, 'union', refuse, depth) } }) },
  {
    names: ['intersection'],
    read: (json, refuse, depth) => ({ intersection: { child: children(json, 'intersection', refuse, depth) } }),
  },
  {
    names: ['difference'],
    read: (json, refuse, depth) => ({
      difference: {
        base: readUserset(member(json, 'base'), refuse, depth + 1),
        subtract: readUserset(member(json, 'subtract'), refuse, depth + 1),
      },
    }),
  },
];

function relationOf(json: unknown, name: string, refuse: Refuse): string {
  const relation = isObject(json) ? member(json, 'relation') : undefined;
  if (typeof relation === 'string' && relation !== '') return relation;
  refuse('invalid-model', `${name} names a relation`);
  return '';
}

function children(json: JsonObject, operator: string, refuse: Refuse, depth: number): readonly Userset[] {
  const list = member(json, 'child') ?? [];
  if (!Array.isArray(list) || list.length < 2) {
    refuse('invalid-model', `${operator} has a list of at least two children`);
    return [];
  }
  return list.map((child: unknown) => readUserset(child, refuse, depth + 1));
}
