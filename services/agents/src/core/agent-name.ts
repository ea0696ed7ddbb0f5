import { err, ok, type Result } from '@lumo/kit';

export const MAX_NAME_CHARS = 200;

/** Control characters, and the invisible ones that let a name read differently from what it is. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

export type NameRefusal =
  | { readonly reason: 'empty' }
  | { readonly reason: 'too_long' }
  | { readonly reason: 'invisible' };

/** The name a person reads on consent and audit pages: trimmed, NFC, no invisible characters. */
export function parseAgentName(text: string): Result<string, NameRefusal> {
  const name = text.normalize('NFC').trim();
  if (name === '') return err({ reason: 'empty' });
  if (name.length > MAX_NAME_CHARS) return err({ reason: 'too_long' });
  if (INVISIBLE.test(name)) return err({ reason: 'invisible' });
  return ok(name);
}
