import { err, ok, type Result } from '@lumo/kit';
import { MODEL_LIMITS } from '../model-limits.js';
import type { ModelProblem } from '../model-problem.js';
import { scanCondition } from './scan-condition.js';

/**
 * The text of a model, made ready for the parser. Its grammar is read by ANTLR, which takes quadratic time in brackets,
 * recursion in empty lines, and 7 µs for each character of a condition. So comments and runs of empty lines are taken out
 * here, expressions of conditions are put aside (they are CEL's to read, and may hold ` #` in texts), and what remains is
 * limited. Measured: 64 KiB of the worst text that was found take 0.3 s, of a genuine model 0.1 s.
 */
export interface DslSource {
  /** What the parser reads. */
  readonly text: string;
  /** Of each line of `text`, from 0: the line of the original, from 0. */
  readonly lineOf: readonly number[];
  /** The original, without comments; empty where an expression was. */
  readonly lines: readonly string[];
  /** Expressions that were put aside, by the name of their condition. */
  readonly expressions: ReadonlyMap<string, string>;
}

/** What stands in the place of an expression. */
export const PLACEHOLDER = 'x';

export const DSL_LIMITS = {
  bytes: 512 * 1024,
  /** What the parser reads: without comments and expressions. */
  textForParser: 64 * 1024,
  line: 16 * 1024,
  emptyLines: 4,
  needlessBrackets: 100,
} as const;

export function prepareDsl(original: string): Result<DslSource, ModelProblem> {
  if (typeof original !== 'string') return err({ code: 'invalid-syntax', detail: 'a model in the DSL is a text' });
  if (original.length > DSL_LIMITS.bytes) {
    return err({ code: 'too-large', detail: `the text has more than ${DSL_LIMITS.bytes} characters` });
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const control = /[\0-\x08\x0b-\x1f\x7f\u2028\u2029]/;
  const rawLines = original.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const odd = rawLines.findIndex((line) => control.test(line));
  if (odd !== -1) {
    const column = (rawLines[odd]?.search(control) ?? 0) + 1;
    return err({ code: 'invalid-syntax', detail: 'the text holds a control character', line: odd + 1, column });
  }
  const source = takeOutExpressions(rawLines);
  if (source.text.length > DSL_LIMITS.textForParser) return err(tooMuchText());
  const long = source.text.split('\n').findIndex((line) => line.length > DSL_LIMITS.line);
  if (long !== -1) {
    const detail = `the line has more than ${DSL_LIMITS.line} characters`;
    return err({ code: 'too-large', detail, line: (source.lineOf[long] ?? long) + 1, column: DSL_LIMITS.line + 1 });
  }
  const brackets = bracketProblem(source);
  return brackets === undefined ? ok(source) : err(brackets);
}

export function tooMuchText(): ModelProblem {
  const detail = `without comments and conditions the text has more than ${DSL_LIMITS.textForParser} characters`;
  return { code: 'too-large', detail };
}

function takeOutExpressions(rawLines: readonly string[]): DslSource {
  const lines = rawLines.slice();
  const text: string[] = [];
  const lineOf: number[] = [];
  const expressions = new Map<string, string>();
  let empty = 0;
  const keep = (line: string, from: number) => {
    empty = line === '' ? empty + 1 : 0;
    if (empty > DSL_LIMITS.emptyLines) return;
    text.push(line);
    lineOf.push(from);
  };
  let endless = false;
  for (let i = 0; i < rawLines.length; i++) {
    const condition = endless ? undefined : scanCondition(rawLines, i);
    // One expression without an end is the end of the text: nothing behind it has to be looked at again.
    if (condition === 'endless') endless = true;
    if (condition === undefined || condition === 'endless') {
      const line = withoutComment(rawLines[i] ?? '');
      lines[i] = line;
      keep(line, i);
      continue;
    }
    const opening = (rawLines[i] ?? '').slice(0, condition.openColumn + 1);
    keep(`${opening} ${PLACEHOLDER}`, i);
    keep(withoutComment((rawLines[condition.closeLine] ?? '').slice(condition.closeColumn)), condition.closeLine);
    lines.fill('', i, condition.closeLine + 1);
    lines[i] = opening;
    if (!expressions.has(condition.name)) expressions.set(condition.name, condition.expression);
    i = condition.closeLine;
  }
  return { text: text.join('\n'), lineOf, lines, expressions };
}

/** As the language tools do it: `#` begins a comment at the beginning of a line and behind a space. */
export function withoutComment(line: string): string {
  if (line.trimStart().startsWith('#')) return '';
  const at = line.indexOf(' #');
  return (at === -1 ? line : line.slice(0, at)).trimEnd();
}

/** Brackets around brackets, or around one name, take the parser up to half a millisecond each. */
function bracketProblem({ text, lineOf }: DslSource): ModelProblem | undefined {
  let needless = 0;
  for (const [number, line] of text.split('\n').entries()) {
    if (!line.includes('(')) continue;
    const found = brackets(line);
    needless += found.needless;
    const place = { code: 'too-large', line: (lineOf[number] ?? number) + 1, column: line.indexOf('(') + 1 } as const;
    if (found.depth > MODEL_LIMITS.depth) {
      return { ...place, detail: `more than ${MODEL_LIMITS.depth} brackets stand inside each other` };
    }
    if (needless > DSL_LIMITS.needlessBrackets) {
      return {
        ...place,
        detail: `more than ${DSL_LIMITS.needlessBrackets} brackets are around nothing that needs them`,
      };
    }
  }
  return undefined;
}

function brackets(line: string): { readonly depth: number; readonly needless: number } {
  /** Of each open bracket: whether an operator stands in it, outside of the brackets in it. */
  const open: boolean[] = [];
  let depth = 0;
  let needless = 0;
  for (const [token] of line.matchAll(/[()]|\b(?:or|and|but)\b/g)) {
    if (token === '(') depth = Math.max(depth, open.push(false));
    else if (token === ')') needless += open.pop() === false ? 1 : 0;
    else if (open.length > 0) open[open.length - 1] = true;
  }
  return { depth, needless: needless + open.filter((operator) => !operator).length };
}
