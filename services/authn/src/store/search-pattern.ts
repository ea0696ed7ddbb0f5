/** A LIKE pattern that finds `text` anywhere; its `%`, `_` and `\` mean themselves. */
export function searchPattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
