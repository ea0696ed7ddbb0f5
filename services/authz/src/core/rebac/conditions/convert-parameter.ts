import { isObject } from '../json-value.js';
import { parseDuration, parseTimestamp } from './cel/cel-time.js';
import { CelFault, CelMap, type CelValue, Uint } from './cel/cel-value.js';
import { parseIp } from './cel/ip-address.js';
import { type ParameterType, parameterTypeText } from './parameter-type.js';

const INT_MAX = 2n ** 63n - 1n;
const INT_MIN = -(2n ** 63n);
const UINT_MAX = 2n ** 64n - 1n;

/** Arrays and objects inside each other in a value of type `any`. */
const DEPTH = 32;

/**
 * A parameter's value from JSON (authz-engine.md 3.1). Numbers may be texts, because JSON numbers cannot hold 64 bits;
 * integers must be whole and in range, and a double that is given as a text must be one exactly, as in OpenFGA. Anything
 * else is of its own JSON type: nothing is guessed. Throws a `CelFault` without the name of the parameter.
 */
export function convertParameter(value: unknown, type: ParameterType): CelValue {
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean' ? value : wrongType(value, type);
    case 'string':
      return typeof value === 'string' ? value : wrongType(value, type);
    case 'int': {
      const int = integer(value, type);
      return int >= INT_MIN && int <= INT_MAX ? int : outOfRange(value, type);
    }
    case 'uint': {
      const int = integer(value, type);
      return int >= 0n && int <= UINT_MAX ? new Uint(int) : outOfRange(value, type);
    }
    case 'double':
      return double(value, type);
    case 'duration':
      return typeof value === 'string' ? parseDuration(value) : wrongType(value, type);
    case 'timestamp':
      return typeof value === 'string' ? parseTimestamp(value) : wrongType(value, type);
    case 'ipaddress':
      return typeof value === 'string' ? parseIp(value) : wrongType(value, type);
    case 'list':
      return Array.isArray(value)
        ? value.map((item: unknown) => convertParameter(item, type.of))
        : wrongType(value, type);
    case 'map':
      return isObject(value) ? mapOf(value, (item) => convertParameter(item, type.of)) : wrongType(value, type);
    case 'any':
      return anything(value, DEPTH);
  }
}

/** JSON as CEL sees it: every number is a double. */
function anything(value: unknown, depth: number): CelValue {
  if (depth === 0) throw new CelFault(`more than ${DEPTH} arrays and objects stand inside each other`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => anything(item, depth - 1));
  if (isObject(value)) return mapOf(value, (item) => anything(item, depth - 1));
  throw new CelFault('a JSON value is expected');
}

function mapOf(object: Readonly<Record<string, unknown>>, convert: (item: unknown) => CelValue): CelMap {
  const map = new CelMap();
  for (const [key, item] of Object.entries(object)) map.add(key, convert(item));
  return map;
}

/** `digits` times ten to the power of `exponent`. */
interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

function decimal(text: string): Decimal | undefined {
  if (text.length > 100) return undefined;
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (whole + fraction === '') return undefined;
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, exponent: Number(exponent) - fraction.length };
}

/** `10`, `"10"`, `10.0` and `"1e1"` are whole; `10.5` is not. */
function integer(value: unknown, type: ParameterType): bigint {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : notWhole(value, type);
  const number = typeof value === 'string' ? decimal(value) : undefined;
  if (number === undefined) return wrongType(value, type);
  const { digits, exponent } = number;
  if (digits === 0n) return 0n;
  // A number of 64 bits has 20 digits, so that no more zeros can follow.
  if (exponent > 20) return outOfRange(value, type);
  if (exponent >= 0) return digits * 10n ** BigInt(exponent);
  if (exponent < -120) return notWhole(value, type);
  const divisor = 10n ** BigInt(-exponent);
  return digits % divisor === 0n ? digits / divisor : notWhole(value, type);
}

function double(value: unknown, type: ParameterType): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : outOfRange(value, type);
  const number = typeof value === 'string' ? decimal(value) : undefined;
  if (number === undefined) return wrongType(value, type);
  const parsed = Number(value);
  if (!Number.isFinite(parsed)) return outOfRange(value, type);
  if (isExactly(parsed, number)) return parsed;
  throw new CelFault(`${jsonText(value)} is no double exactly: send the nearest one as a number, without quotes`);
}

function isExactly(double: number, { digits, exponent }: Decimal): boolean {
  if (double === 0 || digits === 0n) return double === 0 && digits === 0n;
  // No double has more than 767 significant digits, nor any that matters this far from the point.
  if (exponent < -1_200 || exponent > 400) return false;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, double);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  const mantissa = double < 0 ? -magnitude : magnitude;
  const power = BigInt(Math.max(biased, 1) - 1_075);
  const ten = 10n ** BigInt(Math.abs(exponent));
  const two = 1n << (power < 0n ? -power : power);
  const left = digits * (exponent > 0 ? ten : 1n) * (power < 0n ? two : 1n);
  const right = mantissa * (power > 0n ? two : 1n) * (exponent < 0 ? ten : 1n);
  return left === right;
}

function wrongType(value: unknown, type: ParameterType): never {
  throw new CelFault(`${parameterTypeText(type)} is expected, not ${jsonText(value)}`);
}

function notWhole(value: unknown, type: ParameterType): never {
  throw new CelFault(`${parameterTypeText(type)} is a whole number, ${jsonText(value)} is not`);
}

function outOfRange(value: unknown, type: ParameterType): never {
  throw new CelFault(`${jsonText(value)} is out of the range of ${parameterTypeText(type)}`);
}

function jsonText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
