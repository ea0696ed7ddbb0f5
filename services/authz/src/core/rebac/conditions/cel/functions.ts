import { RE2JS } from 're2js';
import {
  durationText,
  inZone,
  parseDuration,
  parseTimestamp,
  timestamp,
  timestampText,
  wholeSeconds,
} from './cel-time.js';
import { CelFault, type CelValue, type Duration, TypeValue, typeName, type Uint } from './cel-value.js';
import { isInPrefix, parseIp, parseIpPrefix } from './ip-address.js';
import { int, OPERATORS, uint } from './operators.js';
import { type Overload, overload, P, readingCost } from './overload.js';
import { patternWeight } from './pattern-weight.js';

const NS_PER_SECOND = 1_000_000_000n;

function fault(what: string, value: unknown): CelFault {
  return new CelFault(`'${String(value).slice(0, 60)}' is no ${what}`);
}

function integer(text: string, pattern: RegExp, type: string): bigint {
  if (!pattern.test(text)) throw fault(type, text);
  return BigInt(text.replace('+', ''));
}

function truncated(value: number, type: string): bigint {
  if (!Number.isFinite(value)) throw fault(type, value);
  return BigInt(Math.trunc(value));
}

/** A double at the ends of the range cannot be told from one beyond it. */
function doubleToInt(value: number): bigint {
  if (Math.abs(value) >= 2 ** 63) throw fault('int', value);
  return int(truncated(value, 'int'));
}

function doubleToUint(value: number): Uint {
  if (value < 0) throw fault('uint', value);
  return uint(truncated(value, 'uint'));
}

function parseDouble(text: string): number {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special) {
    if (/nan/i.test(text)) return Number.NaN;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw fault('double', text);
  return value;
}

function parseBool(text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  throw fault('bool', text);
}

/** Go's `%g`, which the reference implementation answers: an exponent below 1e-4 and from 1e21 on. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const magnitude = Math.abs(value);
  if (value === 0 || (magnitude >= 1e-4 && magnitude < 1e21)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CelFault('the bytes are no UTF-8');
  }
}

const conversions: readonly Overload[] = [
  overload('bool', [P.bool], P.bool, (it) => it),
  overload('bool', [P.string], P.bool, parseBool),
  overload('int', [P.int], P.int, (it) => it),
  overload('int', [P.uint], P.int, (it) => int(it.value)),
  overload('int', [P.double], P.int, doubleToInt),
  overload('int', [P.string], P.int, (text) => int(integer(text, /^[+-]?\d{1,30}$/, 'int'))),
  overload('int', [P.timestamp], P.int, (it) => wholeSeconds(it.ns)),
  overload('int', [P.duration], P.int, (it) => it.ns),
  overload('uint', [P.uint], P.uint, (it) => it),
  overload('uint', [P.int], P.uint, uint),
  overload('uint', [P.double], P.uint, doubleToUint),
  overload('uint', [P.string], P.uint, (text) => uint(integer(text, /^\d{1,30}$/, 'uint'))),
  overload('double', [P.double], P.double, (it) => it),
  overload('double', [P.int], P.double, Number),
  overload('double', [P.uint], P.double, (it) => Number(it.value)),
  overload('double', [P.string], P.double, parseDouble),
  overload('string', [P.string], P.string, (it) => it),
  overload('string', [P.bool], P.string, String),
  overload('string', [P.int], P.string, String),
  overload('string', [P.uint], P.string, (it) => String(it.value)),
  overload('string', [P.double], P.string, doubleText),
  overload('string', [P.bytes], P.string, utf8, { cost: readingCost }),
  overload('string', [P.timestamp], P.string, timestampText),
  overload('string', [P.duration], P.string, durationText),
  overload('string', [P.ip], P.string, (it) => it.text),
  overload('bytes', [P.bytes], P.bytes, (it) => it),
  overload('bytes', [P.string], P.bytes, (text) => new TextEncoder().encode(text), { cost: readingCost }),
  overload('timestamp', [P.timestamp], P.timestamp, (it) => it),
  overload('timestamp', [P.int], P.timestamp, (seconds) => timestamp(seconds * NS_PER_SECOND)),
  overload('timestamp', [P.string], P.timestamp, parseTimestamp),
  overload('duration', [P.duration], P.duration, (it) => it),
  overload('duration', [P.string], P.duration, parseDuration),
  overload('ipaddress', [P.string], P.ip, parseIp),
  overload('dyn', [P.a], { type: { kind: 'dyn' } }, (it) => it),
  overload('type', [P.a], P.type, (it) => new TypeValue(typeName(it))),
];

const MAX_PATTERN_WEIGHT = 1_000;

/** Linear in the text, whatever the pattern: RE2. The pattern finds a part of the text, as in Go. */
function compilePattern(pattern: CelValue): (text: CelValue) => boolean {
  const source = String(pattern);
  if (patternWeight(source) > MAX_PATTERN_WEIGHT) {
    throw new CelFault(`a regular expression has at most ${MAX_PATTERN_WEIGHT} characters, with what {n} repeats`);
  }
  try {
    const compiled = RE2JS.compile(source);
    return (text) => compiled.matcher(String(text)).find();
  } catch (problem) {
    throw new CelFault(`'${source.slice(0, 60)}' is no regular expression of RE2: ${messageOf(problem)}`);
  }
}

function messageOf(problem: unknown): string {
  return problem instanceof Error ? problem.message.slice(0, 200) : 'it cannot be read';
}

function matchCost(text: string, pattern: string): number {
  return Math.ceil((1 + text.length) * 0.1) * Math.ceil(patternWeight(pattern) * 0.25);
}

function inPrefix(range: CelValue): (ip: CelValue) => boolean {
  const prefix = parseIpPrefix(String(range));
  // Only an address is asked: the overload says so.
  return (ip) => isInPrefix(ip as Parameters<typeof isInPrefix>[0], prefix);
}

const text: readonly Overload[] = [
  overload('contains', [P.string, P.string], P.bool, (a, b) => a.includes(b), {
    method: true,
    cost: (a, b) => readingCost(a) * Math.max(1, readingCost(b)),
  }),
  overload('startsWith', [P.string, P.string], P.bool, (a, b) => a.startsWith(b), {
    method: true,
    cost: (_a, b) => readingCost(b),
  }),
  overload('endsWith', [P.string, P.string], P.bool, (a, b) => a.endsWith(b), {
    method: true,
    cost: (_a, b) => readingCost(b),
  }),
  ...[true, false].map((method) =>
    overload('matches', [P.string, P.string], P.bool, (a, pattern) => compilePattern(pattern)(a), {
      method,
      cost: matchCost,
      prepare: compilePattern,
    }),
  ),
  overload('in_cidr', [P.ip, P.string], P.bool, (ip, range) => inPrefix(range)(ip), {
    method: true,
    prepare: inPrefix,
  }),
];

const FIELDS: Readonly<Record<string, (wall: Date) => number>> = {
  getFullYear: (wall) => wall.getUTCFullYear(),
  getMonth: (wall) => wall.getUTCMonth(),
  getDayOfYear: (wall) => dayOfYear(wall),
  getDayOfMonth: (wall) => wall.getUTCDate() - 1,
  getDate: (wall) => wall.getUTCDate(),
  getDayOfWeek: (wall) => wall.getUTCDay(),
  getHours: (wall) => wall.getUTCHours(),
  getMinutes: (wall) => wall.getUTCMinutes(),
  getSeconds: (wall) => wall.getUTCSeconds(),
  getMilliseconds: (wall) => wall.getUTCMilliseconds(),
};

/** From 0. */
function dayOfYear(wall: Date): number {
  const start = new Date(wall);
  start.setUTCMonth(0, 1);
  return Math.round((wall.getTime() - start.getTime()) / 86_400_000);
}

const PARTS: Readonly<Record<string, (duration: Duration) => bigint>> = {
  getHours: ({ ns }) => ns / (3_600n * NS_PER_SECOND),
  getMinutes: ({ ns }) => ns / (60n * NS_PER_SECOND),
  getSeconds: ({ ns }) => ns / NS_PER_SECOND,
  getMilliseconds: ({ ns }) => (ns / 1_000_000n) % 1_000n,
};

const method = { method: true } as const;

const time: readonly Overload[] = [
  ...Object.entries(FIELDS).flatMap(([name, field]) => [
    overload(name, [P.timestamp], P.int, (at) => BigInt(field(inZone(at, '+00:00'))), method),
    overload(name, [P.timestamp, P.string], P.int, (at, zone) => BigInt(field(inZone(at, zone))), method),
  ]),
  ...Object.entries(PARTS).map(([name, part]) => overload(name, [P.duration], P.int, part, method)),
];

const sizeMethods = OPERATORS.filter(({ name }) => name === 'size').map((it) => ({ ...it, method: true }));

/** Every function, with its overloads in the order in which they are tried. */
export const FUNCTIONS: ReadonlyMap<string, readonly Overload[]> = Map.groupBy(
  [...OPERATORS, ...sizeMethods, ...conversions, ...text, ...time],
  ({ name }) => name,
);
