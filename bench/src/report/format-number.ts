const THIN_SPACE = ' ';

/** Three digits that mean something: `12 345`, `123`, `12.3`, `1.23`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value >= 100)
    return Math.round(value)
      .toString()
      .replaceAll(/\B(?=(\d{3})+$)/g, THIN_SPACE);
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** A whole number: `12 345`. */
export function formatCount(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, THIN_SPACE);
}

export function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '–' : formatNumber(bytes / (1024 * 1024));
}
