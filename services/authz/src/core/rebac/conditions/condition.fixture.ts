import type { ConditionDefinition, ConditionParameter } from '../authorization-model.js';
import type { CompiledCondition } from '../compiled-model.js';
import { compileCondition } from './compile-condition.js';

/** `list<string>` as the JSON of a model. */
export function parameter(text: string): ConditionParameter {
  const [, outer = '', inner] = /^(\w+)(?:<(.*)>)?$/.exec(text) ?? [];
  const type_name = `TYPE_NAME_${outer.toUpperCase()}`;
  return inner === undefined ? { type_name } : { type_name, generic_types: [parameter(inner)] };
}

export function definition(expression: string, parameters: Readonly<Record<string, string>> = {}): ConditionDefinition {
  const declared = Object.entries(parameters).map(([name, type]) => [name, parameter(type)]);
  return { name: 'c', expression, parameters: Object.fromEntries(declared) };
}

export function condition(expression: string, parameters?: Readonly<Record<string, string>>): CompiledCondition {
  const compiled = compileCondition(definition(expression, parameters));
  if (!compiled.ok) throw new Error(compiled.error);
  return compiled.value;
}
