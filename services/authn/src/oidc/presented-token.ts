// Seam: oidc-provider refuses structured access tokens at introspection and revocation, because it keeps no record of
// them. The front replaces the token by this handle, and the adapter answers for the handle what our own gate says.

import { OPAQUE_TOKEN_PREFIX } from '@lumo/tenancy';

/** Stands in for the JWT of the request; no opaque token of ours looks like it. */
export const PRESENTED_TOKEN = 'the-presented-token';

/** Whether a value is for our own gate: a JWT (the first part is a JSON object), or an opaque access token. */
export function isForOurGate(token: string): boolean {
  return (token.startsWith('eyJ') && token.includes('.')) || token.startsWith(OPAQUE_TOKEN_PREFIX);
}
