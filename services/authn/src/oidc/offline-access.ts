// Seam: oidc-provider drops `offline_access` unless the request also says `prompt=consent`. OpenID Connect Core section 11
// lets other conditions stand in; ours is that the client is registered for refresh tokens and the scope is consented to.
import type { Client, KoaContextWithOIDC } from 'oidc-provider';

/** Puts back what the engine took out. Called for every authorization request, after its scope was checked. */
export function restoreOfflineAccess(ctx: KoaContextWithOIDC, _accessType: string | undefined, client: Client): void {
  const { params } = ctx.oidc;
  const asked = typeof ctx.query.scope === 'string' ? ctx.query.scope.split(' ') : [];
  const kept = typeof params?.scope === 'string' ? params.scope.split(' ') : [];
  if (!params || !asked.includes('offline_access') || kept.includes('offline_access')) return;
  if (client.grantTypes?.includes('refresh_token')) params.scope = [...kept, 'offline_access'].join(' ');
}
