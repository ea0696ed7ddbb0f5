import { err, ok, type Result } from '@lumo/kit';
import { RE2JS, RE2JSException, RE2Set } from 're2js';
import { foldedCodePoints, unicodeTables, writtenOut } from './regex-estimate.js';

/**
 * Regular expressions of policies, on re2js: matching takes time in proportion to program times text, whatever the
 * pattern (the attack is ReDoS, CWE-1333). RE2 has no backreferences and no lookaround. A pattern is searched anywhere in
 * the text, as in most languages; `^` and `$` pin it.
 */
export interface LinearRegex {
  readonly source: string;
  /** Size of the compiled program: what one character costs at most. */
  readonly size: number;
  /** What compiling takes, in instructions of a plain program: at most some 20 microseconds each. */
  readonly weight: number;
  test(text: string): boolean;
}

/** What an administrator may write. All but the last bound compiling, which happens before anything is matched. */
export const REGEX_LIMITS = {
  /** Characters of a pattern. */
  patternLength: 500,
  /** Characters with every repetition written out, which is what compiling does. */
  writtenOut: 10_000,
  /** Classes such as `\p{L}`: each is a table of hundreds of ranges. */
  unicodeTables: 20,
  /** Code points in ranges of a pattern that ignores case: each is folded on its own. */
  foldedCodePoints: 100_000,
  programSize: 500,
  /** Characters of a text that is matched. */
  textLength: 1_024,
} as const;

/** Memory for the states of one program, and how many programs are kept compiled: together 64 MB at the very most. */
const STATE_BYTES = 131_072;
const KEPT = 500;

interface Kept {
  readonly regex: LinearRegex;
  program?: RE2Set;
}

/** The patterns that were used last, for all organizations: a program knows nothing but its pattern. */
const kept = new Map<string, Kept>();

/** The refusal completes "The pattern …". */
export function compileRegex(source: string): Result<LinearRegex, string> {
  const known = kept.get(source);
  if (known) return ok(known.regex);
  if (source.length > REGEX_LIMITS.patternLength)
    return err(`must have at most ${REGEX_LIMITS.patternLength} characters`);
  if (writtenOut(source) > REGEX_LIMITS.writtenOut) return err(TOO_LARGE);
  const tables = unicodeTables(source);
  if (tables > REGEX_LIMITS.unicodeTables)
    return err(`must have at most ${REGEX_LIMITS.unicodeTables} classes such as \\p{L}`);
  const folded = foldedCodePoints(source);
  if (folded > REGEX_LIMITS.foldedCodePoints) return err('must have smaller ranges where it ignores case');
  let size: number;
  try {
    size = RE2JS.compile(source).programSize();
  } catch (error) {
    if (error instanceof RE2JSException) return err(`is not valid in RE2 syntax: ${error.message}`);
    throw error;
  }
  if (size > REGEX_LIMITS.programSize) return err(TOO_LARGE);
  const weight = size + tables * 20 + Math.ceil(folded / 500);
  const regex = { source, size, weight, test: (text: string) => programOf(regex).match(text).length > 0 };
  keep({ regex });
  return ok(regex);
}

const TOO_LARGE = 'is too large: repeat less, or use smaller classes of characters';

/** Compiled when it is first needed, and again after it was not needed for long. */
function programOf(regex: LinearRegex): RE2Set {
  const known = kept.get(regex.source) ?? { regex };
  if (!known.program) {
    known.program = new RE2Set(RE2Set.UNANCHORED, 0, STATE_BYTES);
    known.program.add(regex.source);
  }
  keep(known);
  return known.program;
}

function keep(entry: Kept): void {
  const { source } = entry.regex;
  // A map keeps the order of insertion: what is used goes to its end.
  kept.delete(source);
  kept.set(source, entry);
  const [oldest] = kept.keys();
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
}
