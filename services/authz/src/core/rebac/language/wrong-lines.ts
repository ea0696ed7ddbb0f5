/**
 * Recovering from an error costs the parser some 60 µs, and a text of 64 KiB can hold ten thousand. Nobody reads more than
 * the first hundred, so that a text with many lines that cannot be right is parsed up to there. What a line may look like
 * is judged roughly: a text that turns out to be right after all is parsed as a whole.
 */
const NAME = String.raw`(?!(?:or|and|but|from|with|define|condition)\b)[A-Za-z_][\w-]*(?:[./][\w-]+)*`;

const RIGHT = new RegExp(
  [
    String.raw`^\s*$`,
    String.raw`^\s*(?:model|relations)$`,
    String.raw`^\s*(?:module|type|extend\s+type)\s+${NAME}$`,
    String.raw`^\s*schema\s+\S+$`,
    // Operands with operators between them; an operand is a name, perhaps `from` another, or a list of types.
    String.raw`^\s*define\s+${NAME}\s*:[\s(]*(?:${NAME}(?:\s+from\s+${NAME})?|\[[^\]()]*\])(?:[\s)]+(?:or|and|but not)[\s(]+${NAME}(?:\s+from\s+${NAME})?)*[\s)]*$`,
    String.raw`^\s*define\s+${NAME}\s*:[\s(]*\[[\w\s./:#*,-]*$`,
    String.raw`^\s*condition\s+${NAME}\s*\([\w\s:,<>-]*\)\s*\{[^{}]*\}?$`,
    String.raw`^\s*\}\s*$`,
  ].join('|'),
);

const IN_LIST = /^[\w\s./:#*,-]*(?:\][\w\s./()-]*)?$/;

/** The beginning of a text up to its hundredth line that cannot be right; undefined where there are fewer. */
export function untilHundredWrong(text: string): string | undefined {
  let inList = false;
  let wrong = 0;
  const lines = text.split('\n');
  for (const [number, line] of lines.entries()) {
    const right = (inList ? IN_LIST : RIGHT).test(line);
    if (!right && ++wrong >= 100) return lines.slice(0, number + 1).join('\n');
    const opened = line.lastIndexOf('[');
    const closed = line.lastIndexOf(']');
    if (opened !== closed) inList = opened > closed;
  }
  return undefined;
}
