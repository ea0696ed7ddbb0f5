import type { CpuProfile, ProfileNode } from '../server/cpu-profile.js';

/** How much of the busy time of the main thread was spent in the code of one package or in the engine itself. */
export interface TimeShare {
  /** `oidc-provider`, `services/authn`, `node:http`, `garbage collection`, … */
  readonly where: string;
  /** 0 to 1, self time. */
  readonly share: number;
}

const MARKS: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'native code and system calls',
};

/** Sums self time by package. */
export function timeShares({ nodes, samples, timeDeltas }: CpuProfile): readonly TimeShare[] {
  const places = new Map(nodes.map((node) => [node.id, placeOf(node)]));
  const times = new Map<string, number>();
  samples.forEach((id, index) => {
    const where = places.get(id);
    if (where === undefined) return;
    times.set(where, (times.get(where) ?? 0) + (timeDeltas[index] ?? 0));
  });
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times].map(([where, time]) => ({ where, share: time / total })).sort((a, b) => b.share - a.share);
}

/** Undefined for waiting, which is not busy. */
function placeOf({ callFrame: { functionName, url } }: ProfileNode): string | undefined {
  if (functionName === '(idle)' || functionName === '(root)') return undefined;
  const mark = MARKS[functionName];
  if (mark !== undefined) return mark;
  if (url.startsWith('node:'))
    return `node:${url
      .slice(5)
      .replace(/^internal\//, '')
      .split('/')[0]
      ?.replace(/^_/, '')}`;
  const inPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (inPackage !== undefined) return inPackage;
  return /\/((?:services|libs)\/[^/]+)\/dist\//.exec(url)?.[1] ?? 'JavaScript built-ins';
}
