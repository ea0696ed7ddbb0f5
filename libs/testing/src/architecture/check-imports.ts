import { posix } from 'node:path';
import { HOST, ORG_SETTER, OUTBOUND, ROOMS, type Room } from './import-table.js';
import { type Import, readImports } from './read-imports.js';

/** A source file, by its path from the root with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface ArchitectureViolation {
  readonly file: string;
  readonly line: number;
  /** What was imported, or the offending text. */
  readonly what: string;
  readonly reason: string;
}

/** Tests and what serves them (fixtures, contract suites) may reach into every room of their own package. */
const TEST_FILE = /\.(test|fixture|contract)\.ts$|\/testing\//;

/** @param packages names of the workspace's packages to their folders, e.g. `@lumo/kit` to `libs/kit` */
export function checkFile(file: SourceFile, packages: ReadonlyMap<string, string>): readonly ArchitectureViolation[] {
  const [group, name = '', , ...rest] = file.path.split('/');
  const violations: ArchitectureViolation[] = [];
  const report = (line: number, what: string, reason: string) =>
    violations.push({ file: file.path, line, what, reason });
  const isTest = TEST_FILE.test(file.path);
  const room = group === 'services' && !isTest && rest.length > 1 ? ROOMS[rest[0] ?? ''] : undefined;
  const mayCallOut = isTest || Object.keys(OUTBOUND.owners).some((owner) => file.path.startsWith(owner));
  for (const entry of readImports(file.text)) {
    const packageReason = checkPackage(group ?? '', name, entry.specifier, packages);
    if (packageReason) report(entry.line, entry.specifier, packageReason);
    else if (room && !isOpen(room, rest, entry)) report(entry.line, entry.specifier, room.reason);
    else if (!mayCallOut && opensConnections(entry)) report(entry.line, entry.specifier, OUTBOUND.reason);
  }
  const caller = mayCallOut ? null : OUTBOUND.globals.exec(withoutComments(file.text));
  if (caller) report(lineAt(file.text, caller.index), caller[0], OUTBOUND.reason);
  const setter = isTest || file.path.startsWith(`${ORG_SETTER.owner}/`) ? null : ORG_SETTER.pattern.exec(file.text);
  if (setter) {
    report(
      lineAt(file.text, setter.index),
      setter[0],
      'the pool alone sets the org of a connection, because it remembers what each one carries',
    );
  }
  return violations;
}

function opensConnections({ specifier, typeOnly, names }: Import): boolean {
  const way = OUTBOUND.modules[specifier.startsWith('node:') ? specifier : packageOf(specifier)];
  if (typeOnly || way === undefined) return false;
  return way === true || names.length === 0 || names.some((name) => way.includes(name));
}

/** The same text with blanks for comments, so that places stay where they are. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, (comment) => comment.replaceAll(/[^\n]/g, ' '));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function checkPackage(
  group: string,
  name: string,
  specifier: string,
  packages: ReadonlyMap<string, string>,
): string | undefined {
  const folder = packages.get(packageOf(specifier));
  if (group === 'libs' && name === 'kit' && !specifier.startsWith('.') && !specifier.startsWith('node:')) {
    return 'kit is the ground that everything stands on: it imports nothing';
  }
  if (!folder?.startsWith('services/')) return undefined;
  if (group === 'libs') return 'a lib knows no service';
  if (group === 'services' && name !== HOST && folder !== `services/${name}`) {
    return `a service imports libs only, never another service; call it over rpc, or take its events (only ${HOST} hosts services)`;
  }
  return undefined;
}

function isOpen(room: Room, path: readonly string[], { specifier, typeOnly, names }: Import): boolean {
  const allows = (target: string) => room.packages.includes(target) || (typeOnly && room.types.includes(target));
  if (specifier.startsWith('node:')) {
    const builtin = room.builtins[specifier];
    if (builtin === undefined) return typeOnly;
    return typeOnly || builtin === true || (names.length > 0 && names.every((name) => builtin.includes(name)));
  }
  if (!specifier.startsWith('.')) return allows(packageOf(specifier));
  const target = posix.normalize(posix.join(posix.dirname(path.join('/')), specifier)).split('/');
  const first = (target[0] ?? '').replace(/\.js$/, '.ts');
  // `oidc-ports.ts` is a second file of ports, `agents-tables.ts` one of tables.
  const kind = target.length === 1 ? first.replace(/^.*-(ports|tables)\.ts$/, '$1.ts') : first;
  return first === path[0] || room.inside.includes(kind) || (typeOnly && room.types.includes(kind));
}

/** `@lumo/database` of `@lumo/database/embedded`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
