import { CelFault, Duration, Timestamp } from './cel-value.js';

const NS_PER_SECOND = 1_000_000_000n;
const MIN_SECONDS = -62_135_596_800n;
const MAX_SECONDS = 253_402_300_799n;
const MAX_DURATION = 2n ** 63n - 1n;

const MS_OF_400_YEARS = 146_097 * 86_400_000;
const DAYS = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,18}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: NS_PER_SECOND,
  m: 60n * NS_PER_SECOND,
  h: 3_600n * NS_PER_SECOND,
};

/** RFC 3339, section 5.6, without leap seconds. Digits below a nanosecond are dropped. */
export function parseTimestamp(text: string): Timestamp {
  const match = RFC3339.exec(text);
  if (match === null) throw new CelFault(`'${clip(text)}' is no timestamp of RFC 3339`);
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = match;
  const [y, mo, d, h, mi, s] = [Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second)];
  const days = mo === 2 && (y % 4 !== 0 || (y % 100 === 0 && y % 400 !== 0)) ? 28 : (DAYS[mo] ?? 0);
  const exists = y > 0 && d > 0 && d <= days && h < 24 && mi < 60 && s < 60;
  if (!exists || Number(offsetHour) > 23 || Number(offsetMinute) > 59) {
    throw new CelFault(`'${clip(text)}' is no moment of the calendar`);
  }
  // Date.UTC takes years below 100 for those of the twentieth century: 400 years are always equally long.
  const ms = Date.UTC(y + 400, mo - 1, d, h, mi, s) - MS_OF_400_YEARS;
  const offset = BigInt(offsetHour) * 3_600n + BigInt(offsetMinute) * 60n;
  const seconds = BigInt(ms / 1_000) - (sign === '-' ? -offset : offset);
  return timestamp(seconds * NS_PER_SECOND + BigInt(fraction.padEnd(9, '0').slice(0, 9)));
}

/** Within the years 1 to 9999. */
export function timestamp(ns: bigint): Timestamp {
  if (ns < MIN_SECONDS * NS_PER_SECOND || ns >= (MAX_SECONDS + 1n) * NS_PER_SECOND) {
    throw new CelFault('a timestamp is in the years 1 to 9999');
  }
  return new Timestamp(ns);
}

/** Within 64 bits of nanoseconds, as Go's. */
export function duration(ns: bigint): Duration {
  if (ns > MAX_DURATION || ns < -MAX_DURATION - 1n) throw new CelFault('a duration is at most about 292 years');
  return new Duration(ns);
}

/** Go's notation: `1h30m`, `-1.5s`, `0`. */
export function parseDuration(text: string): Duration {
  const [, sign, rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const fault = () => new CelFault(`'${clip(text)}' is no duration, as 1h30m or 500ms`);
  if (rest === '0') return new Duration(0n);
  if (rest === '' || rest.length > 128) throw fault();
  let total = 0n;
  const part = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
  while (part.lastIndex < rest.length) {
    const match = part.exec(rest);
    const [, whole = '', fraction = '', unit = ''] = match ?? [];
    const size = UNITS[unit];
    if (size === undefined || whole + fraction === '') throw fault();
    const digits = fraction.slice(0, 20);
    total += BigInt(whole || '0') * size + (BigInt(digits || '0') * size) / 10n ** BigInt(digits.length);
  }
  return duration(sign === '-' ? -total : total);
}

export function timestampText({ ns }: Timestamp): string {
  const seconds = floorDiv(ns, NS_PER_SECOND);
  const fraction = (ns - seconds * NS_PER_SECOND).toString().padStart(9, '0').replace(/0+$/, '');
  const text = new Date(Number(seconds) * 1_000).toISOString().slice(0, 19);
  return `${text}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** Seconds: `1.5s`. */
export function durationText({ ns }: Duration): string {
  const absolute = ns < 0n ? -ns : ns;
  const fraction = (absolute % NS_PER_SECOND).toString().padStart(9, '0').replace(/0+$/, '');
  return `${ns < 0n ? '-' : ''}${absolute / NS_PER_SECOND}${fraction === '' ? '' : `.${fraction}`}s`;
}

export function wholeSeconds(ns: bigint): bigint {
  return floorDiv(ns, NS_PER_SECOND);
}

/**
 * The moment on the wall of a time zone, as a date whose UTC fields say it: an IANA name, or an offset as `+02:00` or `02:00`.
 */
export function inZone({ ns }: Timestamp, zone: string): Date {
  const date = new Date(Number(floorDiv(ns, 1_000_000n)));
  const offset = /^([+-]?)(\d{2}):(\d{2})$/.exec(zone);
  if (offset !== null) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3]);
    return new Date(date.getTime() + (offset[1] === '-' ? -minutes : minutes) * 60_000);
  }
  const parts = Object.fromEntries(
    zoneFormat(zone)
      .formatToParts(date)
      .map(({ type, value }) => [type, value]),
  );
  const wall = new Date(0);
  wall.setUTCFullYear(Number(parts.year), Number(parts.month) - 1, Number(parts.day));
  wall.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second), date.getUTCMilliseconds());
  return wall;
}

/** A format costs 50 µs to build. Only names that exist are kept, so that there are never more than some hundred. */
const formats = new Map<string, Intl.DateTimeFormat>();

function zoneFormat(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    if (formats.size < 1_000) formats.set(zone, format);
    return format;
  } catch {
    throw new CelFault(`'${clip(zone)}' is no time zone`);
  }
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

function clip(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
