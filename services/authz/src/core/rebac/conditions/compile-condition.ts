import { parse } from '@bufbuild/cel';
import { err, ok, type Result } from '@lumo/kit';
import type { ConditionDefinition } from '../authorization-model.js';
import type { CompiledCondition, ConditionFailure } from '../compiled-model.js';
import { MODEL_LIMITS } from '../model-limits.js';
import type { ConditionContext } from '../tuple.js';
import { typeText } from './cel/cel-type.js';
import { CelFault, type CelValue } from './cel/cel-value.js';
import { checkExpression } from './cel/check-expression.js';
import { literalPatternWeight } from './cel/pattern-weight.js';
import { type Expression, planExpression } from './cel/plan-expression.js';
import { convertParameter } from './convert-parameter.js';
import { celTypeOf, type ParameterType, parameterTypeText, readParameterType } from './parameter-type.js';

/**
 * What one evaluation may cost: OpenFGA's limit. One for each name, field and call, and what reading texts and lists takes
 * (`cel/plan-expression.ts`). About twenty items of a list can be tested by a macro; more belong into tuples.
 */
const COST = 100;

/** A condition ready to be asked, or why it is none: one sentence. */
export function compileCondition(definition: ConditionDefinition): Result<MeasuredCondition, string> {
  const parameters = readParameters(definition);
  if (!parameters.ok) return parameters;
  const expression = compileExpression(definition.expression, parameters.value);
  if (!expression.ok) return expression;
  return ok(new Condition(definition.name, parameters.value, expression.value.run, expression.value.patternWeight));
}

export interface MeasuredCondition extends CompiledCondition {
  /** What the regular expressions in it take to compile; they are compiled with the condition. */
  readonly patternWeight: number;
}

class Condition implements MeasuredCondition {
  readonly parameters: ReadonlyMap<string, string>;
  private readonly declared: readonly (readonly [string, ParameterType])[];

  constructor(
    readonly name: string,
    private readonly types: ReadonlyMap<string, ParameterType>,
    private readonly expression: Expression,
    readonly patternWeight: number,
  ) {
    this.declared = [...types];
    this.parameters = new Map(this.declared.map(([parameter, type]) => [parameter, parameterTypeText(type)]));
  }

  evaluate(
    stored: ConditionContext | undefined,
    request: ConditionContext | undefined,
  ): Result<boolean, ConditionFailure> {
    const values: CelValue[] = [];
    for (const [name, type] of this.declared) {
      const given = has(stored, name) ? stored : has(request, name) ? request : undefined;
      if (given === undefined) return this.missing(stored, request);
      const value = convert(name, given[name], type);
      if (!value.ok) return value;
      values.push(value.value);
    }
    const answer = this.expression(values, COST);
    if (!answer.ok) return failure(answer.error.detail);
    return typeof answer.value === 'boolean' ? ok(answer.value) : failure('the expression has no answer of type bool');
  }

  checkContext(context: ConditionContext): Result<void, ConditionFailure> {
    for (const [name, value] of Object.entries(context)) {
      const type = this.types.get(name);
      if (type === undefined) {
        const known = [...this.types.keys()].join(', ');
        return failure(`it has no parameter '${name.slice(0, 60)}'; it has ${known || 'none'}`);
      }
      const converted = convert(name, value, type);
      if (!converted.ok) return converted;
    }
    return ok(undefined);
  }

  private missing(
    stored: ConditionContext | undefined,
    request: ConditionContext | undefined,
  ): Result<never, ConditionFailure> {
    const missingParameters = [...this.types.keys()].filter((name) => !has(stored, name) && !has(request, name));
    const names = missingParameters.map((name) => `'${name}'`).join(', ');
    return err({ detail: `the context has no ${names}`, missingParameters });
  }
}

function has(context: ConditionContext | undefined, name: string): context is ConditionContext {
  return context !== undefined && Object.hasOwn(context, name);
}

function failure(detail: string): Result<never, ConditionFailure> {
  return err({ detail, missingParameters: [] });
}

function convert(name: string, value: unknown, type: ParameterType): Result<CelValue, ConditionFailure> {
  try {
    return ok(convertParameter(value, type));
  } catch (fault) {
    if (fault instanceof CelFault) return failure(`parameter '${name}': ${fault.detail}`);
    throw fault;
  }
}

function readParameters({ parameters }: ConditionDefinition): Result<ReadonlyMap<string, ParameterType>, string> {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > MODEL_LIMITS.parametersOfACondition) {
    return err(`it has ${entries.length} parameters, more than ${MODEL_LIMITS.parametersOfACondition}`);
  }
  const types = new Map<string, ParameterType>();
  for (const [name, json] of entries) {
    if (!/^[A-Za-z_][\w-]{0,63}$/.test(name)) {
      return err(`'${name.slice(0, 60)}' is no name of a parameter: up to 64 letters, digits, '_' and '-'`);
    }
    const type = readParameterType(json);
    if (!type.ok) return err(`parameter '${name}': ${type.error}`);
    types.set(name, type.value);
  }
  return ok(types);
}

interface CompiledExpression {
  readonly run: Expression;
  readonly patternWeight: number;
}

function compileExpression(
  text: string,
  parameters: ReadonlyMap<string, ParameterType>,
): Result<CompiledExpression, string> {
  const tooLarge = sizeProblem(text);
  if (tooLarge !== undefined) return err(tooLarge);
  try {
    const variables = new Map([...parameters].map(([name, type]) => [name, celTypeOf(type)]));
    const checked = checkExpression(parse(text), variables);
    if (!checked.ok) return err(`${checked.error.detail}${placeIn(text, checked.error.offset)}`);
    const { type } = checked.value.node;
    if (type.kind !== 'bool') return err(`the expression is of type ${typeText(type)}, not bool`);
    const weight = literalPatternWeight(checked.value.node);
    if (weight > MODEL_LIMITS.patterns) return err('its regular expressions are too long, or repeat too much');
    return ok({ run: planExpression(checked.value), patternWeight: weight });
  } catch (problem) {
    if (problem instanceof CelFault) return err(problem.detail);
    // The parser throws errors, and runs out of stack where the limits above are too wide for it.
    const message = problem instanceof Error ? problem.message : String(problem);
    return err(`the expression cannot be read: ${message.replace(/^<input>:/, 'line ').slice(0, 300)}`);
  }
}

/** Operators and brackets inside each other; every open bracket costs the parser a dozen frames of stack. */
const BRACKETS = 48;

function sizeProblem(text: string): string | undefined {
  if (text.trim() === '') return 'the expression is empty';
  if (text.length > MODEL_LIMITS.expression) {
    return `the expression has ${text.length} characters, more than ${MODEL_LIMITS.expression}`;
  }
  let open = 0;
  for (const character of text) {
    if ('([{'.includes(character)) open++;
    else if (')]}'.includes(character)) open--;
    if (open > BRACKETS) return `more than ${BRACKETS} brackets stand inside each other`;
  }
  return undefined;
}

function placeIn(text: string, offset: number | undefined): string {
  if (offset === undefined) return '';
  const before = text.slice(0, offset).split('\n');
  return ` (line ${before.length} of the expression, column ${(before.at(-1)?.length ?? 0) + 1})`;
}
