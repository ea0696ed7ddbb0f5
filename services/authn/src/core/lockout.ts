import { createHash } from 'node:crypto';

/** Under which key wrong passwords are counted: the account, or what was typed where it names none. */
export function lockoutSubject(login: { readonly userId: string } | { readonly unknownLogin: string }): Buffer {
  const text =
    'userId' in login ? `user:${login.userId}` : `login:${login.unknownLogin.normalize('NFKC').trim().toLowerCase()}`;
  return createHash('sha256').update(text).digest();
}
