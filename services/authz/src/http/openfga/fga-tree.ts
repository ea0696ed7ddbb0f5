import { z } from 'zod';
import type { UsersetTree } from '../../core/rebac/relation-engine.js';

/** One level of a derivation as the OpenFGA API spells it. */

interface FgaNode {
  readonly name: string;
  readonly leaf?: FgaLeaf;
  readonly union?: { readonly nodes: readonly FgaNode[] };
  readonly intersection?: { readonly nodes: readonly FgaNode[] };
  readonly difference?: { readonly base: FgaNode; readonly subtract: FgaNode };
}

type FgaLeaf =
  | { readonly users: { readonly users: readonly string[] } }
  | { readonly computed: { readonly userset: string } }
  | {
      readonly tupleToUserset: {
        readonly tupleset: string;
        readonly computed: readonly { readonly userset: string }[];
      };
    };

export const treeSchema = z.object({
  tree: z.object({ root: z.looseObject({ name: z.string() }) }),
});

export function viewTree(tree: UsersetTree): FgaNode {
  const { name, leaf, union, intersection, difference } = tree;
  if (leaf) return { name, leaf: viewLeaf(leaf) };
  if (union) return { name, union: { nodes: union.map(viewTree) } };
  if (intersection) return { name, intersection: { nodes: intersection.map(viewTree) } };
  if (difference) {
    return { name, difference: { base: viewTree(difference.base), subtract: viewTree(difference.subtract) } };
  }
  return { name, leaf: { users: { users: [] } } };
}

function viewLeaf(leaf: NonNullable<UsersetTree['leaf']>): FgaLeaf {
  if ('users' in leaf) return { users: { users: leaf.users } };
  if ('tupleset' in leaf) {
    const computed = leaf.computed.map((userset) => ({ userset }));
    return { tupleToUserset: { tupleset: leaf.tupleset, computed } };
  }
  return { computed: { userset: leaf.computed } };
}
