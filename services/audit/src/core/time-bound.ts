const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * Reads an ISO 8601 day or time; without an offset it is UTC. A day as the end of a range includes that day.
 * Undefined where the text is neither.
 */
export function parseTimeBound(text: string, end: 'from' | 'to'): Date | undefined {
  if (DAY.test(text)) {
    const day = new Date(`${text}T00:00:00.000Z`);
    if (Number.isNaN(day.getTime()) || !day.toISOString().startsWith(text)) return undefined;
    return end === 'from' ? day : new Date(day.getTime() + 24 * 3600 * 1000 - 1);
  }
  if (!INSTANT.test(text)) return undefined;
  const hasOffset = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(text);
  const instant = new Date(hasOffset ? text : `${text}Z`);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}
