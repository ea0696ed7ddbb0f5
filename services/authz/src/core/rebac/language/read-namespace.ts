import { err, type Result } from '@lumo/kit';
import { isSubjectType } from '../../subject.js';
import type { AuthorizationModel, TypeDefinition, TypeRestriction, Userset } from '../authorization-model.js';
import { isObject, type JsonObject } from '../json-value.js';
import { ModelIndex, ownMember } from '../model-index.js';
import { MODEL_LIMITS } from '../model-limits.js';
import { type ModelProblem, type ModelProblemCode, shorten } from '../model-problem.js';
import { validateModel } from '../validate-model.js';
import { NamespaceWords } from './namespace-form.js';
import { ExpressionReader } from './read-namespace-expression.js';
import { namespaceOf } from './write-namespace.js';

/**
 * The model with one type defined by a namespace (see `namespace-form.ts`), in place of what it was, and everything else
 * as it is. Types of the platform's own subjects (`user`, `agent`, `client`) come into being where they are first named.
 * @param model what the org has so far
 */
export function replaceNamespace(
  model: AuthorizationModel | undefined,
  name: string,
  json: unknown,
): Result<AuthorizationModel, readonly ModelProblem[]> {
  const reader = new NamespaceReader(model, name);
  const definition = reader.read(json);
  if (reader.problems.length > 0) return err(reader.problems.slice(0, MODEL_LIMITS.problems));
  return validateModel(withType(model, definition));
}

/**
 * The model that has these namespaces and no others (but the platform's own subjects), which may name each other.
 * Conditions stay, for the relations that keep them.
 */
export function modelFromNamespaces(
  before: AuthorizationModel | undefined,
  namespaces: ReadonlyMap<string, unknown>,
): Result<AuthorizationModel, readonly ModelProblem[]> {
  const known = before?.type_definitions ?? [];
  const type_definitions = [...namespaces.keys()].map(
    (name): TypeDefinition => known.find(({ type }) => type === name) ?? { type: name, relations: {} },
  );
  // Every namespace is read among the names of all, whatever each of them said before.
  const named: AuthorizationModel = { ...(before ?? { schema_version: '1.1' }), type_definitions };
  let model = named;
  const problems: ModelProblem[] = [];
  for (const [name, json] of namespaces) {
    const reader = new NamespaceReader(named, name);
    model = withType(model, reader.read(json));
    problems.push(...reader.problems);
  }
  return problems.length > 0 ? err(problems.slice(0, MODEL_LIMITS.problems)) : validateModel(model);
}

function withType(model: AuthorizationModel | undefined, definition: TypeDefinition): AuthorizationModel {
  const before = model?.type_definitions ?? [];
  const replaced = before.some(({ type }) => type === definition.type)
    ? before.map((it) => (it.type === definition.type ? definition : it))
    : [...before, definition];
  const named = Object.values(definition.metadata?.relations ?? {}).flatMap(
    ({ directly_related_user_types }) => directly_related_user_types?.map(({ type }) => type) ?? [],
  );
  const missing = [...new Set(named)].filter(
    (subject) => isSubjectType(subject) && !replaced.some(({ type }) => type === subject),
  );
  const subjects = missing.map((type): TypeDefinition => ({ type, relations: {} }));
  return { ...(model ?? { schema_version: '1.1' }), type_definitions: [...subjects, ...replaced] };
}

const MEMBERS = ['name', 'relations', 'permissions', 'not_expressible'];

class NamespaceReader {
  readonly problems: ModelProblem[] = [];
  private words: NamespaceWords;

  constructor(
    private readonly model: AuthorizationModel | undefined,
    private readonly name: string,
  ) {
    this.words = new NamespaceWords(model, name, new Set());
  }

  read(json: unknown): TypeDefinition {
    const type: TypeDefinition = { type: this.name };
    if (!isObject(json))
      return this.refuse('invalid-model', 'a namespace is an object: relations and permissions', type);
    for (const key of Object.keys(json).filter((it) => !MEMBERS.includes(it))) {
      this.refuse('invalid-model', `a namespace has relations and permissions, not '${shorten(key)}'`);
    }
    if (json.name !== undefined && json.name !== this.name) {
      this.refuse('invalid-model', `its name is '${shorten(this.name)}', as in the path`);
    }
    const relations = this.section(json, 'relations');
    const permissions = this.section(json, 'permissions');
    const kept = this.kept(json.not_expressible, new Set([...relations.keys(), ...permissions.keys()]));
    this.words = new NamespaceWords(
      this.model,
      this.name,
      new Set([...relations.keys(), ...permissions.keys(), ...kept.keys()]),
    );
    const definitions = new Map<string, Userset>();
    const restrictions = new Map<string, readonly TypeRestriction[]>();
    for (const [relation, expression] of relations) {
      const read = new ExpressionReader(this.words, true, this.at(relation)).read(expression);
      definitions.set(relation, read.definition);
      restrictions.set(relation, read.restrictions);
    }
    for (const [relation, expression] of permissions) {
      if (definitions.has(relation)) this.at(relation)('duplicated-error', 'it is a relation and a permission');
      definitions.set(relation, new ExpressionReader(this.words, false, this.at(relation)).read(expression).definition);
    }
    for (const [relation, definition] of kept) {
      definitions.set(relation, definition.definition);
      restrictions.set(relation, definition.restrictions);
    }
    return this.definition(definitions, restrictions);
  }

  private definition(
    definitions: ReadonlyMap<string, Userset>,
    restrictions: ReadonlyMap<string, readonly TypeRestriction[]>,
  ): TypeDefinition {
    const before = this.model?.type_definitions.find(({ type }) => type === this.name);
    // As the DSL has it: computed relations are described by an empty list.
    const described = [...definitions.keys()].map((relation) => {
      const known = ownMember(before?.metadata?.relations, relation);
      return [relation, { ...known, directly_related_user_types: restrictions.get(relation) ?? [] }] as const;
    });
    const relations = described.length === 0 ? {} : { relations: Object.fromEntries(described) };
    const { relations: _before, ...origin } = before?.metadata ?? {};
    const metadata = { ...origin, ...relations };
    return {
      type: this.name,
      relations: Object.fromEntries(definitions),
      ...(Object.keys(metadata).length > 0 && { metadata }),
    };
  }

  private section(json: JsonObject, key: 'relations' | 'permissions'): ReadonlyMap<string, unknown> {
    const value = json[key] ?? {};
    if (isObject(value)) return new Map(Object.entries(value));
    return this.refuse('invalid-model', `${key} is an object: an expression by its name`, new Map());
  }

  /** Relations that this form cannot say, as they are. Leaving one out must be said by redefining it. */
  private kept(json: unknown, defined: ReadonlySet<string>) {
    const kept = new Map<string, { readonly definition: Userset; readonly restrictions: readonly TypeRestriction[] }>();
    const list: readonly unknown[] = Array.isArray(json) ? json : [];
    if (json !== undefined && !Array.isArray(json)) this.refuse('invalid-model', 'not_expressible is a list');
    const named = new Set(list.map((item) => (isObject(item) ? item.relation : item)));
    const before = this.model === undefined ? undefined : namespaceOf(this.model, this.name);
    const index = this.model && new ModelIndex(this.model);
    for (const { relation, reason } of before?.not_expressible ?? []) {
      const definition = index?.definition(this.name, relation);
      if (named.delete(relation) && definition && !defined.has(relation)) {
        kept.set(relation, { definition, restrictions: index?.restrictions(this.name, relation) ?? [] });
      } else if (!defined.has(relation)) {
        const how = reason === 'exclusion' ? "'but not'" : 'a condition';
        const detail = `it is defined with ${how}, which a namespace cannot say: name it under not_expressible to keep it, or remove it with the DSL`;
        this.at(relation)('not-expressible', detail);
      }
    }
    for (const other of named) {
      const text = typeof other === 'string' ? other : JSON.stringify(other);
      this.refuse('not-expressible', `not_expressible names '${shorten(text ?? '')}', which is none here`);
    }
    return kept;
  }

  private at(relation: string) {
    return (code: ModelProblemCode, detail: string) => {
      this.problems.push({ type: this.name, relation, code, detail });
    };
  }

  private refuse<T>(code: ModelProblemCode, detail: string, instead?: T): T {
    this.problems.push({ type: this.name, code, detail });
    // Without `instead` nobody looks at what comes back.
    return instead as T;
  }
}
