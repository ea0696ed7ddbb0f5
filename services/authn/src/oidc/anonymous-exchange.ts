// Seam: oidc-provider wants a client at its token endpoint; the published SDKs exchange tokens without one, the tokens
// being the proof (contract 2.4). A client that exists only for such a request stands in.
import { TOKEN_EXCHANGE } from '../core/client-registration.js';

/** Not a value that a registered client can have; believed only where the front set it. */
export const ANONYMOUS_CLIENT_ID = 'urn:lumo:anonymous';

/** Whether a request to the token endpoint may go on without a client. */
export function isAnonymousExchange(form: URLSearchParams, authorization: string | undefined): boolean {
  const namesClient = ['client_id', 'client_secret', 'client_assertion'].some((name) => form.get(name));
  return form.get('grant_type') === TOKEN_EXCHANGE && !namesClient && authorization === undefined;
}
