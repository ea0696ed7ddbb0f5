/** Where the expression of a condition stands, from its `{` to its `}`; lines and columns from 0. */
export interface ScannedCondition {
  readonly name: string;
  /** Of the `{`, which is on the line of the header. */
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
export function scanCondition(lines: readonly string[], start: number): ScannedCondition | 'endless' | undefined {
  const [header, name = ''] = HEADER.exec(lines[start] ?? '') ?? [];
  if (header === undefined) return undefined;
  const scanner = new ExpressionScanner(lines, start, header.length);
  if (!scanner.run()) return 'endless';
  const expression = scanner.kept.join('').trim();
  if (expression === '') return undefined;
  return { name, openColumn: header.length - 1, closeLine: scanner.line, closeColumn: scanner.column, expression };
}

/** A header that is not right, or not on one line, is the parser's to refuse, with all that follows. */
const HEADER = /^\s*condition\s+([^\s(]+)\s*\(\s*(?:[\w-]+\s*:\s*[\w<>]+\s*(?:,\s*[\w-]+\s*:\s*[\w<>]+\s*)*)?\)\s*\{/;

class ExpressionScanner {
  /** The expression, in parts. */
  readonly kept: string[] = [];
  /** How many of them are of ended lines. */
  private ended = 0;
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
      this.kept.push(`${this.kept.splice(this.ended).join('').trimEnd()}\n`);
      this.ended = this.kept.length;
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
      this.kept.push('\n');
      this.line++;
      this.column = 0;
    }
  }

  private keepTo(column: number): void {
    this.kept.push((this.lines[this.line] ?? '').slice(this.column, column));
    this.column = column;
  }
}
