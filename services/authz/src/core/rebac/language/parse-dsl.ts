import { err, ok, type Result } from '@lumo/kit';
import { errors, transformer } from '@openfga/syntax-transformer';
import { isObject, type JsonObject } from '../json-value.js';
import { MODEL_LIMITS } from '../model-limits.js';
import type { ModelProblem } from '../model-problem.js';
import { DslPlaces } from './dsl-places.js';
import { type DslSource, PLACEHOLDER, prepareDsl } from './dsl-source.js';
import { untilHundredWrong } from './wrong-lines.js';

export interface ParsedDsl {
  /** The JSON of a model, not validated. Of a module: of its part of one. */
  readonly json: JsonObject;
  readonly places: DslPlaces;
  /** Of a module: the types that it adds relations to. */
  readonly extended: ReadonlySet<string>;
}

/** The text of a model or of a module, read by the parser of the OpenFGA language tools. Problems have line and column. */
export function parseDsl(text: string): Result<ParsedDsl, readonly ModelProblem[]> {
  const source = prepareDsl(text);
  return source.ok ? parsePrepared(source.value) : err([source.error]);
}

export function parsePrepared(source: DslSource): Result<ParsedDsl, readonly ModelProblem[]> {
  const beginning = untilHundredWrong(source.text);
  if (beginning !== undefined) {
    const parsed = parseText(beginning, source);
    // Problems of the last line may be of the cut.
    const last = (source.lineOf[beginning.split('\n').length - 1] ?? 0) + 1;
    if (!parsed.ok && parsed.error.some(({ line }) => line === undefined || line < last)) return parsed;
  }
  return parseText(source.text, source);
}

function parseText(text: string, source: DslSource): Result<ParsedDsl, readonly ModelProblem[]> {
  const places = new DslPlaces(source.lines);
  try {
    const { authorizationModel, typeDefExtensions } = transformer.transformModularDSLToJSONObject(text);
    const json = withExpressions(authorizationModel as unknown as JsonObject, source);
    const lost = lostDeclarations(json, source, places);
    return lost.length === 0 ? ok({ json, places, extended: new Set(typeDefExtensions.keys()) }) : err(lost);
  } catch (problem) {
    return err(syntaxProblems(problem, source).slice(0, MODEL_LIMITS.problems));
  }
}

/** The parser saw a placeholder for each expression that was put aside. */
function withExpressions(json: JsonObject, source: DslSource): JsonObject {
  const { conditions } = json;
  if (!isObject(conditions)) return json;
  const restored = Object.entries(conditions).map(([name, condition]) => {
    const aside =
      isObject(condition) && condition.expression === PLACEHOLDER ? source.expressions.get(name) : undefined;
    return [name, aside === undefined ? condition : { ...(condition as JsonObject), expression: aside }];
  });
  return { ...json, conditions: Object.fromEntries(restored) };
}

/** The parser keeps declarations as members of plain objects, and one that is called `__proto__` is gone afterwards. */
function lostDeclarations(json: JsonObject, source: DslSource, places: DslPlaces): readonly ModelProblem[] {
  const line = source.lines.findIndex((text) => /\b__proto__\b/.test(text));
  if (line === -1 || JSON.stringify(json).split('"__proto__"').length > 1) return [];
  const detail = "the parser of the DSL cannot read the name '__proto__': write this model as JSON";
  return [places.locate({ code: 'not-expressible', symbol: '__proto__', detail, line: line + 1, column: 1 })];
}

function syntaxProblems(problem: unknown, source: DslSource): readonly ModelProblem[] {
  if (!(problem instanceof errors.BaseMultiError)) {
    // The parser runs out of stack on some texts; there is no place to name then.
    const detail = `the text cannot be read: ${problem instanceof Error ? problem.message.slice(0, 200) : 'no reason given'}`;
    return [{ code: 'invalid-syntax', detail }];
  }
  return (problem.errors as readonly errors.DSLSyntaxSingleError[]).map(({ msg, line, column, metadata }) => {
    const symbol = metadata?.symbol;
    return {
      code: 'invalid-syntax' as const,
      detail: plainMessage(msg, symbol),
      line: (source.lineOf[line?.start ?? 0] ?? source.lines.length - 1) + 1,
      column: (column?.start ?? 0) + 1,
      ...(symbol !== undefined && { symbol }),
    };
  });
}

/** Declarations are members of plain objects in the parser, so that it takes `constructor` for one that is there already. */
function plainMessage(message: string, symbol: string | undefined): string {
  if (symbol !== undefined && symbol in {} && message.includes('already defined')) {
    return `the parser of the DSL cannot read the name '${symbol}': write this model as JSON`;
  }
  return message.slice(0, 300);
}
