/**
 * A point of time, or a time of day, read from text. Only what RFC 3339 writes: `2026-03-01T08:00:00Z`, a calendar date
 * `2026-03-01` (the beginning of that day in UTC), and a time of day `08:00` or `08:00:30`.
 */
export type Moment =
  | { readonly kind: 'instant'; readonly ms: number }
  | { readonly kind: 'time_of_day'; readonly seconds: number };

const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d))?$/;
const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;

/** Undefined for every other text: nothing is guessed. */
export function readMoment(text: string): Moment | undefined {
  if (text.length > 40) return undefined;
  const time = TIME_OF_DAY.exec(text);
  if (time)
    return { kind: 'time_of_day', seconds: Number(time[1]) * 3600 + Number(time[2]) * 60 + Number(time[3] ?? 0) };
  const ms = readInstant(text);
  return ms === undefined ? undefined : { kind: 'instant', ms };
}

/** Milliseconds since the epoch of an RFC 3339 date or date and time. */
export function readInstant(text: string): number | undefined {
  const match = text.length <= 40 ? INSTANT.exec(text) : null;
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  // `Date.parse` accepts 31 February: the parts have to come back as they went in.
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day)) return undefined;
  if (hour === undefined) return date.getTime();
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const ms = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}${(fraction ?? '').slice(0, 4)}${(zone ?? '').toUpperCase()}`,
  );
  return Number.isNaN(ms) ? undefined : ms;
}
