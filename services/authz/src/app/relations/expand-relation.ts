import type { RequestContext } from '@lumo/tenancy';
import type { UsersetTree } from '../../core/rebac/relation-engine.js';
import type { RelationTuple } from '../../core/rebac/tuple.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import type { AskTarget } from './ask.js';
import { type AnswerMark, markOf, requireFew } from './check-relation.js';
import { refuse } from './relation-refusal.js';

export interface ExpandRelation extends AskTarget {
  readonly object: string;
  readonly relation: string;
  readonly contextualTuples?: readonly RelationTuple[];
}

export interface ExpandedRelation extends AnswerMark {
  readonly tree: UsersetTree;
}

/** One level of how a relation of an object is derived, with the subjects that stand there. */
export function expandRelation({ relations }: Pick<AuthzDeps, 'relations'>) {
  return async (ctx: RequestContext, query: ExpandRelation): Promise<ExpandedRelation> => {
    const { object, relation, contextualTuples } = query;
    requireFew(contextualTuples);
    const { tree, ...mark } = await relations.graphs.ask(orgOf(ctx), query, (at) => ({
      tree: at.engine.expand({
        object,
        relation,
        ...(contextualTuples && { contextualTuples }),
        ...at.asking(),
      }),
      ...markOf(at),
    }));
    if (!tree.ok) throw refuse(tree.error);
    return { tree: tree.value, ...mark };
  };
}
