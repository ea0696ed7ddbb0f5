import { globSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { ROOT } from '../shapes/program.js';
import type { RunOptions } from './arguments.js';

/** What a test reads to know that it shall try as many cases as it can think of. */
export const LONG_VARIABLE = 'LUMO_TEST_LONG';

/** Compiled test files below the root, sorted, as paths relative to it; in a long run those that have a longer form. */
export function findTestFiles(
  patterns: readonly string[],
  { only, long }: Pick<RunOptions, 'only' | 'long'>,
): readonly string[] {
  const found = globSync([...patterns], { cwd: ROOT, exclude: (name) => name.includes('node_modules') });
  const files = found.map((file) => relative(ROOT, `${ROOT}${file}`)).sort();
  return files.filter((file) => (only?.test(file) ?? true) && (!long || isLong(file)));
}

function isLong(file: string): boolean {
  return readFileSync(`${ROOT}${file}`, 'utf8').includes(`process.env.${LONG_VARIABLE}`);
}
