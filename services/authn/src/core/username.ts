import { err, ok, type Result } from '@lumo/kit';

export interface Username {
  readonly username: string;
  /** Equal for names that differ only in case or compatibility form. */
  readonly key: string;
}

const USERNAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._+-]{0,63}$/u;

/** A name to sign in with. Without "@": a login with one is always an e-mail address. */
export function parseUsername(text: string): Result<Username, string> {
  const username = text.slice(0, 256).normalize('NFKC').trim();
  if (!USERNAME.test(username)) {
    return err('Use 1 to 64 letters, digits, dots, hyphens, underscores or plus signs; begin with a letter or digit.');
  }
  return ok({ username, key: username.toLowerCase().normalize('NFKC') });
}
