// Seam: Koa takes scheme, host and client address from headers; here they come from the configured base URL and the
// sealed context, so that no header can change an issuer, a link or the `Secure` of a cookie.
import { currentContext } from '@lumo/tenancy';
import type Provider from 'oidc-provider';

/** Behind a TLS proxy the base URL is https while the socket is plain: cookies and URLs follow the base URL. */
export function pinEnvironment(provider: Provider, baseUrl: string): void {
  const { protocol, host } = new URL(baseUrl);
  Object.defineProperties(provider.request, {
    protocol: { get: () => protocol.slice(0, -1) },
    host: { get: () => host },
    ip: { get: () => currentContext()?.ip ?? '' },
  });
}
