/** What compiling a pattern may cost, told from its text alone and never too low: it decides whether to compile at all. */

/**
 * Characters of the pattern with its repetitions written out. Repetitions of groups may lie inside each other, so their
 * counts are multiplied; RE2 itself refuses products above 1000.
 */
export function writtenOut(source: string): number {
  let ofGroups = 1;
  let ofAtoms = 1;
  for (const { 1: from, 2: to, index } of source.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/g)) {
    const count = Math.max(1, Number(from), Number(to || 0));
    if (source[index - 1] === ')') ofGroups *= count;
    else ofAtoms = Math.max(ofAtoms, count);
  }
  return source.length * Math.min(1_000, ofGroups * ofAtoms);
}

/** Classes that stand for Unicode tables. */
export function unicodeTables(source: string): number {
  return source.match(/\\p/gi)?.length ?? 0;
}

/** Code points that ranges may cover in a pattern that ignores case: everything below where each range ends. */
export function foldedCodePoints(source: string): number {
  if (!/\(\?[a-z-]*i/i.test(source)) return 0;
  let sum = 0;
  for (const [, braced, short, plain] of source.matchAll(/-(?=\\x\{([\da-f]+)|\\x([\da-f]{2})|(.))/gisu)) {
    const hex = braced ?? short;
    sum += hex === undefined ? (plain?.codePointAt(0) ?? 0) : Math.min(0x10ffff, Number.parseInt(hex, 16));
  }
  return sum;
}
