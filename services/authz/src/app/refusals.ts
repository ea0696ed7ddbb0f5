import { DomainError } from '@lumo/kit';

export function notFound(what: string): DomainError {
  return new DomainError('not_found', 'resource_not_found', `${what} not found.`);
}

/** `details`: member of the request to what is wrong with it. */
export function invalid(details: Readonly<Record<string, string>>): DomainError {
  const [first] = Object.entries(details);
  return new DomainError('invalid', 'validation_error', `${first?.[0]} ${first?.[1]}`, { details });
}

export function duplicate(what: string, slug: string): DomainError {
  return new DomainError('conflict', 'duplicate_resource', `There is a ${what} with the slug ${slug} already.`, {
    details: { slug: 'taken' },
  });
}

export function immutable(what: string): DomainError {
  return new DomainError(
    'forbidden',
    'permission_denied',
    `This ${what} is part of the system and cannot be changed. Create your own ${what} instead.`,
  );
}

export function limitReached(what: string, limit: number): DomainError {
  return new DomainError('conflict', 'limit_reached', `An organization can have at most ${limit} ${what}.`, {
    details: { limit },
  });
}

export function lacking(permissions: readonly string[]): DomainError {
  return new DomainError(
    'forbidden',
    'permission_denied',
    `You cannot give or take what reaches further than your own rights; you lack ${permissions.join(', ')}.`,
    { details: { permissions } },
  );
}

export function notAnOracle(): DomainError {
  return new DomainError(
    'forbidden',
    'permission_denied',
    'You can only ask about yourself. Asking about others needs the permission authz.check, the scope authz:check, ' +
      'or an API key with admin:read, admin:write or admin:roles.',
  );
}
