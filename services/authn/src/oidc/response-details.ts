import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { completeDiscovery } from './discovery.js';
import type { EngineDeps, EngineOrg } from './engine-deps.js';
import { tellFrontChannels } from './front-channel-logout.js';
import { nobodySignedIn } from './sign-out.js';

/**
 * For the page that posts an authorization response to the app (`response_mode=form_post`): the engine adds the hash of
 * its one script. A page of our own brings its own headers.
 */
const RESPONSE_PAGE_HEADERS = {
  'Content-Security-Policy': "default-src 'none'; script-src; base-uri 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
};

/** The details of answers that the engine leaves open or decides otherwise. */
export function completeAnswers(provider: Provider, deps: EngineDeps, org: EngineOrg): void {
  provider.use(async (ctx, next) => {
    if (ctx.path.startsWith('/oauth/authorize')) ctx.set(RESPONSE_PAGE_HEADERS);
    await next();
    switch ((ctx as Partial<KoaContextWithOIDC>).oidc?.route) {
      case 'discovery':
        ctx.body = completeDiscovery(ctx.body as Record<string, unknown>, org, deps.mutualTls);
        ctx.set('Cache-Control', 'public, max-age=300');
        break;
      case 'token':
      case 'introspection':
        // RFC 6749 section 5.1.
        ctx.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' });
        break;
      case 'end_session':
        if (ctx.status === 200 && !(ctx as KoaContextWithOIDC).oidc.session?.accountId) {
          nobodySignedIn(ctx as KoaContextWithOIDC, org);
        }
        await tellFrontChannels(ctx as KoaContextWithOIDC, deps, org);
        break;
      case 'end_session_confirm':
        await tellFrontChannels(ctx as KoaContextWithOIDC, deps, org);
        break;
      case 'revocation':
        // Every 2xx of the API is JSON (contract 9.6).
        if (ctx.status === 200) ctx.body = {};
        break;
    }
  });
}
