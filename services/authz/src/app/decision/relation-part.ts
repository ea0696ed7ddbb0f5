import { type DomainError, isDomainError } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { EngineOutcome } from '../../core/decision/combination.js';
import type { Explanation, Sliced } from '../../core/rebac/relation-engine.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import type { Standpoint } from '../relations/ask.js';
import { decideAt } from '../relations/check-relation.js';
import type { Consistency } from '../relations/consistency.js';
import { refuse } from '../relations/relation-refusal.js';
import type { Inquiry } from './decide.js';

export interface RelationVerdict {
  readonly outcome: EngineOutcome;
  /** `related`, `not_related`, `not_in_model`, or the code of the failure. */
  readonly code: string;
  readonly failure?: DomainError;
  readonly explanation?: Explanation;
}

const NOT_APPLICABLE: RelationVerdict = { outcome: 'not_applicable', code: 'not_in_model' };

export interface RelationVerdicts {
  readonly verdicts: readonly RelationVerdict[];
  readonly revision?: number;
}

/**
 * Asks relations: whether the subject has the relation named like the action to the resource, in the organization's own
 * store. Where there is no model, or it knows no such type or relation, it is not their business.
 */
export async function askRelations(
  { relations }: Pick<AuthzDeps, 'relations'>,
  ctx: RequestContext,
  inquiries: readonly Inquiry[],
  consistency: Consistency | undefined,
): Promise<RelationVerdicts> {
  try {
    return await relations.graphs.askSliced(
      orgOf(ctx),
      consistency === undefined ? {} : { consistency },
      function* (at) {
        return { verdicts: yield* verdictsAt(at, inquiries), revision: at.revision };
      },
    );
  } catch (error) {
    if (isDomainError(error) && error.code === 'model_not_found')
      return { verdicts: inquiries.map(() => NOT_APPLICABLE) };
    throw error;
  }
}

function* verdictsAt(at: Standpoint, inquiries: readonly Inquiry[]): Sliced<readonly RelationVerdict[]> {
  const verdicts: RelationVerdict[] = [];
  for (const inquiry of inquiries) {
    verdicts.push(verdictAt(at, inquiry));
    yield;
  }
  return verdicts;
}

function verdictAt(at: Standpoint, { subject, resource, action, request, explain }: Inquiry): RelationVerdict {
  const relation = at.model.types.get(resource.type)?.relations.get(action);
  const { type, id } = subject.asked;
  if (!relation || resource.id === undefined || !at.model.types.has(type)) return NOT_APPLICABLE;
  // A subject is somebody: text that would read as a userset or as everybody is no id.
  if (id === '*' || id.includes('#')) {
    const failure = refuse({ reason: 'malformed', field: 'subject.id', detail: 'must not be * or contain #' });
    return { outcome: 'error', code: failure.code, failure };
  }
  const check = {
    object: `${resource.type}:${resource.id}`,
    relation: action,
    subject: `${type}:${id}`,
    ...(request.environment && { context: request.environment }),
  };
  const answer = decideAt(at, check);
  if (!answer.ok) {
    const failure = refuse(answer.error);
    return { outcome: 'error', code: failure.code, failure };
  }
  const explained = explain ? at.engine.explain({ ...check, ...at.asking() }) : undefined;
  return {
    outcome: answer.value ? 'allow' : 'deny',
    code: answer.value ? 'related' : 'not_related',
    ...(explained?.ok && { explanation: explained.value }),
  };
}
