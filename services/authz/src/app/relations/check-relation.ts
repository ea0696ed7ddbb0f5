import type { Result } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { RelationFailure } from '../../core/rebac/relation-failure.js';
import type { ConditionContext, RelationTuple, TupleKey } from '../../core/rebac/tuple.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import type { AskTarget, Standpoint } from './ask.js';
import { RELATION_LIMITS } from './relation-limits.js';
import { refuse } from './relation-refusal.js';
import { malformed } from './tuple-request.js';

/** One question: does the subject have the relation to the object? */
export interface RelationCheck extends TupleKey {
  /** Parameters of conditions; those stored with a tuple win over these. */
  readonly context?: ConditionContext;
  /** Tuples that hold for this question only, at most 100. */
  readonly contextualTuples?: readonly RelationTuple[];
}

export interface CheckRelation extends AskTarget, RelationCheck {
  /** Hops over usersets and parents; absent: as many as there are. */
  readonly maxDepth?: number;
}

/** Which state an answer is true of. */
export interface AnswerMark {
  readonly token: string;
  readonly revision: number;
  readonly modelId: string;
}

export interface CheckedRelation extends AnswerMark {
  readonly allowed: boolean;
}

type Deps = Pick<AuthzDeps, 'relations' | 'decisions'>;

/** Decides one question. What cannot be decided is an error with its reason, never a deny. */
export function checkRelation({ relations, decisions }: Deps) {
  return async (ctx: RequestContext, question: CheckRelation): Promise<CheckedRelation> => {
    requireFew(question.contextualTuples);
    const org = orgOf(ctx);
    const answer = await relations.graphs.ask(org, question, (at) => ({
      decided: decideAt(at, question, question.maxDepth),
      ...markOf(at),
    }));
    const { decided, ...mark } = answer;
    if (!decided.ok) throw refuse(decided.error);
    decisions.recordRelations(ctx, [{ ...question, allowed: decided.value }]);
    return { allowed: decided.value, ...mark };
  };
}

/** The engine's answer to one question at a standpoint. */
export function decideAt(
  at: Standpoint,
  { object, relation, subject, context, contextualTuples }: RelationCheck,
  maxDepth?: number,
): Result<boolean, RelationFailure> {
  return at.engine.check({
    object,
    relation,
    subject,
    ...(context && { context }),
    ...(contextualTuples && { contextualTuples }),
    ...at.asking(maxDepth),
  });
}

export function markOf({ token, revision, modelId }: Standpoint): AnswerMark {
  return { token, revision, modelId };
}

export function requireFew(contextualTuples: readonly RelationTuple[] | undefined): void {
  if ((contextualTuples?.length ?? 0) > RELATION_LIMITS.contextualTuples) {
    throw malformed('contextual_tuples', `must be at most ${RELATION_LIMITS.contextualTuples}`);
  }
}
