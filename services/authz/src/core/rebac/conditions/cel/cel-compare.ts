import { CelMap, type CelValue, Duration, IpAddress, Timestamp, TypeValue, Uint } from './cel-value.js';

/** Equality of CEL: numbers by what they are worth whatever their type, lists and maps by what they hold, nothing across kinds. */
export function areEqual(a: CelValue, b: CelValue): boolean {
  if (a === b) return true;
  if (isNumeric(a)) return isNumeric(b) && compareNumbers(a, b) === 0;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.ns === b.ns;
  if (a instanceof Duration) return b instanceof Duration && a.ns === b.ns;
  if (a instanceof IpAddress) {
    return b instanceof IpAddress && a.bits === b.bits && a.value === b.value && a.zone === b.zone;
  }
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item: CelValue, index) => areEqual(item, b[index]));
  }
  if (a instanceof CelMap) {
    if (!(b instanceof CelMap) || a.size !== b.size) return false;
    return a.entries().every(([key, value]) => {
      const other = b.get(key);
      return other !== undefined && areEqual(value, other);
    });
  }
  return false;
}

function isNumeric(value: CelValue): value is bigint | number | Uint {
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof Uint;
}

/** By code points, as the order of UTF-8 bytes; JavaScript's own order differs above U+FFFF. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    const rightHigh = right >= 0xd800 && right <= 0xdfff;
    if (leftHigh === rightHigh) return left - right;
    return leftHigh ? 1 : -1;
  }
  return a.length - b.length;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

/**
 * Numbers of any type. As in the reference implementation an integer beside a double is read as a double first, so that
 * 2^63 - 1 equals 2.0^63. NaN is neither below nor above anything: the answer is NaN.
 */
export function compareNumbers(a: bigint | number | Uint, b: bigint | number | Uint): number {
  const left = a instanceof Uint ? a.value : a;
  const right = b instanceof Uint ? b.value : b;
  if (typeof left === 'bigint' && typeof right === 'bigint') return left < right ? -1 : left > right ? 1 : 0;
  const [x, y] = [Number(left), Number(right)];
  return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN;
}
