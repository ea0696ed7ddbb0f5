// Seam: oidc-provider drops `offline_access` unless the request also says `prompt=consent`. OpenID Connect Core section 11
// lets other conditions stand in; ours is that the client is registered for refresh tokens and the scope is consented to.
import type { Client, KoaContextWithOIDC } from 'oidc-provider';

/** What the request object of a request asked for; a request without one says so in its parameters. */
const inObject = new WeakMap<KoaContextWithOIDC, { readonly scope: string | undefined }>();

/** A request object replaces every parameter beside it (RFC 9101 section 6.3), the scope included. */
export function noteRequestedScope(ctx: KoaContextWithOIDC, scope: string | undefined): void {
  inObject.set(ctx, { scope });
}

/** Puts back what the engine took out. Called for every authorization request, after its scope was checked. */
export function restoreOfflineAccess(ctx: KoaContextWithOIDC, _accessType: string | undefined, client: Client): void {
  const { params, body } = ctx.oidc;
  const outside = ctx.method === 'POST' ? body?.scope : ctx.query.scope;
  const object = inObject.get(ctx);
  const requested = object ? object.scope : outside;
  const asked = typeof requested === 'string' ? requested.split(' ') : [];
  const kept = typeof params?.scope === 'string' ? params.scope.split(' ') : [];
  if (!params || !asked.includes('offline_access') || kept.includes('offline_access')) return;
  if (client.grantTypes?.includes('refresh_token')) params.scope = [...kept, 'offline_access'].join(' ');
}
