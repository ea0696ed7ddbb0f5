import { err, type Result } from '@lumo/kit';
import type { AuthorizationModel, RelationMetadata, TypeDefinition } from '../authorization-model.js';
import { ownMember } from '../model-index.js';
import { MODEL_LIMITS } from '../model-limits.js';
import { type ModelProblem, shorten } from '../model-problem.js';
import { readModel } from '../read-model.js';
import { validateModel } from '../validate-model.js';
import { DSL_LIMITS, prepareDsl, tooMuchText } from './dsl-source.js';
import { type ParsedDsl, parsePrepared } from './parse-dsl.js';
import { readManifest } from './read-manifest.js';

/**
 * One model from modules: `fga.mod` lists files, each of which is a `module`. Types and conditions are unique over all
 * files; `extend type` adds new relations to a type of another module. The model remembers the module and file of each
 * part, and problems name the file and its line. https://openfga.dev/docs/modeling/modular-models
 */
export function modelFromModules(
  manifest: string,
  files: ReadonlyMap<string, string>,
): Result<AuthorizationModel, readonly ModelProblem[]> {
  const listed = readManifest(manifest);
  if (!listed.ok) return listed;
  const present = presenceProblems(listed.value.contents, files);
  if (present.length > 0) return err(present);
  const parts = parseFiles(listed.value.contents, files);
  const merged = merge(parts.modules);
  const places = new Map(parts.modules.map(({ file, parsed }) => [file, parsed.places]));
  const model = validateModel({ schema_version: listed.value.schema, ...merged.json });
  const refused = model.ok ? [] : model.error.map((problem) => locate(problem, merged.json, places));
  const problems = [...parts.problems, ...merged.problems, ...refused];
  return model.ok && problems.length === 0 ? model : err(problems.slice(0, MODEL_LIMITS.problems));
}

/** The modules of a model, by name. */
export function modulesOf(model: AuthorizationModel): readonly string[] {
  const names = [
    ...model.type_definitions.flatMap(({ metadata }) => [metadata, ...Object.values(metadata?.relations ?? {})]),
    ...Object.values(model.conditions ?? {}).map(({ metadata }) => metadata),
  ].flatMap((origin) => origin?.module ?? []);
  return [...new Set(names)].sort();
}

interface Module {
  readonly file: string;
  readonly parsed: ParsedDsl;
}

/** What a validated model is made of, in a form that can be added to. */
interface Parts {
  readonly type_definitions: readonly TypeDefinition[];
  readonly conditions: Readonly<Record<string, NonNullable<AuthorizationModel['conditions']>[string]>>;
}

function presenceProblems(contents: readonly string[], files: ReadonlyMap<string, string>): readonly ModelProblem[] {
  const problem = (file: string, detail: string): ModelProblem => ({ code: 'invalid-module', file, detail });
  return [
    ...contents.filter((file) => !files.has(file)).map((file) => problem(file, 'fga.mod lists it, but it is not here')),
    ...[...files.keys()]
      .filter((file) => !contents.includes(file))
      .map((file) => problem(file, 'fga.mod does not list it')),
  ];
}

function parseFiles(
  contents: readonly string[],
  files: ReadonlyMap<string, string>,
): { readonly modules: readonly Module[]; readonly problems: readonly ModelProblem[] } {
  const modules: Module[] = [];
  const problems: ModelProblem[] = [];
  let characters = 0;
  for (const file of contents) {
    const refuse = (found: readonly ModelProblem[]) => problems.push(...found.map((problem) => ({ ...problem, file })));
    const source = prepareDsl(files.get(file) ?? '');
    if (!source.ok) {
      refuse([source.error]);
      continue;
    }
    characters += source.value.text.length;
    if (characters > DSL_LIMITS.textForParser) {
      refuse([tooMuchText()]);
      break;
    }
    const parsed = parsePrepared(source.value);
    if (!parsed.ok) refuse(parsed.error);
    else if (parsed.value.json.schema_version !== undefined) {
      refuse([
        { code: 'invalid-module', detail: "it is no module: it begins with 'module' and a name", line: 1, column: 1 },
      ]);
    } else modules.push({ file, parsed: parsed.value });
  }
  return { modules, problems };
}

function merge(modules: readonly Module[]): { readonly json: Parts; readonly problems: readonly ModelProblem[] } {
  const problems: ModelProblem[] = [];
  const types = new Map<string, TypeDefinition>();
  const conditions = new Map<string, Parts['conditions'][string]>();
  const extensions: { readonly module: Module; readonly extension: TypeDefinition }[] = [];
  const refuse = ({ file, parsed }: Module, problem: ModelProblem) =>
    problems.push({ ...parsed.places.locate(problem), file });
  for (const module of modules) {
    const source_info = { file: module.file };
    const part = readModel({ ...module.parsed.json, schema_version: '1.2' });
    if (!part.ok) {
      for (const problem of part.error) refuse(module, problem);
      continue;
    }
    for (const definition of part.value.type_definitions) {
      const { type } = definition;
      if (module.parsed.extended.has(type)) extensions.push({ module, extension: definition });
      else if (types.has(type)) {
        const detail = `the type '${shorten(type)}' is defined in another file already`;
        refuse(module, { type, code: 'duplicated-error', symbol: type, detail });
      } else types.set(type, { ...definition, metadata: { ...definition.metadata, source_info } });
    }
    for (const [condition, definition] of Object.entries(part.value.conditions ?? {})) {
      if (conditions.has(condition)) {
        const detail = `the condition '${shorten(condition)}' is defined in another file already`;
        refuse(module, { condition, code: 'duplicated-error', symbol: condition, detail });
      } else conditions.set(condition, { ...definition, metadata: { ...definition.metadata, source_info } });
    }
  }
  for (const { module, extension } of extensions) {
    const original = types.get(extension.type);
    if (original === undefined) {
      const detail = `it extends the type '${shorten(extension.type)}', which is in no file`;
      refuse(module, { type: extension.type, code: 'invalid-type', symbol: extension.type, detail });
    } else types.set(extension.type, extend(original, extension, module, refuse));
  }
  return { json: { type_definitions: [...types.values()], conditions: Object.fromEntries(conditions) }, problems };
}

function extend(
  original: TypeDefinition,
  { type, relations, metadata }: TypeDefinition,
  module: Module,
  refuse: (module: Module, problem: ModelProblem) => void,
): TypeDefinition {
  const definitions = new Map(Object.entries(original.relations ?? {}));
  const described = new Map<string, RelationMetadata>(Object.entries(original.metadata?.relations ?? {}));
  for (const [relation, definition] of Object.entries(relations ?? {})) {
    if (definitions.has(relation)) {
      const detail = `the type '${shorten(type)}' has the relation '${shorten(relation)}' already`;
      refuse(module, { type, relation, code: 'duplicated-error', symbol: relation, detail });
      continue;
    }
    definitions.set(relation, definition);
    described.set(relation, { ...ownMember(metadata?.relations, relation), source_info: { file: module.file } });
  }
  return {
    ...original,
    relations: Object.fromEntries(definitions),
    metadata: { ...original.metadata, relations: Object.fromEntries(described) },
  };
}

/** The file that a problem's relation, type or condition is of, and its line there. */
function locate(
  problem: ModelProblem,
  { type_definitions, conditions }: Parts,
  places: ReadonlyMap<string, ParsedDsl['places']>,
): ModelProblem {
  const type = type_definitions.find((definition) => definition.type === problem.type);
  const relation = problem.relation === undefined ? undefined : ownMember(type?.metadata?.relations, problem.relation);
  const condition = problem.condition === undefined ? undefined : ownMember(conditions, problem.condition);
  const file = (relation?.source_info ?? type?.metadata?.source_info ?? condition?.metadata?.source_info)?.file;
  if (file === undefined) return problem;
  return { ...(places.get(file)?.locate(problem) ?? problem), file };
}
