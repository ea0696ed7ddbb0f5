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

/** Sums self time by package; what the engine does for a function (built-ins, system calls) counts for that function. */
export function timeShares({ nodes, samples, timeDeltas }: CpuProfile): readonly TimeShare[] {
  const places = findPlaces(nodes);
  const times = new Map<string, number>();
  samples.forEach((id, index) => {
    const where = places.get(id);
    if (where === undefined) return;
    times.set(where, (times.get(where) ?? 0) + (timeDeltas[index] ?? 0));
  });
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times].map(([where, time]) => ({ where, share: time / total })).sort((a, b) => b.share - a.share);
}

/** Where each node of the call tree belongs; absent for waiting, which is not busy. */
function findPlaces(nodes: readonly ProfileNode[]): ReadonlyMap<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const places = new Map<number, string>();
  const visit = (node: ProfileNode, caller: string): void => {
    const name = node.callFrame.functionName;
    const where = MARKS[name] ?? packageOf(node.callFrame.url) ?? caller;
    if (name !== '(idle)' && name !== '(root)') places.set(node.id, where);
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child) visit(child, where);
    }
  };
  const [root] = nodes;
  if (root) visit(root, 'the engine itself');
  return places;
}

function packageOf(url: string): string | undefined {
  if (url.startsWith('node:')) {
    const path = url.slice('node:'.length).replace(/^internal\//, '');
    return `node:${path.replace(/^_/, '').replace(/[/_].*$/, '')}`;
  }
  const inPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  return inPackage ?? /\/((?:services|libs)\/[^/]+)\/dist\//.exec(url)?.[1];
}
