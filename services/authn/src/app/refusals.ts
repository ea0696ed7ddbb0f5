import { DomainError } from '@lumo/kit';
import type { DuplicateUser } from '../ports.js';

/** The same for what does not exist and for what belongs to another org. */
export function notFound(
  what:
    | 'User'
    | 'Client'
    | 'API key'
    | 'Role'
    | 'Session'
    | 'Token'
    | 'Initial access token'
    | 'Resource'
    | 'Type of authorization details',
): DomainError {
  return new DomainError('not_found', 'resource_not_found', `${what} not found. Check the id.`);
}

export function invalid(problems: Readonly<Record<string, string>>): DomainError {
  const [first] = Object.entries(problems);
  return new DomainError(
    'invalid',
    'validation_error',
    first ? `${first[0]}: ${first[1]}` : 'The input is not valid.',
    {
      details: problems,
    },
  );
}

export function duplicateUser(reason: DuplicateUser): DomainError {
  const member = reason === 'duplicate_email' ? 'email' : 'username';
  const text = member === 'email' ? 'This e-mail address' : 'This user name';
  return new DomainError('conflict', 'duplicate_resource', `${text} belongs to another user.`, {
    details: { [member]: 'taken' },
  });
}

export function outOfReach(message: string, details?: Readonly<Record<string, readonly string[]>>): DomainError {
  return new DomainError('forbidden', 'permission_denied', message, details && { details });
}
