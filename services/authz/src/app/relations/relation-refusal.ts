import { DomainError } from '@lumo/kit';
import type { RelationFailure } from '../../core/rebac/relation-failure.js';

/** The public face of a question that has no answer: its code, and the place in `details`. */
export function refuse(failure: RelationFailure): DomainError {
  switch (failure.reason) {
    case 'type_not_found':
      return new DomainError('invalid', 'type_not_found', `The model has no type ${quote(failure.type)}.`, {
        details: { type: shorten(failure.type) },
      });
    case 'relation_not_found':
      return new DomainError(
        'invalid',
        'relation_not_found',
        `The type ${quote(failure.type)} has no relation ${quote(failure.relation)}.`,
        { details: { type: shorten(failure.type), relation: shorten(failure.relation) } },
      );
    case 'malformed':
      return new DomainError('invalid', 'validation_error', `${failure.field} ${failure.detail}`, {
        details: { [failure.field]: failure.detail },
      });
    case 'invalid_tuple':
      return new DomainError('invalid', 'invalid_tuple', `${quote(failure.tuple)}: ${failure.detail}`, {
        details: { tuple: shorten(failure.tuple) },
      });
    case 'condition_failed':
      return new DomainError(
        'invalid',
        'condition_failed',
        `The condition ${failure.condition} of ${quote(failure.tuple)} could not be evaluated: ${failure.detail}`,
        {
          details: {
            condition: failure.condition,
            tuple: shorten(failure.tuple),
            missing_parameters: failure.missingParameters,
          },
        },
      );
    case 'over_budget':
      return new DomainError('invalid', 'over_budget', OVER[failure.budget](failure.limit), {
        details: { budget: failure.budget, limit: failure.limit },
      });
  }
}

const OVER = {
  nodes: (limit: number) => `The answer would take more than ${limit} steps. Ask a narrower question.`,
  time: (limit: number) => `The answer would take more than ${limit} ms. Ask a narrower question.`,
  depth: (limit: number) => `The answer lies more than ${limit} usersets or parents deep.`,
} as const;

/** Ids come from outside and may be long. */
function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
}

function quote(text: string): string {
  return `"${shorten(text)}"`;
}
