import pg from 'pg';

const INT8 = 20;
const DATE = 1082;

/**
 * How columns arrive in JavaScript, where it differs from pg's defaults:
 * `bigint` is a number, and a value beyond 2^53-1 is an error instead of a silently rounded number (counts, revisions and
 * ids of ours stay far below); `date` stays text, because a `Date` would move with the time zone of the process.
 * `timestamptz` is a `Date`, `numeric` is text, `jsonb` is parsed.
 */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') => {
    if (oid === INT8) return toSafeInteger;
    if (oid === DATE) return (text: string) => text;
    return pg.types.getTypeParser(oid, format);
  }) as typeof pg.types.getTypeParser,
};

export function toSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond what a number can hold exactly`);
  return value;
}
