// Seam: three decisions that oidc-provider's Client class makes in a way that does not fit: it compares secrets in clear,
// lets loopback ports vary for native clients only, and tells the session id only to clients with back-channel logout.
import type Provider from 'oidc-provider';
import type { Client } from 'oidc-provider';
import { matchesClientSecret } from '../core/oauth-client.js';
import { matchesRedirectUri } from '../core/redirect-uri.js';
import { factsOf } from './client-facts.js';

export function applyClientRules(provider: Provider, now: () => number): void {
  const rules: Pick<
    Client,
    'compareClientSecret' | 'redirectUriAllowed' | 'postLogoutRedirectUriAllowed' | 'includeSid'
  > &
    ThisType<Client> = {
    /** Constant time for each stored hash; several count while a secret is rotated. */
    compareClientSecret(presented) {
      const secrets = factsOf(this).secrets.map(({ sha256, expiresAtMs }) => ({
        sha256: Buffer.from(sha256, 'base64'),
        expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs),
      }));
      return matchesClientSecret(secrets, presented, new Date(now()));
    },
    redirectUriAllowed(uri) {
      return matchesRedirectUri(this.redirectUris ?? [], uri);
    },
    postLogoutRedirectUriAllowed(uri) {
      return matchesRedirectUri(this.postLogoutRedirectUris ?? [], uri);
    },
    includeSid: () => true,
  };
  Object.assign(provider.Client.prototype, rules);
}
