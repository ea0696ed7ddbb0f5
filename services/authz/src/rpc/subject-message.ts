import { authzV1 } from '@lumo/contracts';
import { DomainError } from '@lumo/kit';
import type { Subject, SubjectType } from '../core/subject.js';

/** Longer than the id of any kind of subject. */
const MAX_ID_LENGTH = 128;

const TYPES: Readonly<Partial<Record<authzV1.SubjectType, SubjectType>>> = {
  [authzV1.SubjectType.USER]: 'user',
  [authzV1.SubjectType.AGENT]: 'agent',
  [authzV1.SubjectType.CLIENT]: 'client',
};

/** A subject of a message; `invalid_request` where it is missing or incomplete. */
export function toSubject(message: authzV1.Subject | undefined): Subject {
  if (!message?.id || message.id.length > MAX_ID_LENGTH)
    throw new DomainError('invalid', 'invalid_request', 'A subject needs a type and an id.');
  return { type: toSubjectType(message.type), id: message.id };
}

export function toSubjectType(type: authzV1.SubjectType): SubjectType {
  const known = TYPES[type];
  if (!known) throw new DomainError('invalid', 'invalid_request', 'A subject is a user, an agent or a client.');
  return known;
}
