import { err, ok, type Result } from '@lumo/kit';
import { MODEL_LIMITS } from '../model-limits.js';
import type { ModelProblem } from '../model-problem.js';
import { scanCondition } from './scan-condition.js';

/**
 * The text of a model, made ready for the parser. Its grammar is read by ANTLR, which takes quadratic time in brackets,
 * recursion in empty lines, and 7 µs for each character of a condition. So comments and runs of empty lines are taken out
 * here, expressions of conditions are put aside (they are CEL's to read, and may hold ` #` in texts), and what remains is
 * limited. Measured: 64 KiB of the worst text found takes 0.2 s.
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

export const DSL_LIMITS = { bytes: 512 * 1024, textForParser: 64 * 1024, emptyLines: 4 } as const;

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
  const deep = source.text.split('\n').findIndex((line) => depthOf(line) > MODEL_LIMITS.depth);
  if (deep === -1) return ok(source);
  const detail = `more than ${MODEL_LIMITS.depth} brackets stand inside each other`;
  return err({ code: 'too-large', detail, line: (source.lineOf[deep] ?? deep) + 1 });
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
  for (let i = 0; i < rawLines.length; i++) {
    const condition = scanCondition(rawLines, i);
    if (condition === undefined) {
      const line = withoutComment(rawLines[i] ?? '');
      lines[i] = line;
      keep(line, i);
      continue;
    }
    for (let header = i; header < condition.openLine; header++) {
      lines[header] = withoutComment(rawLines[header] ?? '');
      keep(lines[header] ?? '', header);
    }
    const opening = (rawLines[condition.openLine] ?? '').slice(0, condition.openColumn + 1);
    const closing = withoutComment((rawLines[condition.closeLine] ?? '').slice(condition.closeColumn));
    keep(`${opening} ${PLACEHOLDER}`, condition.openLine);
    keep(closing, condition.closeLine);
    for (let body = condition.openLine; body <= condition.closeLine; body++) lines[body] = '';
    lines[condition.openLine] = opening;
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

function depthOf(line: string): number {
  let open = 0;
  let deepest = 0;
  for (const character of line) {
    if (character === '(') deepest = Math.max(deepest, ++open);
    else if (character === ')') open--;
  }
  return deepest;
}
