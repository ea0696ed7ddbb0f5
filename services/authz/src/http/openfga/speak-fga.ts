import { type DomainError, isDomainError } from '@lumo/kit';
import { type FgaCode, fgaError } from './fga-error.js';

/**
 * What is asked, as far as the word of a refusal depends on it: a list names a type or relation that is not there by a word
 * of its own, everything else calls it an invalid request.
 */
export type FgaOperation =
  | { readonly kind: 'question' }
  | { readonly kind: 'list-objects'; readonly type: string; readonly relation: string }
  | { readonly kind: 'list-users' }
  | { readonly kind: 'write' }
  | { readonly kind: 'model' }
  | { readonly kind: 'other' };

export const QUESTION: FgaOperation = { kind: 'question' };

/** Runs an operation of ours and says its refusals in the words of the OpenFGA API. */
export async function speakFga<T>(operation: FgaOperation, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isDomainError(error) ? translate(operation, error) : error;
  }
}

/** A refusal without a word of OpenFGA's stays what it is; the face of the routes names it by its status. */
export function translate(operation: FgaOperation, error: DomainError): DomainError {
  const code = fgaCode(operation, error);
  return code === undefined ? error : fgaError(code, error.message);
}

function fgaCode(operation: FgaOperation, { code, details = {} }: DomainError): FgaCode | undefined {
  switch (code) {
    case 'store_not_found':
      return 'store_id_not_found';
    case 'model_not_found':
      return 'authorization_model_not_found';
    case 'type_not_found':
      return isListed(operation, details.type, undefined) ? 'type_not_found' : 'validation_error';
    case 'relation_not_found':
      return isListed(operation, details.type, details.relation) ? 'relation_not_found' : 'validation_error';
    case 'invalid_tuple':
      return operation.kind === 'write' ? 'validation_error' : 'invalid_tuple';
    case 'condition_failed':
      return 'validation_error';
    case 'over_budget':
      return 'authorization_model_resolution_too_complex';
    case 'tuple_exists':
    case 'tuple_not_stored':
      return 'write_failed_due_to_invalid_input';
    case 'cursor_invalid':
      return 'invalid_continuation_token';
    case 'invalid_model':
      return 'invalid_authorization_model';
    default:
      return undefined;
  }
}

/** Whether what is missing is what the list is about, and not a part of its subject. */
function isListed(operation: FgaOperation, type: unknown, relation: unknown): boolean {
  if (operation.kind === 'list-users') return true;
  return (
    operation.kind === 'list-objects' &&
    operation.type === type &&
    (relation === undefined || operation.relation === relation)
  );
}
