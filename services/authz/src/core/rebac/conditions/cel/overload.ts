import type { CelType } from './cel-type.js';
import * as types from './cel-type.js';
import { CelMap, type CelValue, type Duration, type IpAddress, type Timestamp, type Uint } from './cel-value.js';

/** One way to call a function. A method has its receiver as the first parameter. */
export interface Overload {
  readonly name: string;
  readonly method: boolean;
  readonly parameters: readonly CelType[];
  readonly result: CelType;
  /** Only where the type of an argument is not known before: `1 < 1.5` is a mistake, `any < 1.5` may be none. */
  readonly dynamicOnly: boolean;
  run(...args: readonly CelValue[]): CelValue;
  cost(...args: readonly CelValue[]): number;
  /** Work that needs the second argument alone, done once where that is a literal. A fault is a fault of the expression. */
  readonly prepare?: (literal: CelValue) => (receiver: CelValue) => CelValue;
}

/** A type of the language together with the type of its values here. */
export interface Param<T extends CelValue> {
  readonly type: CelType;
  readonly holds?: T;
}

const param = <T extends CelValue>(type: CelType): Param<T> => ({ type });
const A: CelType = { kind: 'param', id: 'A' };
const B: CelType = { kind: 'param', id: 'B' };

export const P = {
  bool: param<boolean>(types.BOOL),
  int: param<bigint>(types.INT),
  uint: param<Uint>(types.UINT),
  double: param<number>(types.DOUBLE),
  string: param<string>(types.STRING),
  bytes: param<Uint8Array>(types.BYTES),
  timestamp: param<Timestamp>(types.TIMESTAMP),
  duration: param<Duration>(types.DURATION),
  ip: param<IpAddress>(types.IPADDRESS),
  type: param<CelValue>({ kind: 'type', of: A }),
  a: param<CelValue>(A),
  b: param<CelValue>(B),
  listOfA: param<readonly CelValue[]>(types.listOf(A)),
  mapOfAToB: param<CelMap>(types.mapOf(A, B)),
} as const;

type Values<Params extends readonly Param<CelValue>[]> = {
  readonly [K in keyof Params]: Params[K] extends Param<infer T> ? T : never;
};

export interface OverloadOptions<Params extends readonly Param<CelValue>[]> {
  readonly method?: boolean;
  readonly dynamicOnly?: boolean;
  readonly cost?: (...args: Values<Params>) => number;
  readonly prepare?: Overload['prepare'];
}

/** The planner calls `run` only with values of the parameters' types, which is what the casts here rest on. */
export function overload<const Params extends readonly Param<CelValue>[]>(
  name: string,
  parameters: Params,
  result: Param<CelValue>,
  run: (...args: Values<Params>) => CelValue,
  options: OverloadOptions<Params> = {},
): Overload {
  return {
    name,
    method: options.method ?? false,
    parameters: parameters.map(({ type }) => type),
    result: result.type,
    dynamicOnly: options.dynamicOnly ?? false,
    run: run as Overload['run'],
    cost: (options.cost as Overload['cost'] | undefined) ?? (() => 1),
    ...(options.prepare && { prepare: options.prepare }),
  };
}

/** What reading all of a value costs: a tenth for each byte or character, or for each item. */
export function readingCost(value: CelValue): number {
  return Math.ceil(sizeOf(value) * 0.1);
}

export function sizeOf(value: CelValue): number {
  if (typeof value === 'string' || value instanceof Uint8Array || Array.isArray(value)) return value.length;
  return value instanceof CelMap ? value.size : 1;
}
