import { areEqual, compareBytes, compareNumbers, compareText } from './cel-compare.js';
import { duration, timestamp } from './cel-time.js';
import { CelFault, type CelValue, Uint } from './cel-value.js';
import { type Overload, overload, P, type Param, readingCost, sizeOf } from './overload.js';

const INT_MAX = 2n ** 63n - 1n;
const INT_MIN = -(2n ** 63n);
const UINT_MAX = 2n ** 64n - 1n;

export function int(value: bigint): bigint {
  if (value > INT_MAX || value < INT_MIN) throw new CelFault('the number is outside of int, which has 64 bits');
  return value;
}

export function uint(value: bigint): Uint {
  if (value < 0n || value > UINT_MAX) throw new CelFault('the number is outside of uint, which has 64 bits');
  return new Uint(value);
}

const smaller = (a: CelValue, b: CelValue) => Math.ceil(Math.min(sizeOf(a), sizeOf(b)) * 0.1);
const both = (a: CelValue, b: CelValue) => Math.ceil((sizeOf(a) + sizeOf(b)) * 0.1);

const equality: readonly Overload[] = [
  overload('_==_', [P.a, P.a], P.bool, (a, b) => areEqual(a, b), { cost: smaller }),
  overload('_!=_', [P.a, P.a], P.bool, (a, b) => !areEqual(a, b), { cost: smaller }),
];

/** NaN fails every comparison, as it does in the tests of `order`. */
const ORDERS: Readonly<Record<string, (order: number) => boolean>> = {
  '_<_': (order) => order < 0,
  '_<=_': (order) => order <= 0,
  '_>_': (order) => order > 0,
  '_>=_': (order) => order >= 0,
};

const order = Object.entries(ORDERS).flatMap(([name, holds]): readonly Overload[] => {
  const numbers: readonly Param<bigint | number | Uint>[] = [P.int, P.uint, P.double];
  return [
    ...numbers.flatMap((left) =>
      numbers.map((right) =>
        overload(name, [left, right], P.bool, (a, b) => holds(compareNumbers(a, b)), { dynamicOnly: left !== right }),
      ),
    ),
    overload(name, [P.bool, P.bool], P.bool, (a, b) => holds(Number(a) - Number(b))),
    overload(name, [P.string, P.string], P.bool, (a, b) => holds(compareText(a, b)), { cost: smaller }),
    overload(name, [P.bytes, P.bytes], P.bool, (a, b) => holds(compareBytes(a, b)), { cost: smaller }),
    overload(name, [P.timestamp, P.timestamp], P.bool, (a, b) => holds(compareNumbers(a.ns, b.ns))),
    overload(name, [P.duration, P.duration], P.bool, (a, b) => holds(compareNumbers(a.ns, b.ns))),
  ];
});

function divisor(value: bigint): bigint {
  if (value === 0n) throw new CelFault('division by zero');
  return value;
}

const arithmetic: readonly Overload[] = [
  overload('_+_', [P.int, P.int], P.int, (a, b) => int(a + b)),
  overload('_+_', [P.uint, P.uint], P.uint, (a, b) => uint(a.value + b.value)),
  overload('_+_', [P.double, P.double], P.double, (a, b) => a + b),
  overload('_+_', [P.string, P.string], P.string, (a, b) => a + b, { cost: both }),
  overload('_+_', [P.bytes, P.bytes], P.bytes, (a, b) => Uint8Array.from([...a, ...b]), { cost: both }),
  overload('_+_', [P.listOfA, P.listOfA], P.listOfA, (a, b) => [...a, ...b], { cost: (a, b) => 1 + both(a, b) }),
  overload('_+_', [P.duration, P.duration], P.duration, (a, b) => duration(a.ns + b.ns)),
  overload('_+_', [P.timestamp, P.duration], P.timestamp, (a, b) => timestamp(a.ns + b.ns)),
  overload('_+_', [P.duration, P.timestamp], P.timestamp, (a, b) => timestamp(a.ns + b.ns)),
  overload('_-_', [P.int, P.int], P.int, (a, b) => int(a - b)),
  overload('_-_', [P.uint, P.uint], P.uint, (a, b) => uint(a.value - b.value)),
  overload('_-_', [P.double, P.double], P.double, (a, b) => a - b),
  overload('_-_', [P.duration, P.duration], P.duration, (a, b) => duration(a.ns - b.ns)),
  overload('_-_', [P.timestamp, P.duration], P.timestamp, (a, b) => timestamp(a.ns - b.ns)),
  overload('_-_', [P.timestamp, P.timestamp], P.duration, (a, b) => duration(a.ns - b.ns)),
  overload('_*_', [P.int, P.int], P.int, (a, b) => int(a * b)),
  overload('_*_', [P.uint, P.uint], P.uint, (a, b) => uint(a.value * b.value)),
  overload('_*_', [P.double, P.double], P.double, (a, b) => a * b),
  overload('_/_', [P.int, P.int], P.int, (a, b) => int(a / divisor(b))),
  overload('_/_', [P.uint, P.uint], P.uint, (a, b) => uint(a.value / divisor(b.value))),
  overload('_/_', [P.double, P.double], P.double, (a, b) => a / b),
  overload('_%_', [P.int, P.int], P.int, (a, b) => int(a % divisor(b))),
  overload('_%_', [P.uint, P.uint], P.uint, (a, b) => uint(a.value % divisor(b.value))),
  overload('-_', [P.int], P.int, (a) => int(-a)),
  overload('-_', [P.double], P.double, (a) => -a),
  overload('!_', [P.bool], P.bool, (a) => !a),
];

function itemAt(list: readonly CelValue[], index: bigint | number): CelValue {
  const item = index >= 0 ? list[Number(index)] : undefined;
  if (item === undefined) throw new CelFault(`the list has no item ${index}: it has ${list.length}`);
  return item;
}

const containers: readonly Overload[] = [
  overload('_[_]', [P.listOfA, P.int], P.a, itemAt),
  overload('_[_]', [P.listOfA, P.uint], P.a, (list, index) => itemAt(list, index.value), { dynamicOnly: true }),
  overload('_[_]', [P.listOfA, P.double], P.a, itemAt, { dynamicOnly: true }),
  overload('_[_]', [P.mapOfAToB, P.a], P.b, (map, key) => {
    const value = map.get(key);
    if (value === undefined) throw new CelFault(`the map has no key ${keyText(key)}`);
    return value;
  }),
  overload('@in', [P.a, P.listOfA], P.bool, (item, list) => list.some((other) => areEqual(item, other)), {
    cost: (_item, list) => Math.max(1, list.length),
  }),
  overload('@in', [P.a, P.mapOfAToB], P.bool, (key, map) => map.get(key) !== undefined),
  overload('size', [P.string], P.int, (text) => BigInt(codePoints(text)), { cost: readingCost }),
  overload('size', [P.bytes], P.int, (bytes) => BigInt(bytes.length)),
  overload('size', [P.listOfA], P.int, (list) => BigInt(list.length)),
  overload('size', [P.mapOfAToB], P.int, (map) => BigInt(map.size)),
];

export function keyText(key: CelValue): string {
  if (typeof key === 'string') return `'${key.length > 60 ? `${key.slice(0, 57)}…` : key}'`;
  return key instanceof Uint ? `${key.value}` : String(key);
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) count--;
  }
  return count;
}

/** `||`, `&&`, `?:` and macros are no functions: the planner has them, because they do not evaluate all their operands. */
export const OPERATORS: readonly Overload[] = [...equality, ...order, ...arithmetic, ...containers];
