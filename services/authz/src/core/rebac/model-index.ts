import type { AuthorizationModel, TypeDefinition, TypeRestriction, Userset } from './authorization-model.js';

/** The relations of a model by type and name. Of types with one name the first counts. */
export class ModelIndex {
  private readonly types = new Map<string, TypeDefinition>();

  constructor(readonly model: AuthorizationModel) {
    for (const type of model.type_definitions) if (!this.types.has(type.type)) this.types.set(type.type, type);
  }

  hasType(type: string): boolean {
    return this.types.has(type);
  }

  definition(type: string, relation: string): Userset | undefined {
    return ownMember(this.types.get(type)?.relations, relation);
  }

  restrictions(type: string, relation: string): readonly TypeRestriction[] {
    return ownMember(this.types.get(type)?.metadata?.relations, relation)?.directly_related_user_types ?? [];
  }

  /** Every relation in the order of the model. */
  *relations(): Generator<{ readonly type: string; readonly relation: string; readonly definition: Userset }> {
    for (const { type, relations } of this.types.values()) {
      for (const [relation, definition] of Object.entries(relations ?? {})) yield { type, relation, definition };
    }
  }
}

/** Names come from outside: `constructor` is a member only where somebody defined it. */
export function ownMember<T>(object: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
}

export interface Leaf {
  readonly userset: Userset;
  /** Stands in the subtracted side of an exclusion, perhaps in one inside another. */
  readonly subtracted: boolean;
}

/** What a definition names, without the operators: `this`, computed relations and parents. */
export function leaves(definition: Userset, subtracted = false): readonly Leaf[] {
  const { union, intersection, difference } = definition;
  if (difference) return [...leaves(difference.base, subtracted), ...leaves(difference.subtract, true)];
  const children = union?.child ?? intersection?.child;
  if (children) return children.flatMap((child) => leaves(child, subtracted));
  return [{ userset: definition, subtracted }];
}

/** `user`, `user:*`, `group#member`, perhaps ` with condition`, as the DSL writes it. */
export function restrictionText({ type, relation, wildcard, condition }: TypeRestriction): string {
  const shape = wildcard ? `${type}:*` : relation === undefined ? type : `${type}#${relation}`;
  return condition === undefined ? shape : `${shape} with ${condition}`;
}
