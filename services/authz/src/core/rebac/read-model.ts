import { err, ok, type Result } from '@lumo/kit';
import type {
  AuthorizationModel,
  ConditionDefinition,
  ConditionParameter,
  RelationMetadata,
  TypeDefinition,
  TypeRestriction,
} from './authorization-model.js';
import { isObject, isShallow, type JsonObject, member } from './json-value.js';
import { MODEL_LIMITS } from './model-limits.js';
import type { ModelProblem } from './model-problem.js';
import { readUserset } from './read-userset.js';

/**
 * The shape of a model: what it says is judged by `validateModel`. Reads the members of the OpenFGA API in both spellings
 * of protobuf JSON (`computedUserset`, `computed_userset`), takes empty texts and null as absent, and leaves out members
 * that it does not know, so that equal models have equal JSON.
 */
export function readModel(json: unknown): Result<AuthorizationModel, readonly ModelProblem[]> {
  // Userset nesting is limited more tightly below; this only keeps the reading itself from running out of stack.
  if (!isShallow(json, 3 * MODEL_LIMITS.depth + 16)) {
    return err([{ code: 'too-large', detail: `more than ${MODEL_LIMITS.depth} operators stand inside each other` }]);
  }
  const problems: ModelProblem[] = [];
  const model = new ModelReader(problems).model(json);
  return model !== undefined && problems.length === 0 ? ok(model) : err(problems.slice(0, MODEL_LIMITS.problems));
}

type Place = Pick<ModelProblem, 'type' | 'relation' | 'condition'>;

class ModelReader {
  constructor(private readonly problems: ModelProblem[]) {}

  model(json: unknown): AuthorizationModel | undefined {
    if (!isObject(json)) return this.refuse({}, 'a model is a JSON object');
    const version = member(json, 'schema_version', 'schemaVersion') ?? '';
    if (version === '') {
      this.problems.push({ code: 'schema-version-required', symbol: '', detail: 'schema_version is required: "1.1"' });
    } else if (version !== '1.1' && version !== '1.2') {
      const symbol = typeof version === 'string' ? version : JSON.stringify(version);
      this.problems.push({ code: 'invalid-schema', symbol, detail: `schema_version is "1.1" or "1.2", not ${symbol}` });
    }
    const types = member(json, 'type_definitions', 'typeDefinitions') ?? [];
    if (!Array.isArray(types)) return this.refuse({}, 'type_definitions is a list');
    const conditions = member(json, 'conditions') ?? {};
    if (!isObject(conditions)) return this.refuse({}, 'conditions is an object: a condition by its name');
    const type_definitions = types.map((type: unknown, index) => this.type(type, index));
    const read = Object.entries(conditions).map(([name, it]) => [name, this.condition(name, it)] as const);
    return {
      // An unknown version was reported above, so that no other value leaves this reader.
      schema_version: version as AuthorizationModel['schema_version'],
      type_definitions,
      ...(read.length > 0 && { conditions: Object.fromEntries(read) }),
    };
  }

  private type(json: unknown, index: number): TypeDefinition {
    const type = isObject(json) ? this.text({}, json, 'type') : undefined;
    if (!isObject(json) || type === undefined) {
      this.refuse({}, `type_definitions[${index}] is an object with a type`);
      return { type: '' };
    }
    const place = { type };
    const relations = this.object(place, json, 'relations') ?? {};
    const metadata = this.object(place, json, 'metadata');
    return {
      type,
      relations: Object.fromEntries(
        Object.entries(relations).map(([relation, it]) => [
          relation,
          readUserset(it, (code, detail) => this.problems.push({ code, type, relation, detail })),
        ]),
      ),
      ...(metadata !== undefined && { metadata: this.metadata(place, metadata) }),
    };
  }

  private metadata(place: { readonly type: string }, json: JsonObject): NonNullable<TypeDefinition['metadata']> {
    const relations = this.object(place, json, 'relations');
    return {
      ...(relations !== undefined && {
        relations: Object.fromEntries(
          Object.entries(relations).map(([relation, it]) => [relation, this.relation({ ...place, relation }, it)]),
        ),
      }),
      ...this.origin(place, json),
    };
  }

  private relation(place: Place, json: unknown): RelationMetadata {
    if (json === null) return {};
    if (!isObject(json)) {
      this.refuse(place, 'the metadata of a relation is an object');
      return {};
    }
    const list = member(json, 'directly_related_user_types', 'directlyRelatedUserTypes') ?? [];
    if (!Array.isArray(list)) {
      this.refuse(place, 'directly_related_user_types is a list');
      return {};
    }
    return {
      directly_related_user_types: list.map((it: unknown) => this.restriction(place, it)),
      ...this.origin(place, json),
    };
  }

  private restriction(place: Place, json: unknown): TypeRestriction {
    const type = isObject(json) ? this.text(place, json, 'type') : undefined;
    if (!isObject(json) || type === undefined) {
      this.refuse(place, 'directly_related_user_types holds objects, each with a type');
      return { type: '' };
    }
    const relation = this.text(place, json, 'relation');
    const condition = this.text(place, json, 'condition');
    return {
      type,
      ...(relation !== undefined && { relation }),
      ...(this.object(place, json, 'wildcard') !== undefined && { wildcard: {} }),
      ...(condition !== undefined && { condition }),
    };
  }

  private condition(key: string, json: unknown): ConditionDefinition {
    const place = { condition: key };
    if (!isObject(json)) {
      this.refuse(place, 'a condition is an object with name, expression and parameters');
      return { name: key, expression: '' };
    }
    const parameters = this.object(place, json, 'parameters') ?? {};
    const metadata = this.object(place, json, 'metadata');
    return {
      name: this.text(place, json, 'name') ?? '',
      expression: this.text(place, json, 'expression') ?? '',
      parameters: Object.fromEntries(
        Object.entries(parameters).map(([name, it]) => [name, this.parameter(place, name, it)]),
      ),
      ...(metadata !== undefined && { metadata: this.origin(place, metadata) }),
    };
  }

  private parameter(place: Place, name: string, json: unknown): ConditionParameter {
    const type_name = isObject(json) ? this.text(place, json, 'type_name', 'typeName') : undefined;
    const generic = isObject(json) ? (member(json, 'generic_types', 'genericTypes') ?? []) : [];
    if (type_name === undefined || !Array.isArray(generic)) {
      this.refuse(
        place,
        `parameter '${name}' is an object with a type_name, and with generic_types for lists and maps`,
      );
      return { type_name: '' };
    }
    return {
      type_name,
      ...(generic.length > 0 && { generic_types: generic.map((it: unknown) => this.parameter(place, name, it)) }),
    };
  }

  private origin(place: Place, json: JsonObject): { module?: string; source_info?: { file: string } } {
    const module = this.text(place, json, 'module');
    const info = this.object(place, json, 'source_info', 'sourceInfo');
    const file = info === undefined ? undefined : this.text(place, info, 'file');
    return { ...(module !== undefined && { module }), ...(file !== undefined && { source_info: { file } }) };
  }

  private text(place: Place, json: JsonObject, ...names: readonly string[]): string | undefined {
    const value = member(json, ...names);
    if (value === undefined || typeof value === 'string') return value === '' ? undefined : value;
    return this.refuse(place, `${names[0]} is a text`);
  }

  private object(place: Place, json: JsonObject, ...names: readonly string[]): JsonObject | undefined {
    const value = member(json, ...names);
    return value === undefined || isObject(value) ? value : this.refuse(place, `${names[0]} is an object`);
  }

  private refuse(place: Place, detail: string): undefined {
    this.problems.push({ ...place, code: 'invalid-model', detail });
    return undefined;
  }
}
