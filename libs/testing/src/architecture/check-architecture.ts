import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArchitectureViolation, checkFile, packageOf, type SourceFile } from './check-imports.js';
import { findCycle } from './find-cycle.js';
import { readImports } from './read-imports.js';

export interface ArchitectureReport {
  /** How many source files were read: a check of nothing proves nothing. */
  readonly files: number;
  readonly violations: readonly ArchitectureViolation[];
}

/** Checks every source file of `services` and `libs` below `root` against the import table of the architecture. */
export async function checkArchitecture(root: string): Promise<ArchitectureReport> {
  const packages = await readPackages(root);
  const files: SourceFile[] = [];
  for (const folder of packages.values()) files.push(...(await readSources(root, `${folder}/src`)));
  const violations = files.flatMap((file) => checkFile(file, packages));
  const cycle = findCycle(dependencies(files, packages));
  if (cycle) {
    violations.push({
      file: cycle[0] ?? '',
      line: 0,
      what: cycle.join(' → '),
      reason: 'the libs stand on each other in one direction',
    });
  }
  return { files: files.length, violations };
}

/** `services/authz/src/core/decide.ts:3 imports kysely: core is pure …` */
export function describeViolation({ file, line, what, reason }: ArchitectureViolation): string {
  return `${file}:${line} ${what}: ${reason}`;
}

async function readPackages(root: string): Promise<ReadonlyMap<string, string>> {
  const packages = new Map<string, string>();
  for (const group of ['libs', 'services']) {
    for (const name of (await readdir(join(root, group)).catch(() => [])).sort()) {
      const manifest = await readFile(join(root, group, name, 'package.json'), 'utf8').catch(() => undefined);
      if (manifest) packages.set((JSON.parse(manifest) as { name: string }).name, `${group}/${name}`);
    }
  }
  return packages;
}

async function readSources(root: string, folder: string): Promise<readonly SourceFile[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll('\\', '/').replace(/^\//, ''))
    .filter((path) => !path.includes('/gen/'))
    .sort();
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })));
}

function dependencies(files: readonly SourceFile[], packages: ReadonlyMap<string, string>) {
  const graph = new Map<string, Set<string>>();
  for (const { path, text } of files) {
    const from = path.split('/').slice(0, 2).join('/');
    const targets = graph.get(from) ?? new Set<string>();
    graph.set(from, targets);
    for (const { specifier } of readImports(text)) {
      const to = packages.get(packageOf(specifier));
      if (to && to !== from) targets.add(to);
    }
  }
  return graph;
}
