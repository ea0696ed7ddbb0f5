import { parse } from '@bufbuild/cel';
import { areEqual } from './cel-compare.js';
import { parseDuration, parseTimestamp } from './cel-time.js';
import * as types from './cel-type.js';
import { type CelType, typeText } from './cel-type.js';
import { CelFault, CelMap, type CelValue, TypeValue, Uint } from './cel-value.js';
import { checkExpression } from './check-expression.js';
import { planExpression } from './plan-expression.js';

/** A case of the CEL conformance suite, as far as it is read here. */
export interface ConformanceCase {
  readonly name: string;
  readonly expr: string;
  readonly value?: unknown;
  readonly typedResult?: { readonly result?: unknown; readonly deducedType?: unknown };
  readonly evalError?: unknown;
  readonly checkOnly?: boolean;
  readonly disableCheck?: boolean;
  readonly container?: string;
  readonly typeEnv?: readonly { readonly name: string; readonly ident?: { readonly type: unknown } }[];
  readonly bindings?: Readonly<Record<string, { readonly value: unknown }>>;
}

/** `right`, or what is wrong. */
export function verdictOf(test: ConformanceCase): string {
  try {
    const variables = new Map<string, CelType>();
    for (const { name, ident } of test.typeEnv ?? []) variables.set(name, typeOf(ident?.type));
    for (const name of Object.keys(test.bindings ?? {})) if (!variables.has(name)) variables.set(name, types.DYN);
    const checked = checkExpression(parse(test.expr), variables);
    if (!checked.ok) return test.evalError ? 'right' : `refused: ${checked.error.detail}`;
    const deduced = test.typedResult?.deducedType;
    if (deduced !== undefined && typeText(typeOf(deduced)) !== typeText(checked.value.node.type)) {
      return `has type ${typeText(checked.value.node.type)}`;
    }
    if (test.checkOnly) return 'right';
    const values = [...variables.keys()].map((name) => valueFrom(test.bindings?.[name]?.value));
    const answer = planExpression(checked.value)(values, 100_000);
    if (!answer.ok) return test.evalError ? 'right' : `failed: ${answer.error.detail}`;
    if (test.evalError) return 'has a value, where an error is expected';
    const expected = valueFrom(test.value ?? test.typedResult?.result ?? { boolValue: true });
    return isSame(answer.value, expected) ? 'right' : `is ${show(answer.value)}, not ${show(expected)}`;
  } catch (problem) {
    const detail = problem instanceof CelFault ? problem.detail : String(problem);
    return test.evalError && !(problem instanceof Unreadable) ? 'right' : `unreadable: ${detail}`;
  }
}

/** A type or value that conditions do not have. */
class Unreadable extends Error {}

function isSame(a: CelValue, b: CelValue): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a === b || (Number.isNaN(a) && Number.isNaN(b));
  return a?.constructor === b?.constructor && areEqual(a, b);
}

function show(value: CelValue): string {
  return JSON.stringify(value, (_key, it: unknown) => (typeof it === 'bigint' ? `${it}` : it));
}

const PRIMITIVES: Readonly<Record<string, CelType>> = {
  BOOL: types.BOOL,
  INT64: types.INT,
  UINT64: types.UINT,
  DOUBLE: types.DOUBLE,
  STRING: types.STRING,
  BYTES: types.BYTES,
};

type Json = Readonly<Record<string, unknown>>;

function typeOf(json: unknown): CelType {
  const type = (json ?? {}) as Json;
  const primitive = PRIMITIVES[String(type.primitive)];
  if (primitive) return primitive;
  if ('null' in type) return types.NULL;
  if ('dyn' in type) return types.DYN;
  if (type.wellKnown === 'TIMESTAMP') return types.TIMESTAMP;
  if (type.wellKnown === 'DURATION' || type.messageType === 'google.protobuf.Duration') return types.DURATION;
  if ('type' in type) return { kind: 'type', of: types.DYN };
  if (type.listType) return types.listOf(typeOf((type.listType as Json).elemType));
  if (type.mapType)
    return types.mapOf(typeOf((type.mapType as Json).keyType), typeOf((type.mapType as Json).valueType));
  throw new Unreadable(`a type that conditions do not have: ${JSON.stringify(json)}`);
}

function valueFrom(json: unknown): CelValue {
  const [[kind, value] = []] = Object.entries((json ?? {}) as Json);
  switch (kind) {
    case 'boolValue':
      return value === true;
    case 'int64Value':
      return BigInt(String(value));
    case 'uint64Value':
      return new Uint(BigInt(String(value)));
    case 'doubleValue':
      return Number(value);
    case 'stringValue':
      return String(value);
    case 'bytesValue':
      return Uint8Array.from(Buffer.from(String(value), 'base64'));
    case 'nullValue':
      return null;
    case 'typeValue':
      return new TypeValue(String(value));
    case 'listValue':
      return (((value as Json).values ?? []) as readonly unknown[]).map(valueFrom);
    case 'mapValue': {
      const map = new CelMap();
      for (const entry of ((value as Json).entries ?? []) as readonly Json[]) {
        map.add(valueFrom(entry.key), valueFrom(entry.value));
      }
      return map;
    }
    case 'objectValue': {
      const { '@type': type, value: text } = value as Json;
      if (type === 'type.googleapis.com/google.protobuf.Timestamp') return parseTimestamp(String(text));
      if (type === 'type.googleapis.com/google.protobuf.Duration') return parseDuration(String(text));
    }
  }
  throw new Unreadable(`a value that conditions do not have: ${JSON.stringify(json)}`);
}
