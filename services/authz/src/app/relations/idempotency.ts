import { createHash } from 'node:crypto';
import { DomainError } from '@lumo/kit';
import { canonicalJson } from '../../core/rebac/json-value.js';
import type { Work } from '../../ports.js';

const KEPT_MS = 86_400_000;
const FORGOTTEN_AT_ONCE = 100;

/**
 * The answer of the first time where a request comes again with its key, else what `first` does. Under the lock of the
 * organization, so that two requests with one key cannot both be the first.
 */
export async function once<T>(
  work: Work,
  scope: string,
  key: string | undefined,
  request: unknown,
  first: () => Promise<T>,
): Promise<T> {
  if (key === undefined) return first();
  const fingerprint = createHash('sha256').update(canonicalJson(request)).digest('base64url');
  await work.idempotency.forget(new Date(work.now.getTime() - KEPT_MS), FORGOTTEN_AT_ONCE);
  const known = await work.idempotency.find(scope, key);
  if (known) {
    if (known.request !== fingerprint) throw reused();
    // Written below.
    return known.answer as T;
  }
  const answer = await first();
  await work.idempotency.keep(scope, key, fingerprint, answer);
  return answer;
}

function reused(): DomainError {
  return new DomainError(
    'conflict',
    'idempotency_key_reused',
    'This idempotency key came with another request before. Make a new key for every request.',
  );
}
