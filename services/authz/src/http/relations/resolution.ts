import type { Explanation } from '../../core/rebac/relation-engine.js';

/** How an answer came about, in the short form of contract 3.5: the tuples from the object to the subject. */
export interface Resolution {
  /** Null where nothing leads to the subject. */
  readonly resolved_via: 'direct' | 'inheritance' | null;
  readonly depth: number;
  readonly path: readonly string[];
}

export function resolutionOf(explanation: Explanation): Resolution {
  if (!explanation.allowed) return { resolved_via: null, depth: 0, path: [] };
  const path: string[] = [];
  // Of several reasons, one is enough: the first allowed child of each node.
  for (let node: Explanation | undefined = explanation; node; node = node.children?.find(({ allowed }) => allowed)) {
    if (node.tuple) path.push(`${node.tuple.object}#${node.tuple.relation}@${node.tuple.subject}`);
  }
  const [first] = path;
  const isDirect = path.length === 1 && first === explanation.question;
  return { resolved_via: isDirect ? 'direct' : 'inheritance', depth: Math.max(0, path.length - 1), path };
}
