import type { DomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { Sliced } from '../../core/rebac/relation-engine.js';
import type { ConditionContext, RelationTuple } from '../../core/rebac/tuple.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import type { AskTarget, Standpoint } from './ask.js';
import { type AnswerMark, decideAt, markOf, requireFew } from './check-relation.js';
import { refuse } from './relation-refusal.js';

/** What a subject can do with one object, or with the objects of one type. */
export interface WhatCan extends AskTarget {
  readonly subject: string;
  readonly of: { readonly object: string } | { readonly type: string };
  readonly context?: ConditionContext;
  readonly contextualTuples?: readonly RelationTuple[];
  /** Objects for each relation. */
  readonly limit: number;
}

export interface RelationOverview extends AnswerMark {
  /** Of the object: the relations that the subject has. */
  readonly relations: readonly string[];
  /** Of the type: its objects by relation; relations without any are left out. */
  readonly objects: ReadonlyMap<string, { readonly objects: readonly string[]; readonly more: boolean }>;
  /** Relations that could not be decided, and why: never mistaken for a no. */
  readonly undecided: readonly { readonly relation: string; readonly failure: DomainError }[];
}

/** Every relation of the model that a subject has, all at one revision. */
export function whatCan({ relations }: Pick<AuthzDeps, 'relations'>) {
  return async (ctx: RequestContext, query: WhatCan): Promise<RelationOverview> => {
    requireFew(query.contextualTuples);
    const { of } = query;
    return relations.graphs.askSliced(orgOf(ctx), query, function* (at) {
      const type = 'type' in of ? of.type : (of.object.split(':', 1)[0] ?? '');
      const known = at.model.types.get(type);
      if (!known) throw refuse({ reason: 'type_not_found', type });
      const names = [...known.relations.keys()].sort();
      const overview =
        'type' in of
          ? yield* listByRelation(at, query, of.type, names)
          : yield* relationsTo(at, query, of.object, names);
      return { ...overview, ...markOf(at) };
    });
  };
}

type Overview = Omit<RelationOverview, keyof AnswerMark>;

function* relationsTo(at: Standpoint, query: WhatCan, object: string, names: readonly string[]): Sliced<Overview> {
  const held: string[] = [];
  const undecided: { relation: string; failure: DomainError }[] = [];
  for (const relation of names) {
    const answer = decideAt(at, { ...query, object, relation });
    if (!answer.ok) {
      // What is wrong with the question itself is wrong for every relation.
      if (answer.error.reason !== 'condition_failed' && answer.error.reason !== 'over_budget')
        throw refuse(answer.error);
      undecided.push({ relation, failure: refuse(answer.error) });
    } else if (answer.value) held.push(relation);
    yield;
  }
  return { relations: held, objects: new Map(), undecided };
}

function* listByRelation(
  at: Standpoint,
  { subject, context, contextualTuples, limit }: WhatCan,
  type: string,
  names: readonly string[],
): Sliced<Overview> {
  const objects = new Map<string, { objects: readonly string[]; more: boolean }>();
  const undecided: { relation: string; failure: DomainError }[] = [];
  for (const relation of names) {
    const found = yield* at.engine.listObjects({
      type,
      relation,
      subject,
      ...(context && { context }),
      ...(contextualTuples && { contextualTuples }),
      limit,
      ...at.asking(),
    });
    if (found.ok) {
      if (found.value.objects.length > 0) objects.set(relation, found.value);
    } else if (found.error.reason === 'condition_failed' || found.error.reason === 'over_budget') {
      undecided.push({ relation, failure: refuse(found.error) });
    } else throw refuse(found.error);
    yield;
  }
  return { relations: [], objects, undecided };
}
