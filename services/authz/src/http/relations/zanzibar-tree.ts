import { isDomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { AuthzApp } from '../../app.js';
import type { UsersetTree } from '../../core/rebac/relation-engine.js';

/**
 * A node of contract 3.5. The contract has no word for an exclusion: its node is an intersection whose only child is the
 * base, and `excluded` is what is taken away, so that who reads no more than the contract sees too many and never too few.
 */
export interface ZanzibarNode {
  readonly type: 'union' | 'intersection' | 'leaf';
  readonly object: string;
  readonly relation: string;
  readonly children?: readonly ZanzibarNode[];
  readonly subjects?: readonly string[];
  readonly excluded?: ZanzibarNode;
  /** The relation stands above already, or the tree is larger than is worth reading: ask for it by itself. */
  readonly truncated?: boolean;
}

type Question = Parameters<AuthzApp['expandRelation']>[1];

/** Relations that one tree expands at most. */
const MAX_EXPANSIONS = 100;

/** Follows computed relations and parents down to the subjects that stand in tuples, all at one state. */
export async function expandTree(
  app: AuthzApp,
  ctx: RequestContext,
  question: Question,
): Promise<{ readonly tree: ZanzibarNode; readonly token: string }> {
  const first = await app.expandRelation(ctx, question);
  const pinned = { ...question, modelId: first.modelId, consistency: { at_exact_snapshot: first.token } };
  let left = MAX_EXPANSIONS;

  const expand = async (userset: string, above: readonly string[]): Promise<ZanzibarNode> => {
    const { object, relation } = split(userset);
    if (above.includes(userset) || left <= 0) return { type: 'leaf', object, relation, subjects: [], truncated: true };
    left--;
    try {
      const { tree } = await app.expandRelation(ctx, { ...pinned, object, relation });
      return await view(tree, [...above, userset]);
    } catch (error) {
      // A parent of a type without this relation adds nobody.
      if (!isDomainError(error) || error.code !== 'relation_not_found') throw error;
      return { type: 'leaf', object, relation, subjects: [] };
    }
  };

  const view = async (tree: UsersetTree, above: readonly string[]): Promise<ZanzibarNode> => {
    const { object, relation } = split(tree.name);
    const at = { object, relation };
    const all = async (nodes: readonly UsersetTree[]) => {
      const children: ZanzibarNode[] = [];
      for (const node of nodes) children.push(await view(node, above));
      return children;
    };
    if (tree.union) return { type: 'union', ...at, children: await all(tree.union) };
    if (tree.intersection) return { type: 'intersection', ...at, children: await all(tree.intersection) };
    if (tree.difference) {
      const { base, subtract } = tree.difference;
      return {
        type: 'intersection',
        ...at,
        children: [await view(base, above)],
        excluded: await view(subtract, above),
      };
    }
    const { leaf } = tree;
    if (!leaf || 'users' in leaf) return { type: 'leaf', ...at, subjects: leaf?.users ?? [] };
    const usersets = 'tupleset' in leaf ? leaf.computed : [leaf.computed];
    const children: ZanzibarNode[] = [];
    for (const userset of usersets) children.push(await expand(userset, above));
    return { type: 'union', ...at, children };
  };

  return { tree: await view(first.tree, [`${question.object}#${question.relation}`]), token: first.token };
}

function split(name: string): { readonly object: string; readonly relation: string } {
  const hash = name.lastIndexOf('#');
  return { object: name.slice(0, hash), relation: name.slice(hash + 1) };
}
