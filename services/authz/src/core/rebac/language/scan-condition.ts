/** Where the expression of a condition stands, from its `{` to its `}`; lines and columns from 0. */
export interface ScannedCondition {
  readonly name: string;
  readonly openLine: number;
  readonly openColumn: number;
  readonly closeLine: number;
  readonly closeColumn: number;
  /** Without comments of the DSL, and without space around it. */
  readonly expression: string;
}

/**
 * The condition that begins at a line, if one does and its braces match, as CEL reads them: not those in texts and behind
 * `//`. Anything else is left to the parser, which says what is wrong with it.
 */
export function scanCondition(lines: readonly string[], start: number): ScannedCondition | undefined {
  const name = /^\s*condition\s+([^\s(]+)/.exec(lines[start] ?? '')?.[1];
  if (name === undefined) return undefined;
  const open = findOpening(lines, start);
  if (open === undefined) return undefined;
  const scanner = new ExpressionScanner(lines, open.line, open.column + 1);
  if (!scanner.run() || scanner.expression.trim() === '') return undefined;
  return {
    name,
    openLine: open.line,
    openColumn: open.column,
    closeLine: scanner.line,
    closeColumn: scanner.column,
    expression: scanner.expression.trim(),
  };
}

const HEADER = /^\s*condition\s+[^\s(]+\s*\(\s*(?:[\w-]+\s*:\s*[\w<>]+\s*(?:,\s*[\w-]+\s*:\s*[\w<>]+\s*)*)?\)\s*\{/;

/** Parameters may stand on several lines. A header that is not right is the parser's to refuse, with all that follows. */
function findOpening(lines: readonly string[], start: number): { line: number; column: number } | undefined {
  for (let line = start; line < lines.length && line < start + 200; line++) {
    const column = (lines[line] ?? '').indexOf('{');
    if (column === -1) continue;
    const header = [...lines.slice(start, line), (lines[line] ?? '').slice(0, column + 1)].join('\n');
    return header.length < 10_000 && HEADER.test(header) ? { line, column } : undefined;
  }
  return undefined;
}

class ExpressionScanner {
  expression = '';
  private depth = 1;

  constructor(
    private readonly lines: readonly string[],
    public line: number,
    public column: number,
  ) {}

  /** Whether the closing brace was found; then line and column are its own. */
  run(): boolean {
    for (; this.line < this.lines.length; this.line++, this.column = 0) {
      const text = this.lines[this.line] ?? '';
      while (this.column < text.length) {
        const rest = text.slice(this.column, this.column + 5);
        if (rest.startsWith('//')) this.keepTo(text.length);
        else if (rest.startsWith('#')) this.column = text.length;
        else {
          const quote = /^([bBrR]{0,2})("""|'''|"|')/.exec(rest);
          const inName = this.column > 0 && /\w/.test(text[this.column - 1] ?? '');
          if (quote !== null && (quote[1] === '' || !inName)) {
            if (!this.text(quote[0].length, quote[2] ?? '', /r/i.test(quote[1] ?? ''))) return false;
            continue;
          }
          if (rest.startsWith('{')) this.depth++;
          if (rest.startsWith('}') && --this.depth === 0) return true;
          this.keepTo(this.column + 1);
        }
      }
      this.expression = `${this.expression.trimEnd()}\n`;
    }
    return false;
  }

  /** A text of CEL, perhaps over several lines. False where it does not end. */
  private text(opening: number, quote: string, raw: boolean): boolean {
    this.keepTo(this.column + opening);
    for (;;) {
      const text = this.lines[this.line] ?? '';
      while (this.column < text.length) {
        if (text.startsWith(quote, this.column)) {
          this.keepTo(this.column + quote.length);
          return true;
        }
        this.keepTo(this.column + (!raw && text[this.column] === '\\' ? 2 : 1));
      }
      if (quote.length === 1 || this.line + 1 >= this.lines.length) return false;
      this.expression += '\n';
      this.line++;
      this.column = 0;
    }
  }

  private keepTo(column: number): void {
    this.expression += (this.lines[this.line] ?? '').slice(this.column, column);
    this.column = column;
  }
}
