// Seam: oidc-provider refuses structured access tokens at introspection and revocation, because it keeps no record of
// them. The front replaces the token by this handle, and the adapter answers for the handle what our own gate says.

/** Stands in for the JWT of the request; no opaque token of ours looks like it. */
export const PRESENTED_TOKEN = 'the-presented-token';

/** Whether a value is a JWT rather than an opaque token: the first part is a JSON object. */
export function isStructured(token: string): boolean {
  return token.startsWith('eyJ') && token.includes('.');
}
