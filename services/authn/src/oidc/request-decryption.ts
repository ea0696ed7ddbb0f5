import { DomainError } from '@lumo/kit';
import type { EngineOrg } from './engine-deps.js';

/**
 * The request object inside an encrypted one (RFC 9101 section 6.1), so that the engine judges it like any other: what was
 * encrypted must still be signed as its client registered (attack 24). Changes `parameters`.
 * @throws DomainError `invalid_request_object`; the same for every reason (RFC 8725 section 2.4)
 */
export async function decryptRequestObject(parameters: URLSearchParams, { decryption }: EngineOrg): Promise<void> {
  const [request, ...more] = parameters.getAll('request');
  // Repeated parameters are the engine's to refuse.
  if (request === undefined || more.length > 0 || request.split('.').length !== 5) return;
  const opened = await decryption.decrypt(request);
  if (!opened.ok || opened.value.split('.').length !== 3) {
    throw new DomainError(
      'invalid',
      'invalid_request_object',
      'The encrypted request object cannot be used. Sign it, then encrypt it to the key of jwks_uri with use enc.',
    );
  }
  parameters.set('request', opened.value);
}
