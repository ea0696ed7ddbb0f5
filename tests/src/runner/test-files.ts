import { globSync } from 'node:fs';
import { relative } from 'node:path';
import { ROOT } from '../shapes/program.js';

/** Compiled test files below the root, sorted, as paths relative to it. */
export function findTestFiles(patterns: readonly string[], only: RegExp | undefined): readonly string[] {
  const found = globSync([...patterns], { cwd: ROOT, exclude: (name) => name.includes('node_modules') });
  const files = found.map((file) => relative(ROOT, `${ROOT}${file}`)).sort();
  return only ? files.filter((file) => only.test(file)) : files;
}
