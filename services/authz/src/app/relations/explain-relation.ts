import type { RequestContext } from '@lumo/tenancy';
import type { Explanation } from '../../core/rebac/relation-engine.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import { type AnswerMark, type CheckRelation, markOf, requireFew } from './check-relation.js';
import { refuse } from './relation-refusal.js';

export interface ExplainedRelation extends AnswerMark {
  readonly explanation: Explanation;
}

/** A check with its reasons: the tuples that decided, or what is missing. Agrees with the check at the same revision. */
export function explainRelation({ relations }: Pick<AuthzDeps, 'relations'>) {
  return async (ctx: RequestContext, query: CheckRelation): Promise<ExplainedRelation> => {
    const { object, relation, subject, context, contextualTuples, maxDepth } = query;
    requireFew(contextualTuples);
    const { explanation, ...mark } = await relations.graphs.ask(orgOf(ctx), query, (at) => ({
      explanation: at.engine.explain({
        object,
        relation,
        subject,
        ...(context && { context }),
        ...(contextualTuples && { contextualTuples }),
        ...at.asking(maxDepth),
      }),
      ...markOf(at),
    }));
    if (!explanation.ok) throw refuse(explanation.error);
    return { explanation: explanation.value, ...mark };
  };
}
