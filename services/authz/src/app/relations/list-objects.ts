import type { RequestContext } from '@lumo/tenancy';
import type { ConditionContext, RelationTuple } from '../../core/rebac/tuple.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import type { AskTarget } from './ask.js';
import { type AnswerMark, markOf, requireFew } from './check-relation.js';
import { type ListPosition, pinned } from './list-cursor.js';
import { RELATION_LIMITS } from './relation-limits.js';
import { refuse } from './relation-refusal.js';
import { storeIdOf } from './store-id.js';

export interface ListObjects extends AskTarget {
  readonly objectType: string;
  readonly relation: string;
  readonly subject: string;
  readonly context?: ConditionContext;
  readonly contextualTuples?: readonly RelationTuple[];
  readonly maxDepth?: number;
  /** 1 000 by default, at most 50 000. */
  readonly limit?: number;
  /** Of the page before. It pins the revision: all pages are of one state, and `consistency` counts for the first only. */
  readonly cursor?: string;
}

export interface ListedObjects extends AnswerMark {
  /** `type:id`, sorted by id. */
  readonly objects: readonly string[];
  /** Present where there are more. */
  readonly cursor?: string;
}

/** Every object of a type to which the subject has the relation: exactly those that a check allows at that revision. */
export function listObjects({ relations }: Pick<AuthzDeps, 'relations'>) {
  return async (ctx: RequestContext, query: ListObjects): Promise<ListedObjects> => {
    const { objectType, relation, subject, context, contextualTuples, maxDepth, cursor } = query;
    requireFew(contextualTuples);
    const org = orgOf(ctx);
    const limit = Math.max(1, Math.min(query.limit ?? RELATION_LIMITS.idsPerPage, RELATION_LIMITS.idsPerList));
    const about = [storeIdOf(org, query.store), objectType, relation, subject, context, contextualTuples, maxDepth];
    const question = { list: 'objects', orgId: org.id, about } as const;
    const from = cursor === undefined ? undefined : relations.cursors.open<ListPosition>(question, cursor);
    const { list, ...mark } = await relations.graphs.askSliced(org, pinned(query, from), function* (at) {
      const found = yield* at.engine.listObjects({
        type: objectType,
        relation,
        subject,
        ...(context && { context }),
        ...(contextualTuples && { contextualTuples }),
        ...(from && { after: from.last }),
        limit,
        ...at.asking(maxDepth, 'list'),
      });
      return { list: found, ...markOf(at) };
    });
    if (!list.ok) throw refuse(list.error);
    const { objects, more } = list.value;
    const last = objects.at(-1);
    const position = more && last !== undefined && { last, token: mark.token, modelId: mark.modelId };
    return {
      objects,
      ...(position && { cursor: relations.cursors.seal(question, position satisfies ListPosition) }),
      ...mark,
    };
  };
}
