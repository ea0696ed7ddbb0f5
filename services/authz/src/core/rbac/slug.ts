import { err, ok, type Result } from '@lumo/kit';

export const MAX_SLUG_LENGTH = 255;

/** Why a text is no slug; it completes the sentence "The slug …". */
export type SlugRefusal = string;

/**
 * A permission slug is free text (`document.edit`, `users:read`; contract 11 row 17): 1 to 255 characters without
 * control characters and without white space at its ends.
 */
export function checkPermissionSlug(text: string): Result<string, SlugRefusal> {
  if (text.length === 0) return err('must not be empty.');
  if (text.length > MAX_SLUG_LENGTH) return err(`must have at most ${MAX_SLUG_LENGTH} characters.`);
  if (text.trim() !== text) return err('must not begin or end with white space.');
  if (/\p{Cc}|\p{Cs}/u.test(text)) return err('must not contain control characters.');
  return ok(text);
}

/** A role slug stands in URLs beside role ids: letters, digits and `_ . : -`, and it never looks like a role id. */
export function checkRoleSlug(text: string): Result<string, SlugRefusal> {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/.test(text))
    return err('must have 1 to 100 letters, digits or _ . : - and begin with a letter or digit.');
  if (text.startsWith('rol_')) return err('must not begin with "rol_", which is how role ids begin.');
  return ok(text);
}

/** The slug that a name suggests: `User Manager` → `user_manager`. Empty where the name has nothing to offer. */
export function slugFromName(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9.:-]+/g, '_')
    .replaceAll(/^[^a-z0-9]+|_+$/g, '')
    .slice(0, 100);
}
