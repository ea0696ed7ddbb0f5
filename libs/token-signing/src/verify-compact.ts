import { err, ok, type Result } from '@lumo/kit';
import { compactVerify } from 'jose';
import { type HeaderRefusal, readTokenHeader, type TokenHeader } from './token-header.js';
import type { VerificationKey } from './verification-key.js';

export interface VerifiedJws {
  readonly header: TokenHeader;
  readonly payload: Uint8Array;
}

export type JwsRefusal = HeaderRefusal | 'alg_mismatch' | 'bad_signature';

/**
 * Checks the signature of a compact JWS with one key. The algorithm is the key's; a header that names another one, in
 * whatever spelling, is refused before any cryptography.
 */
export async function verifyCompact(token: string, key: VerificationKey): Promise<Result<VerifiedJws, JwsRefusal>> {
  const header = readTokenHeader(token);
  if (!header.ok) return header;
  if (header.value.alg !== key.alg) return err('alg_mismatch');
  try {
    const { payload } = await compactVerify(token, key.key, { algorithms: [key.alg] });
    return ok({ header: header.value, payload });
  } catch {
    return err('bad_signature');
  }
}
