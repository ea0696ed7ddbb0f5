/**
 * A relation model in the JSON form of the OpenFGA modelling language 1.1 and 1.2: what is stored, versioned and compiled.
 * https://openfga.dev/docs/configuration-language
 */
export interface AuthorizationModel {
  readonly schema_version: '1.1' | '1.2';
  readonly type_definitions: readonly TypeDefinition[];
  readonly conditions?: Readonly<Record<string, ConditionDefinition>>;
}

export interface TypeDefinition {
  readonly type: string;
  readonly relations?: Readonly<Record<string, Userset>>;
  readonly metadata?: {
    readonly relations?: Readonly<Record<string, RelationMetadata>>;
    readonly module?: string;
    readonly source_info?: { readonly file: string };
  };
}

export interface RelationMetadata {
  readonly directly_related_user_types?: readonly TypeRestriction[];
  readonly module?: string;
  readonly source_info?: { readonly file: string };
}

/** Who may stand on the right of a directly written tuple: `user`, `user:*`, `group#member`, each perhaps `with` a condition. */
export interface TypeRestriction {
  readonly type: string;
  readonly relation?: string;
  readonly wildcard?: Readonly<Record<string, never>>;
  readonly condition?: string;
}

/** How a relation is derived. Exactly one member is present. */
export interface Userset {
  readonly this?: Readonly<Record<string, never>>;
  readonly computedUserset?: { readonly relation: string };
  readonly tupleToUserset?: {
    readonly tupleset: { readonly relation: string };
    readonly computedUserset: { readonly relation: string };
  };
  readonly union?: { readonly child: readonly Userset[] };
  readonly intersection?: { readonly child: readonly Userset[] };
  readonly difference?: { readonly base: Userset; readonly subtract: Userset };
}

export interface ConditionDefinition {
  readonly name: string;
  /** CEL, answers a boolean. */
  readonly expression: string;
  readonly parameters?: Readonly<Record<string, ConditionParameter>>;
  readonly metadata?: { readonly module?: string; readonly source_info?: { readonly file: string } };
}

/** `type_name` as `TYPE_NAME_INT`; lists and maps name the type of what they hold. */
export interface ConditionParameter {
  readonly type_name: string;
  readonly generic_types?: readonly ConditionParameter[];
}
