import type { AuthorizationModel, TypeRestriction, Userset } from '../authorization-model.js';
import { leaves, ModelIndex, restrictionText } from '../model-index.js';
import { type Namespace, type NamespaceExpression, NamespaceWords, type NotExpressible } from './namespace-form.js';

/** The namespaces of a model: its types. */
export function namespacesOf(model: AuthorizationModel): readonly Namespace[] {
  return model.type_definitions.flatMap(({ type }) => namespaceOf(model, type) ?? []);
}

/** A type of a model as a namespace; undefined where the model has no such type. */
export function namespaceOf(model: AuthorizationModel, name: string): Namespace | undefined {
  const type = model.type_definitions.find((definition) => definition.type === name);
  if (type === undefined) return undefined;
  const index = new ModelIndex(model);
  const definitions = Object.entries(type.relations ?? {});
  const words = new NamespaceWords(model, name, new Set(definitions.map(([relation]) => relation)));
  const relations: [string, NamespaceExpression][] = [];
  const permissions: [string, NamespaceExpression][] = [];
  const not_expressible: NotExpressible[] = [];
  for (const [relation, definition] of definitions) {
    const restrictions = index.restrictions(name, relation);
    const reason = whyNot(definition, restrictions);
    if (reason !== undefined) {
      not_expressible.push({ relation, reason });
      continue;
    }
    const direct = leaves(definition).some(({ userset }) => userset.this !== undefined);
    const written = new ExpressionWriter(words, direct, restrictions).write(definition);
    (direct ? relations : permissions).push([relation, asList(written)]);
  }
  return {
    name,
    relations: Object.fromEntries(relations),
    permissions: Object.fromEntries(permissions),
    ...(not_expressible.length > 0 && { not_expressible }),
  };
}

function whyNot(definition: Userset, restrictions: readonly TypeRestriction[]): NotExpressible['reason'] | undefined {
  if (hasExclusion(definition)) return 'exclusion';
  return restrictions.some(({ condition }) => condition !== undefined) ? 'condition' : undefined;
}

function hasExclusion({ difference, union, intersection }: Userset): boolean {
  return difference !== undefined || (union ?? intersection)?.child.some(hasExclusion) === true;
}

/** A definition is a list, as the contract has it, unless it is an intersection. */
function asList(expression: NamespaceExpression): NamespaceExpression {
  if (typeof expression === 'object' && !('relation' in expression)) return expression;
  return [expression];
}

class ExpressionWriter {
  constructor(
    private readonly words: NamespaceWords,
    private readonly direct: boolean,
    private readonly restrictions: readonly TypeRestriction[],
  ) {}

  write(userset: Userset): NamespaceExpression {
    const { computedUserset, tupleToUserset, union, intersection } = userset;
    if (computedUserset) return this.relation(computedUserset.relation);
    if (tupleToUserset) return this.arrow(tupleToUserset.tupleset.relation, tupleToUserset.computedUserset.relation);
    if (intersection) return { intersection: intersection.child.map((child) => this.write(child)) };
    if (union)
      return union.child.flatMap<NamespaceExpression>((child) => (child.this ? this.types() : [this.write(child)]));
    return this.types();
  }

  private types(): readonly string[] {
    return this.restrictions.map(restrictionText);
  }

  private relation(relation: string): NamespaceExpression {
    return this.direct && this.words.isType(relation) ? { relation } : relation;
  }

  private arrow(from: string, relation: string): NamespaceExpression {
    const text = `${from}.${relation}`;
    const plain = this.words.arrows(text).length === 1 && !this.words.isOwn(text);
    return plain && !(this.direct && this.words.isType(text)) ? text : { from, relation };
  }
}
