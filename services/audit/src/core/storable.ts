const NUL = /\0/g;

/**
 * Text that PostgreSQL can hold: NUL and lone surrogates become U+FFFD, and what is longer than `maxChars` is cut. Nobody
 * can keep an event out of the log with a text that no column or index takes.
 */
export function storableText(text: string, maxChars = Number.POSITIVE_INFINITY): string {
  return text.slice(0, maxChars).toWellFormed().replace(NUL, '\ufffd');
}

/** A JSON value whose strings and names are storable; what JSON cannot hold (a function, NaN) becomes null. */
export function storableJson(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return storableText(value);
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      return value.toString();
    case 'boolean':
      return value;
    case 'object':
      break;
    default:
      return null;
  }
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(storableJson);
  if (value instanceof Date) return value.toISOString();
  const copy: Record<string, unknown> = Object.create(null);
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) copy[storableText(name)] = storableJson(member);
  }
  return copy;
}
