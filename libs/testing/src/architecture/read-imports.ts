/** One import or re-export of a source file. */
export interface Import {
  readonly specifier: string;
  /** Nothing of it is left at run time: `import type`, or every name marked `type`. */
  readonly typeOnly: boolean;
  /** Names that are imported as values; empty for a whole namespace or a side effect. */
  readonly names: readonly string[];
  readonly line: number;
}

/**
 * Statements begin a line (the formatter sees to it), so that no parser is needed; a dynamic import may stand anywhere.
 */
const STATIC =
  /^(?:import|export)\s+(type\s+)?((?:[\w$*]+\s*,?\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?|[\w$]+)?)\s*from\s*['"]([^'"]+)['"]/gm;
const SIDE_EFFECT = /^import\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]/g;

export function readImports(source: string): readonly Import[] {
  const lineOf = (index: number) => source.slice(0, index).split('\n').length;
  const found: Import[] = [];
  for (const match of source.matchAll(STATIC)) {
    const [, type, clause = '', specifier = ''] = match;
    const inBraces = /\{([^}]*)\}/.exec(clause)?.[1];
    const entries = (inBraces ?? '')
      .split(',')
      .map((entry) => entry.trim())
      .filter(Boolean);
    const values = entries.filter((entry) => !/^type\s/.test(entry)).map((entry) => entry.split(/\s/)[0] ?? '');
    const onlyBraces = inBraces !== undefined && /^\{/.test(clause.trim());
    const typeOnly = Boolean(type) || (onlyBraces && entries.length > 0 && values.length === 0);
    found.push({ specifier, typeOnly, names: onlyBraces && !typeOnly ? values : [], line: lineOf(match.index) });
  }
  for (const pattern of [SIDE_EFFECT, DYNAMIC]) {
    for (const match of source.matchAll(pattern)) {
      found.push({ specifier: match[1] ?? '', typeOnly: false, names: [], line: lineOf(match.index) });
    }
  }
  return found.sort((a, b) => a.line - b.line);
}
