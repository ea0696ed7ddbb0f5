import { err, ok, type Result } from '@lumo/kit';
import { RE2JS, RE2JSException } from 're2js';

/**
 * Regular expressions of policies, on re2js: matching takes time in proportion to program times text, whatever the
 * pattern (the attack is ReDoS, CWE-1333). RE2 has no backreferences and no lookaround. A pattern is searched anywhere in
 * the text, as in most languages; `^` and `$` pin it.
 */
export interface LinearRegex {
  readonly source: string;
  /** Size of the compiled program: what one character costs at most. */
  readonly size: number;
  test(text: string): boolean;
}

export const REGEX_LIMITS = {
  /** Characters of a pattern. */
  patternLength: 500,
  /** Sum of the counts in `{n,m}`: before compiling, because compiling writes the repetition out. */
  repetitions: 1_000,
  programSize: 500,
  /** Characters of a text that is matched. */
  textLength: 1_024,
} as const;

/** The refusal completes "The pattern …". */
export function compileRegex(source: string): Result<LinearRegex, string> {
  if (source.length > REGEX_LIMITS.patternLength)
    return err(`must have at most ${REGEX_LIMITS.patternLength} characters`);
  if (countRepetitions(source) > REGEX_LIMITS.repetitions)
    return err(`must not repeat more than ${REGEX_LIMITS.repetitions} times in all`);
  let program: RE2JS;
  try {
    program = RE2JS.compile(source);
  } catch (error) {
    if (error instanceof RE2JSException) return err(`is not valid in RE2 syntax: ${error.message}`);
    throw error;
  }
  const size = program.programSize();
  if (size > REGEX_LIMITS.programSize) return err('is too large: repeat less, or use smaller classes of characters');
  return ok({ source, size, test: (text) => program.test(text) });
}

function countRepetitions(source: string): number {
  let sum = 0;
  for (const [, from, to] of source.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/g)) sum += Number(to || from);
  return sum;
}
