import { type DomainError, err } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { Sliced } from '../../core/rebac/relation-engine.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import type { AskTarget, Standpoint } from './ask.js';
import { type AnswerMark, decideAt, markOf, type RelationCheck, requireFew } from './check-relation.js';
import { RELATION_LIMITS } from './relation-limits.js';
import { refuse } from './relation-refusal.js';
import { malformed } from './tuple-request.js';

/** One question of many, each with a context and contextual tuples of its own. */
export interface BatchedCheck extends RelationCheck {
  /** Comes back with the answer. */
  readonly correlationId?: string;
}

export interface CheckRelations extends AskTarget {
  /** 1 to 1 000. */
  readonly checks: readonly BatchedCheck[];
  readonly maxDepth?: number;
}

/** A question that has no answer carries its reason and takes nothing from the others. */
export type BatchedAnswer = { readonly correlationId?: string } & (
  | { readonly allowed: boolean }
  | { readonly failure: DomainError }
);

export interface CheckedRelations extends AnswerMark {
  /** In the order of the questions. */
  readonly results: readonly BatchedAnswer[];
}

type Deps = Pick<AuthzDeps, 'relations' | 'decisions'>;

/** Others get their turn after this many milliseconds. */
const SLICE_MS = 2;
/** Time of one batch, without that in which others had their turn; what is left over then is over budget. */
const BATCH_MS = 2_000;
/** What is decided at once of a stream. */
const STREAMED_AT_ONCE = 500;

/** Decides many questions at one revision. */
export function checkRelations({ relations, decisions }: Deps) {
  return async (ctx: RequestContext, batch: CheckRelations): Promise<CheckedRelations> => {
    const { checks } = batch;
    if (checks.length === 0 || checks.length > RELATION_LIMITS.checksPerBatch) {
      throw malformed('checks', `must be 1 to ${RELATION_LIMITS.checksPerBatch} questions`);
    }
    for (const { contextualTuples } of checks) requireFew(contextualTuples);
    const answer = await relations.graphs.askSliced(orgOf(ctx), batch, function* (at) {
      return { results: yield* decideAll(at, checks, batch.maxDepth), ...markOf(at) };
    });
    decisions.recordRelations(ctx, decided(checks, answer.results));
    return answer;
  };
}

/**
 * Decides a stream of questions of any length, in order. Each part is decided at one revision, which is never older than
 * that of the part before.
 */
export function checkRelationStream(deps: Deps) {
  const check = checkRelations(deps);
  return async function* (
    ctx: RequestContext,
    {
      checks,
      ...target
    }: Omit<CheckRelations, 'checks'> & {
      readonly checks: AsyncIterable<BatchedCheck> | Iterable<BatchedCheck>;
    },
  ): AsyncGenerator<BatchedAnswer & AnswerMark, void, undefined> {
    let consistency = target.consistency;
    for await (const part of inParts(checks)) {
      const { results, ...mark } = await check(ctx, { ...target, ...(consistency && { consistency }), checks: part });
      for (const result of results) yield { ...result, ...mark };
      const isExact = typeof consistency === 'object' && 'at_exact_snapshot' in consistency;
      if (!isExact && consistency !== 'fully_consistent') consistency = { at_least_as_fresh: mark.token };
    }
  };
}

const OUT_OF_TIME = err({ reason: 'over_budget', budget: 'time', limit: BATCH_MS } as const);

function* decideAll(
  at: Standpoint,
  checks: readonly BatchedCheck[],
  maxDepth: number | undefined,
): Sliced<readonly BatchedAnswer[]> {
  const results: BatchedAnswer[] = [];
  let spentMs = 0;
  let sliceStart = performance.now();
  for (const check of checks) {
    const answer = spentMs < BATCH_MS ? decideAt(at, check, maxDepth) : OUT_OF_TIME;
    results.push({
      ...(check.correlationId !== undefined && { correlationId: check.correlationId }),
      ...(answer.ok ? { allowed: answer.value } : { failure: refuse(answer.error) }),
    });
    const sliceMs = performance.now() - sliceStart;
    if (sliceMs < SLICE_MS) continue;
    spentMs += sliceMs;
    yield;
    sliceStart = performance.now();
  }
  return results;
}

function decided(checks: readonly BatchedCheck[], results: readonly BatchedAnswer[]) {
  return results.flatMap((result, index) => {
    const check = checks[index];
    return check && 'allowed' in result ? [{ ...check, allowed: result.allowed }] : [];
  });
}

async function* inParts<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<readonly T[], void, undefined> {
  let part: T[] = [];
  for await (const item of items) {
    part.push(item);
    if (part.length < STREAMED_AT_ONCE) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
