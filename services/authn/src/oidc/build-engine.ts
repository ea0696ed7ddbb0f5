import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SigningKey } from '@lumo/token-signing';
import Provider, { type Configuration } from 'oidc-provider';
import { CODE_SECONDS, INTERACTION_SECONDS, sessionSeconds } from '../core/lifetimes.js';
import { PERSONAL_SCOPES } from '../core/requested-scopes.js';
import { accessTokenClaims, resourceIndicators } from './access-token.js';
import { CLAIMS, findAccount } from './account.js';
import { createAdapters } from './adapter/adapters.js';
import { CLIENT_FACTS, factsOf } from './client-facts.js';
import { applyClientRules } from './client-rules.js';
import { type OrgCookies, orgCookies } from './cookies.js';
import type { EngineDeps, EngineOrg } from './engine-deps.js';
import { recordGrants } from './engine-events.js';
import { giveErrorsAFace } from './error-face.js';
import { errorPage } from './error-page.js';
import { existingGrant } from './existing-grant.js';
import { createFlowBinding, type FlowBinding } from './flow-binding.js';
import { takeOnlyIdTokensAsHints } from './id-token-hint.js';
import { signInPolicy } from './interaction-policy.js';
import { pinEnvironment } from './koa-environment.js';
import { restoreOfflineAccess } from './offline-access.js';
import { completeAnswers } from './response-details.js';
import { manageSessionState } from './session-state.js';
import { signInUrl } from './sign-in-url.js';
import { signOut } from './sign-out.js';
import { engineKeys } from './signing-keys.js';
import { registerTokenExchange } from './token-exchange-grant.js';

/** The protocol engine of one org. */
export interface Engine {
  readonly org: EngineOrg;
  readonly provider: Provider;
  readonly cookies: OrgCookies;
  readonly binding: FlowBinding;
  /** Resolves when the answer was handed to the response. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** One object for one org and one set of keys; cheap (0.8 ms, 42 KB), so a change of either builds a new one. */
export function buildEngine(deps: EngineDeps, org: EngineOrg, keys: readonly SigningKey[]): Engine {
  const active = keys.filter((key) => key.state === 'active');
  const alg = active[0]?.alg ?? 'ES256';
  const cookies = orgCookies(deps.baseUrl, org.slug);
  const binding = createFlowBinding(deps, org.id);
  const provider = new Provider(org.issuer, {
    ...configuration(deps, org, alg),
    jwks: { keys: engineKeys(org.id, keys, deps.keySets) },
    cookies: {
      names: { session: cookies.session, interaction: cookies.interaction, resume: cookies.resume },
      long: cookies.wide,
      short: cookies.narrow,
    },
    features: features(deps, org, cookies, alg),
    interactions: { policy: signInPolicy(), url: signInUrl(binding, cookies, org.mount) },
  });
  pinEnvironment(provider, deps.baseUrl);
  applyClientRules(provider, () => deps.clock.now());
  giveErrorsAFace(provider, deps);
  takeOnlyIdTokensAsHints(provider);
  manageSessionState(provider, deps, org, cookies);
  completeAnswers(
    provider,
    deps,
    org,
    active.map((key) => key.alg),
  );
  registerTokenExchange(provider, deps);
  recordGrants(provider, deps);
  const callback = provider.callback();
  return { org, provider, cookies, binding, handle: (request, response) => callback(request, response) };
}

function configuration(deps: EngineDeps, org: EngineOrg, alg: string): Configuration {
  const { auth } = org.settings;
  return {
    adapter: createAdapters(deps, org),
    claims: CLAIMS,
    scopes: [...PERSONAL_SCOPES],
    responseTypes: ['code'],
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    // An org may have no RSA key, which is what the engine would take for granted.
    clientDefaults: { id_token_signed_response_alg: alg as 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256', 'RS256', 'PS256', 'EdDSA'] },
    extraClientMetadata: { properties: [CLIENT_FACTS] },
    extraParams: { access_type: restoreOfflineAccess },
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      introspection: '/oauth/introspect',
      revocation: '/oauth/revoke',
      userinfo: '/oauth/userinfo',
      end_session: '/oauth/logout',
      jwks: '/.well-known/jwks.json',
    },
    ttl: {
      AccessToken: (_ctx, _token, client) => factsOf(client).accessTokenSeconds,
      ClientCredentials: (_ctx, _token, client) => factsOf(client).accessTokenSeconds,
      IdToken: (_ctx, _token, client) => factsOf(client).accessTokenSeconds,
      AuthorizationCode: CODE_SECONDS,
      Interaction: INTERACTION_SECONDS,
      RefreshToken: refreshTokenTtl,
      Session: (_ctx, session) => sessionSeconds(auth, session.loginTs, Math.floor(deps.clock.now() / 1000)),
      // Decided where grants are opened (existing-grant.ts).
      Grant: auth.sessionLifetimeSeconds,
    },
    // A redirect URI stands in both requests and is compared (contract 2.4, RFC 6749 section 4.1.3).
    allowOmittingSingleRegisteredRedirectUri: false,
    pkce: { required: (_ctx, client) => factsOf(client).requiresPkce },
    rotateRefreshToken: () => true,
    revokeGrantPolicy: () => true,
    clientBasedCORS: (_ctx, origin, client) => origin === deps.baseUrl || factsOf(client).origins.includes(origin),
    findAccount: findAccount(deps, org),
    loadExistingGrant: existingGrant(deps, org),
    formats: { customizers: { jwt: accessTokenClaims(deps, org) } },
    renderError: errorPage(org),
    // No feature that fetches is on; the one egress client comes with the first that is.
    fetch: () => Promise.reject(new Error('the protocol engine does not fetch')),
  };
}

function features(deps: EngineDeps, org: EngineOrg, cookies: OrgCookies, alg: string): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: {
      enabled: true,
      // A resource server is a client with a secret; an app without one may ask about its own tokens.
      allowedPolicy: (_ctx, client, token) => client.clientAuthMethod !== 'none' || token.clientId === client.clientId,
    },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    rpInitiatedLogout: signOut(deps, org, cookies),
    resourceIndicators: resourceIndicators(org, alg),
    externalSigningSupport: { enabled: true, ack: 'experimental-01' },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
  };
}

/** A client that cannot prove who it is does not extend its own stay: the family ends when its first token would have. */
const refreshTokenTtl: NonNullable<NonNullable<Configuration['ttl']>['RefreshToken']> = (ctx, token, client) => {
  const rotated = ctx.oidc.entities.RotatedRefreshToken;
  if (rotated && client.clientAuthMethod === 'none' && !token.isSenderConstrained()) {
    return Math.max(1, rotated.remainingTTL);
  }
  return factsOf(client).refreshTokenSeconds;
};
