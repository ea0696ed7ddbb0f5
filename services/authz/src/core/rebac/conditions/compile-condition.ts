import { celEnv, isCelError, parse, plan } from '@bufbuild/cel';
import { err, ok, type Result } from '@lumo/kit';
import type { ConditionDefinition, ConditionParameter } from '../authorization-model.js';
import type { CompiledCondition, ConditionFailure } from '../compiled-model.js';
import type { ConditionContext } from '../tuple.js';

/** A condition ready to be asked, or why its expression is none. */
export function compileCondition(definition: ConditionDefinition): Result<CompiledCondition, string> {
  const parameters = new Map(Object.entries(definition.parameters ?? {}).map(([name, it]) => [name, typeText(it)]));
  let evaluate: ReturnType<typeof plan>;
  try {
    evaluate = plan(celEnv(), parse(definition.expression));
  } catch (problem) {
    return err(problem instanceof Error ? problem.message : String(problem));
  }
  const fail = (detail: string, ...missingParameters: string[]) => err({ detail, missingParameters });
  return ok({
    name: definition.name,
    parameters,
    evaluate(stored, request): Result<boolean, ConditionFailure> {
      const values: Record<string, never> = {};
      for (const [name, type] of parameters) {
        const source = [stored, request].find((context) => context !== undefined && Object.hasOwn(context, name));
        if (source === undefined) return fail(`the parameter '${name}' is missing`, name);
        const value = source[name];
        values[name] = (type === 'int' ? BigInt(String(value)) : value) as never;
      }
      const answer = evaluate(values);
      if (isCelError(answer)) return fail(answer.message);
      return typeof answer === 'boolean' ? ok(answer) : fail('the expression is not of type bool');
    },
    checkContext(context: ConditionContext): Result<void, ConditionFailure> {
      const unknown = Object.keys(context).find((name) => !parameters.has(name));
      return unknown === undefined ? ok(undefined) : fail(`'${unknown}' is no parameter of the condition`);
    },
  });
}

function typeText({ type_name, generic_types }: ConditionParameter): string {
  const name = type_name.replace(/^TYPE_NAME_/, '').toLowerCase();
  return generic_types?.[0] === undefined ? name : `${name}<${typeText(generic_types[0])}>`;
}
