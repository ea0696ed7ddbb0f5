import Provider from 'oidc-provider';
import { currentScopes, isAllowedDomain } from '../core/client-document.js';
import type { OAuthClient } from '../core/oauth-client.js';
import type { OrgSettings } from '../core/org-settings.js';
import type { ClientDocumentStore } from '../document-ports.js';
import type { RecentClient } from '../oidc-ports.js';

/**
 * A client that describes itself, as it counts for the request at hand; undefined where the org lets it in no more or its
 * document was withdrawn. A code or refresh token is redeemed by the client that a person allowed: where answers go and
 * what authenticates is taken from the document of then, whatever its server says by now.
 */
export async function documentClient(
  documents: ClientDocumentStore,
  { auth }: OrgSettings,
  { client, isWithdrawn }: RecentClient,
): Promise<OAuthClient | undefined> {
  const url = URL.parse(client.clientId);
  if (isWithdrawn || !url || !auth.cimdEnabled || !isAllowedDomain(url, auth)) return undefined;
  const presented = presentedNow();
  const then = presented && (await documents.snapshotOf(client.clientId, presented.model, presented.value));
  return {
    ...client,
    ...(then && {
      redirectUris: then.redirectUris,
      tokenEndpointAuthMethod: then.tokenEndpointAuthMethod,
      protocol: then.protocol,
    }),
    scopes: currentScopes(client, auth),
  };
}

/** What the token request wants to redeem. */
function presentedNow(): { readonly model: string; readonly value: string } | undefined {
  const oidc = Provider.ctx?.oidc;
  if (oidc?.route !== 'token') return undefined;
  const { grant_type: grant, code, refresh_token: refreshToken } = oidc.body ?? {};
  if (grant === 'authorization_code' && typeof code === 'string') return { model: 'AuthorizationCode', value: code };
  if (grant === 'refresh_token' && typeof refreshToken === 'string') {
    return { model: 'RefreshToken', value: refreshToken };
  }
  return undefined;
}
