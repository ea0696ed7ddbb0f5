import { DomainError } from '@lumo/kit';
import { JWKS_CACHE_CONTROL } from '@lumo/token-signing';
import type { Oidc } from '../oidc/create-oidc.js';
import { CHECK_SESSION_HEADERS, PAGE_ASSETS, pageAssetUrls, renderCheckSession } from '../pages/index.js';
import { handToEngine } from './oauth-engine.js';
import type { OAuthHandler } from './oauth-mount.js';

/** Metadata of the org's issuer, the same bytes under every well-known name (RFC 8414, OpenID Connect Discovery). */
export function discovery({ engines }: Oidc): OAuthHandler {
  return async (request, reply) =>
    handToEngine(await engines.current(), request, reply, { path: '/.well-known/openid-configuration' });
}

/** The public keys of the org, from where they live: also those that the engine was not built with. */
export function jwks({ engines, verification }: Oidc): OAuthHandler {
  return async (_request, reply) => {
    const { org } = await engines.current();
    const { jwks } = await verification.verificationKeys();
    const document = { keys: [...jwks.keys, org.decryption.publicJwk] };
    return reply
      .headers({ 'cache-control': JWKS_CACHE_CONTROL, 'access-control-allow-origin': '*' })
      .type('application/jwk-set+json')
      .send(JSON.stringify(document));
  };
}

/** The frame that apps ask whether their person is still signed in. */
export function checkSession({ engines }: Oidc): OAuthHandler {
  return async (_request, reply) => {
    const { org, cookies } = await engines.current();
    const assets = pageAssetUrls(`${org.mount}/oauth/assets`);
    return reply.headers(CHECK_SESSION_HEADERS).send(renderCheckSession({ assets, cookie: cookies.browserState }));
  };
}

/** Stylesheet and script of the hosted pages. */
export const asset: OAuthHandler = async (request, reply) => {
  const { file } = request.params as { file: string };
  const found = PAGE_ASSETS.get(file);
  if (!found) throw new DomainError('not_found', 'resource_not_found', 'There is no such file.');
  return reply
    .headers({ 'cache-control': found.cacheControl, 'x-content-type-options': 'nosniff' })
    .type(found.contentType)
    .send(found.body);
};
