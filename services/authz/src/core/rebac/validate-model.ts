import { err, ok, type Result } from '@lumo/kit';
import type { AuthorizationModel } from './authorization-model.js';
import { compileCondition } from './conditions/compile-condition.js';
import { canonicalJson } from './json-value.js';
import { ModelIndex } from './model-index.js';
import { MODEL_LIMITS } from './model-limits.js';
import { type ModelProblem, shorten } from './model-problem.js';
import { referenceProblems } from './model-references.js';
import { soundnessProblems } from './model-soundness.js';
import { nameProblems } from './names.js';
import { readModel } from './read-model.js';

/**
 * A model from JSON, if it may be stored: its shape, limits and names, then everything that it names, then whether it can
 * be decided (model-soundness.ts), and whether each condition is an expression of type bool over its parameters. A step
 * with problems ends there, because the next would report their consequences; problems of conditions are always told.
 * The rules are OpenFGA's for schema 1.1 and 1.2 (authz-engine.md 3.1), and stricter only for recursion through `but not`.
 */
export function validateModel(json: unknown): Result<AuthorizationModel, readonly ModelProblem[]> {
  const read = readModel(json);
  if (!read.ok) return read;
  const model = read.value;
  const problems = [...relationProblems(model), ...conditionProblems(model)];
  return problems.length === 0 ? ok(model) : err(problems.slice(0, MODEL_LIMITS.problems));
}

function relationProblems(model: AuthorizationModel): readonly ModelProblem[] {
  const index = new ModelIndex(model);
  for (const step of [
    sizeProblems,
    namesAndDuplicates,
    () => referenceProblems(index),
    () => soundnessProblems(index),
  ]) {
    const problems = step(model);
    if (problems.length > 0) return problems;
  }
  return [];
}

function sizeProblems(model: AuthorizationModel): readonly ModelProblem[] {
  const problems: ModelProblem[] = [];
  const refuse = (detail: string) => problems.push({ code: 'too-large', detail });
  const types = model.type_definitions.length;
  const bytes = Buffer.byteLength(canonicalJson(model));
  const conditions = Object.keys(model.conditions ?? {}).length;
  if (types > MODEL_LIMITS.types) refuse(`the model has ${types} types, more than ${MODEL_LIMITS.types}`);
  if (bytes > MODEL_LIMITS.bytes) refuse(`the model has ${bytes} bytes, more than ${MODEL_LIMITS.bytes}`);
  if (conditions > MODEL_LIMITS.conditions) {
    refuse(`the model has ${conditions} conditions, more than ${MODEL_LIMITS.conditions}`);
  }
  const characters = expressionLength(model);
  if (characters > MODEL_LIMITS.expressions) {
    refuse(`the conditions have ${characters} characters, more than ${MODEL_LIMITS.expressions}`);
  }
  return problems;
}

function expressionLength(model: AuthorizationModel): number {
  return Object.values(model.conditions ?? {}).reduce((sum, { expression }) => sum + expression.length, 0);
}

function namesAndDuplicates(model: AuthorizationModel): readonly ModelProblem[] {
  const problems: ModelProblem[] = [];
  const seen = new Set<string>();
  for (const { type, relations } of model.type_definitions) {
    problems.push(...nameProblems('type', type, { type }));
    if (seen.has(type)) {
      const detail = `the type '${shorten(type)}' is defined twice`;
      problems.push({ type, code: 'duplicated-error', symbol: type, detail });
    }
    seen.add(type);
    for (const relation of Object.keys(relations ?? {})) {
      problems.push(...nameProblems('relation', relation, { type, relation }));
    }
  }
  return problems;
}

function conditionProblems(model: AuthorizationModel): readonly ModelProblem[] {
  const conditions = Object.entries(model.conditions ?? {});
  // Reported as too large; compiling them to say more would take too long.
  if (conditions.length > MODEL_LIMITS.conditions || expressionLength(model) > MODEL_LIMITS.expressions) return [];
  let patterns = 0;
  return conditions.flatMap(([condition, definition]): readonly ModelProblem[] => {
    const names = nameProblems('condition', condition, { condition });
    if (names.length > 0) return names;
    if (definition.name !== condition) {
      const detail = `it is called '${shorten(definition.name)}' inside, but '${shorten(condition)}' in the model`;
      return [{ condition, code: 'different-nested-condition-name', symbol: definition.name, detail }];
    }
    if (patterns > MODEL_LIMITS.patterns) {
      const detail = 'the regular expressions of all conditions together are too long, or repeat too much';
      return [{ condition, code: 'too-large', detail }];
    }
    const compiled = compileCondition(definition);
    if (!compiled.ok) return [{ condition, code: 'invalid-condition', detail: compiled.error }];
    patterns += compiled.value.patternWeight;
    return [];
  });
}
