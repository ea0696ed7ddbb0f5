import type { DomainError, Result } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { compileModel } from '../../core/rebac/compile-model.js';
import type { CompiledModel } from '../../core/rebac/compiled-model.js';
import type { Sliced } from '../../core/rebac/relation-engine.js';
import type { RelationFailure } from '../../core/rebac/relation-failure.js';
import { validateModel } from '../../core/rebac/validate-model.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import type { AskTarget, Standpoint } from './ask.js';
import { type AnswerMark, decideAt, markOf, type RelationCheck, requireFew } from './check-relation.js';
import { invalidModel } from './invalid-model.js';
import type { RecentChecks } from './recent-checks.js';
import { RELATION_LIMITS } from './relation-limits.js';
import { refuse } from './relation-refusal.js';
import { malformed } from './tuple-request.js';

/** A model that is only tried. */
export interface DryRunModel extends AskTarget {
  /** JSON as it came. */
  readonly model: unknown;
  /** Absent: the checks of the store that were answered lately. */
  readonly checks?: readonly RelationCheck[];
}

/** An answer, or why there is none. */
export type TriedAnswer = boolean | DomainError;

export interface TriedModel extends AnswerMark {
  readonly checked: number;
  /** Checks whose answer would be another one. */
  readonly changed: readonly {
    readonly check: RelationCheck;
    readonly before: TriedAnswer;
    readonly after: TriedAnswer;
  }[];
}

type Deps = Pick<AuthzDeps, 'relations'> & { readonly recentChecks: RecentChecks };

/** Answers the same checks by the model that counts and by another one, at one revision, and tells which differ. */
export function dryRunModel({ relations, recentChecks }: Deps) {
  return async (ctx: RequestContext, { model, checks: given, ...target }: DryRunModel): Promise<TriedModel> => {
    const valid = validateModel(model);
    if (!valid.ok) throw invalidModel(valid.error);
    const checks = given ?? recentChecks.of(ctx, target.store);
    if (checks.length > RELATION_LIMITS.checksPerBatch) {
      throw malformed('checks', `must be at most ${RELATION_LIMITS.checksPerBatch} questions`);
    }
    for (const { contextualTuples } of checks) requireFew(contextualTuples);
    const other = compileModel(valid.value);
    return relations.graphs.askSliced(orgOf(ctx), target, function* (at) {
      return { ...(yield* compare(at, other, checks)), ...markOf(at) };
    });
  };
}

function* compare(
  at: Standpoint,
  model: CompiledModel,
  checks: readonly RelationCheck[],
): Sliced<Pick<TriedModel, 'checked' | 'changed'>> {
  const then: Standpoint = { ...at, model, asking: (maxDepth) => ({ ...at.asking(maxDepth), model }) };
  const changed: TriedModel['changed'][number][] = [];
  for (const check of checks) {
    const [before, after] = [decideAt(at, check), decideAt(then, check)];
    if (wordOf(before) !== wordOf(after)) changed.push({ check, before: answerOf(before), after: answerOf(after) });
    yield;
  }
  return { checked: checks.length, changed };
}

function wordOf(answer: Result<boolean, RelationFailure>): string {
  return answer.ok ? String(answer.value) : answer.error.reason;
}

function answerOf(answer: Result<boolean, RelationFailure>): TriedAnswer {
  return answer.ok ? answer.value : refuse(answer.error);
}
