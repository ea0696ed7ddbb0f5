import { createHash } from 'node:crypto';
import { newSecret, type Secret, secret } from '@lumo/kit';

/** A new client secret of 256 random bits. Only its hash is kept; the text is shown once. */
export function newAgentSecret(): { readonly text: Secret<string>; readonly sha256: Buffer } {
  const text = newSecret('lmas');
  return { text: secret(text), sha256: createHash('sha256').update(text).digest() };
}
