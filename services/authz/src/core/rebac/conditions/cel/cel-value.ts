import type { CelType } from './cel-type.js';

/**
 * What an expression computes with. `int` is a bigint in the range of int64 and `double` a number, so that they are never
 * taken for each other; the others that JavaScript lacks are classes.
 */
export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | IpAddress
  | TypeValue
  | readonly CelValue[]
  | CelMap;

/** Of 64 bits. */
export class Uint {
  constructor(readonly value: bigint) {}
}

/** A moment in nanoseconds since 1970, of the years 1 to 9999. */
export class Timestamp {
  constructor(readonly ns: bigint) {}
}

/** In nanoseconds, of 64 bits: about 292 years either way. */
export class Duration {
  constructor(readonly ns: bigint) {}
}

/** IPv4-mapped IPv6 addresses are the IPv4 addresses that they stand for. */
export class IpAddress {
  constructor(
    readonly bits: 32 | 128,
    readonly value: bigint,
    readonly text: string,
    /** Of a link-local IPv6 address; an address with a zone is in no prefix. */
    readonly zone = '',
  ) {}
}

/** `int`, `string`… as values, which `type(x)` answers. */
export class TypeValue {
  constructor(readonly name: string) {}
}

/** Keys are bool, int, uint or string. Numbers that are equal are one key, whatever their type. */
export class CelMap {
  private readonly entriesByKey = new Map<string | boolean | bigint, readonly [CelValue, CelValue]>();

  /** False where the key cannot be one, or is there already. */
  add(key: CelValue, value: CelValue): boolean {
    const normal = normalKey(key);
    if (normal === undefined || typeof key === 'number' || this.entriesByKey.has(normal)) return false;
    this.entriesByKey.set(normal, [key, value]);
    return true;
  }

  get size(): number {
    return this.entriesByKey.size;
  }

  get(key: CelValue): CelValue | undefined {
    const normal = normalKey(key);
    return normal === undefined ? undefined : this.entriesByKey.get(normal)?.[1];
  }

  keys(): readonly CelValue[] {
    return [...this.entriesByKey.values()].map(([key]) => key);
  }

  entries(): readonly (readonly [CelValue, CelValue])[] {
    return [...this.entriesByKey.values()];
  }
}

function normalKey(key: CelValue): string | boolean | bigint | undefined {
  if (typeof key === 'string' || typeof key === 'boolean' || typeof key === 'bigint') return key;
  if (key instanceof Uint) return key.value;
  if (typeof key === 'number' && Number.isInteger(key)) return BigInt(key);
  return undefined;
}

/** Why an expression has no value. Not an `Error`: it is an outcome, `||` and `&&` may do without it, and it needs no stack. */
export class CelFault {
  constructor(readonly detail: string) {}
}

/** The expression would have taken too long. No operator may do without this one. */
export class CostExceeded extends CelFault {}

export function typeName(value: CelValue): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'string':
      return 'string';
  }
  if (value === null) return 'null_type';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof IpAddress) return 'ipaddress';
  if (value instanceof TypeValue) return 'type';
  return value instanceof CelMap ? 'map' : 'list';
}

/** Whether a value is of a type, as far as choosing an overload needs it: what lists and maps hold is not looked at. */
export function isOfType(value: CelValue, { kind }: CelType): boolean {
  switch (kind) {
    case 'dyn':
    case 'param':
      return true;
    case 'int':
      return typeof value === 'bigint';
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'uint':
      return value instanceof Uint;
    case 'timestamp':
      return value instanceof Timestamp;
    case 'duration':
      return value instanceof Duration;
    case 'ipaddress':
      return value instanceof IpAddress;
    case 'bytes':
      return value instanceof Uint8Array;
    case 'type':
      return value instanceof TypeValue;
    case 'null':
      return value === null;
    case 'list':
      return Array.isArray(value);
    case 'map':
      return value instanceof CelMap;
  }
}
