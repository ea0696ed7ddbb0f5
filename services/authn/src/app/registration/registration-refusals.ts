import { DomainError, isDomainError } from '@lumo/kit';
import type { FieldProblems } from '../../core/client-registration.js';
import type { RegistrationRefusal } from '../../core/registration-request.js';

/** Members of the admin API whose problem is one of redirect URIs (RFC 7591 section 3.2.2). */
const REDIRECTS = ['redirectUris', 'postLogoutRedirectUris'];

export function refused({ error, message }: RegistrationRefusal): DomainError {
  return new DomainError('invalid', error, message);
}

/** The same judgement as that of the admin API, in the words of RFC 7591. */
export function refusedMetadata(problems: FieldProblems): DomainError {
  const [member = '', message = ''] =
    Object.entries(problems).find(([name]) => REDIRECTS.includes(name)) ?? Object.entries(problems)[0] ?? [];
  const error = REDIRECTS.includes(member) ? 'invalid_redirect_uri' : 'invalid_client_metadata';
  return new DomainError('invalid', error, `${snake(member)}: ${message}`);
}

/** Runs what may refuse in the words of the admin API. */
export async function inWordsOfRegistration<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDomainError(error) || error.code !== 'validation_error') throw error;
    throw refusedMetadata((error.details ?? {}) as FieldProblems);
  }
}

/** One answer for every token that does not open this registration, whatever the reason (RFC 7592 section 2.1). */
export function unknownRegistration(): DomainError {
  return new DomainError(
    'unauthenticated',
    'invalid_token',
    'There is no such registration, or this is not its registration access token.',
  );
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
