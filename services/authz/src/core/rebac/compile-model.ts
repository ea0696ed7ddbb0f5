import { createHash } from 'node:crypto';
import type { AuthorizationModel, TypeRestriction, Userset } from './authorization-model.js';
import type { CompiledCondition, CompiledModel, CompiledRelation, Restriction, Rewrite } from './compiled-model.js';
import { compileCondition } from './conditions/compile-condition.js';
import { canonicalJson } from './json-value.js';
import { ModelIndex } from './model-index.js';

/**
 * Compiles a model that `validateModel` accepted. Unions inside unions and intersections inside intersections become one,
 * and what stands twice in a list stands once; where the written shape matters (expand), `model` still has it.
 */
export function compileModel(model: AuthorizationModel): CompiledModel {
  const index = new ModelIndex(model);
  const types = model.type_definitions.map(({ type, relations }) => {
    const compiled = Object.entries(relations ?? {}).map(([name, userset]): readonly [string, CompiledRelation] => [
      name,
      {
        type,
        name,
        rewrite: compileRewrite(userset),
        restrictions: distinct(index.restrictions(type, name).map(restriction)),
      },
    ]);
    return [type, { name: type, relations: new Map(compiled) }] as const;
  });
  const conditions = Object.values(model.conditions ?? {}).map((definition): readonly [string, CompiledCondition] => {
    const compiled = compileCondition(definition);
    if (!compiled.ok) throw new Error(`condition ${definition.name} was not validated: ${compiled.error}`);
    return [definition.name, compiled.value];
  });
  return { model, types: new Map(types), conditions: new Map(conditions) };
}

/** Equal for equal models, whatever the order of members in their JSON: 64 hexadecimal digits. */
export function modelHash(model: AuthorizationModel): string {
  return createHash('sha256').update(canonicalJson(model)).digest('hex');
}

function restriction({ type, relation, wildcard, condition }: TypeRestriction): Restriction {
  return {
    type,
    ...(relation !== undefined && { relation }),
    wildcard: wildcard !== undefined,
    ...(condition !== undefined && { condition }),
  };
}

function compileRewrite(userset: Userset): Rewrite {
  const { computedUserset, tupleToUserset, union, intersection, difference } = userset;
  if (computedUserset) return { kind: 'computed', relation: computedUserset.relation };
  if (tupleToUserset) {
    const { tupleset, computedUserset: of } = tupleToUserset;
    return { kind: 'parent', tupleset: tupleset.relation, relation: of.relation };
  }
  if (union) return operation('union', union.child);
  if (intersection) return operation('intersection', intersection.child);
  if (difference) {
    return {
      kind: 'exclusion',
      base: compileRewrite(difference.base),
      subtract: compileRewrite(difference.subtract),
    };
  }
  return { kind: 'this' };
}

function operation(kind: 'union' | 'intersection', children: readonly Userset[]): Rewrite {
  const operands = children
    .map(compileRewrite)
    .flatMap((rewrite) => (rewrite.kind === kind ? rewrite.operands : [rewrite]));
  const each = distinct(operands);
  const [only] = each;
  return each.length === 1 && only ? only : { kind, operands: each };
}

function distinct<T>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}
