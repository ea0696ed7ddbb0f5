import { err, ok, type Result } from '@lumo/kit';
import { errors, transformer } from '@openfga/syntax-transformer';
import type { AuthorizationModel } from '../authorization-model.js';
import { isObject } from '../json-value.js';
import type { ModelProblem } from '../model-problem.js';
import { readModel } from '../read-model.js';
import { validateModel } from '../validate-model.js';
import { lintModel } from './lint-model.js';
import { differenceOf } from './model-difference.js';
import { parseDsl } from './parse-dsl.js';

/** A model from its DSL. Every problem names the line and, where one is to blame, the column. */
export function modelFromDsl(text: string): Result<AuthorizationModel, readonly ModelProblem[]> {
  const parsed = parseDsl(text);
  if (!parsed.ok) return parsed;
  const { json, places } = parsed.value;
  const model = validateModel(json);
  return model.ok ? model : err(model.error.map((problem) => places.locate(problem)));
}

export interface DslOptions {
  /** Comments that say of which module and file each part is. */
  readonly origins?: boolean;
}

/** What an editor should tell of a model that is fine otherwise; see `lintModel`. */
export function lintDsl(text: string): readonly ModelProblem[] {
  const parsed = parseDsl(text);
  const model = parsed.ok ? readModel(parsed.value.json) : parsed;
  if (!parsed.ok || !model.ok) return [];
  return lintModel(model.value).map((problem) => parsed.value.places.locate(problem));
}

/**
 * The DSL of a model. Direct lists are written first, as the DSL wants them; the order of conditions is that of their
 * names. What the DSL cannot say (a direct list inside of a later operand, names beyond its alphabet) is a problem that
 * names the relation: the text is read back, so that nothing is ever said differently.
 */
export function modelToDsl(model: AuthorizationModel, options: DslOptions = {}): Result<string, ModelProblem> {
  const text = write(model, options);
  if (!text.ok) return text;
  const read = parseDsl(text.value);
  if (!read.ok) {
    const [first] = read.error;
    const detail = `the DSL has no words for this model: ${first?.detail ?? 'it cannot be read back'}`;
    return err({ ...first, code: 'not-expressible', detail });
  }
  const difference = differenceOf(model, read.value.json);
  return difference === undefined ? text : err({ code: 'not-expressible', ...difference });
}

function write(model: AuthorizationModel, { origins = false }: DslOptions): Result<string, ModelProblem> {
  try {
    // The library sorts and moves what it is given.
    const copy = structuredClone(model) as Parameters<typeof transformer.transformJSONToDSL>[0];
    return ok(`${transformer.transformJSONToDSL(copy, { includeSourceInformation: origins }).trimEnd()}\n`);
  } catch (problem) {
    if (problem instanceof errors.UnsupportedDSLNestingError) {
      return err(notExpressible(problem.typeName, problem.relationName));
    }
    const [, relation, type] =
      /^the '(.*)' relation definition under the '(.*)' type/s.exec(String(messageOf(problem))) ?? [];
    if (relation !== undefined && type !== undefined) return err(notExpressible(type, relation));
    return err({ code: 'not-expressible', detail: `the DSL has no words for this model: ${messageOf(problem)}` });
  }
}

function messageOf(problem: unknown): string {
  return isObject(problem) && typeof problem.message === 'string' ? problem.message.slice(0, 200) : 'no reason given';
}

function notExpressible(type: string, relation: string): ModelProblem {
  const detail = 'the DSL can say a direct list [types] only once, as the first operand: read this model as JSON';
  return { code: 'not-expressible', type, relation, detail };
}
