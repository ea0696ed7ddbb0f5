import type { RequestContext } from '@lumo/tenancy';
import type { ListSubjectsQuestion } from '../../core/rebac/relation-engine.js';
import type { ConditionContext, RelationTuple } from '../../core/rebac/tuple.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import type { AskTarget } from './ask.js';
import { type AnswerMark, markOf, requireFew } from './check-relation.js';
import { type ListPosition, pinned } from './list-cursor.js';
import { RELATION_LIMITS } from './relation-limits.js';
import { refuse } from './relation-refusal.js';
import { storeIdOf } from './store-id.js';

export interface ListSubjects extends AskTarget {
  readonly object: string;
  readonly relation: string;
  /** `{type}`: subjects of the type and everybody of it; `{type, relation}`: usersets. */
  readonly filters: ListSubjectsQuestion['filters'];
  readonly context?: ConditionContext;
  readonly contextualTuples?: readonly RelationTuple[];
  readonly maxDepth?: number;
  /** 1 000 by default, at most 50 000. */
  readonly limit?: number;
  /** Of the page before. It pins the revision: all pages are of one state, and `consistency` counts for the first only. */
  readonly cursor?: string;
}

export interface ListedSubjects extends AnswerMark {
  /** `user:anne`, `group:x#member`, and `user:*` for everybody of a type. */
  readonly subjects: readonly string[];
  /** Where `type:*` is among the subjects: who does not have the relation nevertheless. */
  readonly excluded: readonly string[];
  /** Present where there are more. */
  readonly cursor?: string;
}

/** Every subject of some kinds that has the relation to the object: exactly those that a check allows at that revision. */
export function listSubjects({ relations }: Pick<AuthzDeps, 'relations'>) {
  return async (ctx: RequestContext, query: ListSubjects): Promise<ListedSubjects> => {
    const { object, relation, filters, context, contextualTuples, maxDepth, cursor } = query;
    requireFew(contextualTuples);
    const org = orgOf(ctx);
    const limit = Math.max(1, Math.min(query.limit ?? RELATION_LIMITS.idsPerPage, RELATION_LIMITS.idsPerList));
    const about = [storeIdOf(org, query.store), object, relation, filters, context, contextualTuples, maxDepth];
    const question = { list: 'subjects', orgId: org.id, about } as const;
    const from = cursor === undefined ? undefined : relations.cursors.open<ListPosition>(question, cursor);
    const { list, ...mark } = await relations.graphs.askSliced(org, pinned(query, from), function* (at) {
      const found = yield* at.engine.listSubjects({
        object,
        relation,
        filters,
        ...(context && { context }),
        ...(contextualTuples && { contextualTuples }),
        ...(from && { after: from.last }),
        limit,
        ...at.asking(maxDepth, 'list'),
      });
      return { list: found, ...markOf(at) };
    });
    if (!list.ok) throw refuse(list.error);
    const { subjects, excluded, more } = list.value;
    const last = subjects.at(-1);
    const position = more && last !== undefined && { last, token: mark.token, modelId: mark.modelId };
    return {
      subjects,
      excluded,
      ...(position && { cursor: relations.cursors.seal(question, position satisfies ListPosition) }),
      ...mark,
    };
  };
}
