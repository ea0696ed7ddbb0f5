import { err, ok, type Result } from '@lumo/kit';
import type { ConditionParameter } from '../authorization-model.js';
import { type CelType, DYN, listOf, mapOf, type Simple, STRING } from './cel/cel-type.js';

/** The type of a parameter: what its JSON must be, and what the expression sees. */
export type ParameterType =
  | { readonly kind: Exclude<Simple, 'null' | 'bytes' | 'dyn'> | 'any' }
  | { readonly kind: 'list' | 'map'; readonly of: ParameterType };

const SIMPLE = ['bool', 'string', 'int', 'uint', 'double', 'duration', 'timestamp', 'ipaddress', 'any'] as const;

/** Lists and maps inside each other: deeper ones can be `any`. */
const DEPTH = 4;

/** From the JSON of a model: `TYPE_NAME_LIST` with one generic type, and so on. */
export function readParameterType(json: ConditionParameter, depth = 0): Result<ParameterType, string> {
  const name = /^TYPE_NAME_([A-Z]+)$/.exec(json.type_name)?.[1]?.toLowerCase() ?? '';
  const generic = json.generic_types ?? [];
  const simple = SIMPLE.find((kind) => kind === name);
  if (simple !== undefined) {
    return generic.length === 0 ? ok({ kind: simple }) : err(`${json.type_name} has no generic_types`);
  }
  if (name !== 'list' && name !== 'map') {
    const names = [...SIMPLE, 'list', 'map'].map((kind) => `TYPE_NAME_${kind.toUpperCase()}`).join(', ');
    return err(`'${json.type_name.slice(0, 60)}' is no type of a parameter; there are ${names}`);
  }
  const [element, ...more] = generic;
  if (element === undefined || more.length > 0) return err(`${json.type_name} has one of generic_types: what it holds`);
  if (depth >= DEPTH) return err(`more than ${DEPTH} lists and maps stand inside each other: use TYPE_NAME_ANY`);
  const of = readParameterType(element, depth + 1);
  return of.ok ? ok({ kind: name, of: of.value }) : of;
}

/** As the DSL writes it: `list<string>`. */
export function parameterTypeText(type: ParameterType): string {
  return 'of' in type ? `${type.kind}<${parameterTypeText(type.of)}>` : type.kind;
}

export function celTypeOf(type: ParameterType): CelType {
  if ('of' in type) return type.kind === 'list' ? listOf(celTypeOf(type.of)) : mapOf(STRING, celTypeOf(type.of));
  return type.kind === 'any' ? DYN : { kind: type.kind };
}
