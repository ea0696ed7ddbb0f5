import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SigningKey } from '@lumo/token-signing';
import Provider, { type Configuration } from 'oidc-provider';
import { cibaSeconds, DEVICE_CODE_SECONDS } from '../core/approval.js';
import { ACR_VALUES } from '../core/assurance.js';
import {
  CLIENT_SIGNING_ALGS,
  ENCRYPTION_ALGS,
  ENCRYPTION_ENCS,
  SERVER_SIGNING_ALGS,
  type ServerSigningAlg,
} from '../core/client-protocol.js';
import { CODE_SECONDS, INTERACTION_SECONDS, sessionSeconds } from '../core/lifetimes.js';
import { PERSONAL_SCOPES } from '../core/requested-scopes.js';
import { accessTokenClaims, opaqueTokenClaims, resourceIndicators } from './access-token.js';
import { CLAIMS, findAccount } from './account.js';
import { createAdapters } from './adapter/adapters.js';
import { CLAIMS_PARAMETER } from './claims-parameter.js';
import { AUTH_METHODS, assertionRules, CLOCK_TOLERANCE_SECONDS } from './client-authentication.js';
import { CLIENT_FACTS, factsOf } from './client-facts.js';
import { applyClientRules } from './client-rules.js';
import { type OrgCookies, orgCookies } from './cookies.js';
import { answerDecoupled, ciba, DEVICE_FLOW } from './decoupled.js';
import type { EngineDeps, EngineOrg } from './engine-deps.js';
import { recordGrants } from './engine-events.js';
import { giveErrorsAFace } from './error-face.js';
import { errorPage } from './error-page.js';
import { existingGrant } from './existing-grant.js';
import { createFlowBinding, type FlowBinding } from './flow-binding.js';
import { takeOnlyIdTokensAsHints } from './id-token-hint.js';
import { signInPolicy } from './interaction-policy.js';
import { pinEnvironment } from './koa-environment.js';
import { mutualTls } from './mutual-tls.js';
import { restoreOfflineAccess } from './offline-access.js';
import { nameOpaqueTokens } from './opaque-tokens.js';
import { markPairwiseClients } from './pairwise.js';
import { readRemoteKeys } from './remote-keys.js';
import { markOnce } from './replay-marks.js';
import { requestObjects } from './request-objects.js';
import { completeAnswers } from './response-details.js';
import { richAuthorization } from './rich-authorization.js';
import { DPOP_ALGS, dpop, tightenProofs } from './sender-constraint.js';
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
  const algs = active.map((key) => key.alg);
  const { signingAlgorithm } = org.settings.security;
  const alg: ServerSigningAlg = algs.includes(signingAlgorithm) ? signingAlgorithm : (algs[0] ?? 'ES256');
  const cookies = orgCookies(deps.baseUrl, org.slug);
  const binding = createFlowBinding(deps, org.id);
  const signing = engineKeys(org.id, keys, deps.keySets);
  const provider = new Provider(org.issuer, {
    ...configuration(deps, org, alg),
    adapter: createAdapters(deps, org, signing),
    jwks: { keys: signing.keys },
    cookies: {
      names: { session: cookies.session, interaction: cookies.interaction, resume: cookies.resume },
      long: cookies.wide,
      short: cookies.narrow,
    },
    features: features(deps, org, cookies),
    interactions: { policy: signInPolicy(), url: signInUrl(binding, cookies, org.mount) },
  });
  pinEnvironment(provider, deps.baseUrl);
  applyClientRules(provider, () => deps.clock.now());
  readRemoteKeys(provider, deps.remoteKeySets);
  markPairwiseClients(provider);
  nameOpaqueTokens(provider, org);
  markOnce(provider, deps.replay, () => deps.clock.now());
  giveErrorsAFace(provider, deps);
  takeOnlyIdTokensAsHints(provider);
  manageSessionState(provider, deps, org, cookies);
  completeAnswers(provider, deps, org);
  tightenProofs(provider, deps, org);
  answerDecoupled(provider, deps.decoupled);
  registerTokenExchange(provider, deps);
  recordGrants(provider, deps);
  const callback = provider.callback();
  return { org, provider, cookies, binding, handle: (request, response) => callback(request, response) };
}

function configuration(deps: EngineDeps, org: EngineOrg, alg: ServerSigningAlg): Configuration {
  const { auth } = org.settings;
  return {
    claims: CLAIMS,
    scopes: [...PERSONAL_SCOPES],
    // `none` is for our own pages alone (account-client.ts).
    responseTypes: ['code', 'none'],
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: async (_ctx, accountId, client) => {
      const { sector } = factsOf(client);
      if (sector === null) throw new Error('a pairwise subject for a client that has no sector');
      return org.pairwise(sector, accountId);
    },
    acrValues: [...ACR_VALUES],
    clientAuthMethods: AUTH_METHODS,
    assertJwtClientAuthClaimsAndHeader: assertionRules(org, () => deps.clock.now()),
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    // An org may have no RSA key, which is what the engine would take for granted.
    clientDefaults: {
      id_token_signed_response_alg: alg,
      introspection_signed_response_alg: alg,
      authorization_signed_response_alg: alg,
    },
    enabledJWA: ALGORITHMS,
    extraClientMetadata: { properties: [CLIENT_FACTS] },
    extraParams: { access_type: restoreOfflineAccess },
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      pushed_authorization_request: '/oauth/par',
      device_authorization: '/oauth/device_authorization',
      code_verification: '/oauth/device',
      backchannel_authentication: '/oauth/bc-authorize',
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
      DeviceCode: DEVICE_CODE_SECONDS,
      BackchannelAuthenticationRequest: (ctx) => cibaSeconds(ctx?.oidc.params?.requested_expiry),
      Interaction: INTERACTION_SECONDS,
      RefreshToken: refreshTokenTtl,
      Session: (_ctx, session) => sessionSeconds(auth, session.loginTs, Math.floor(deps.clock.now() / 1000)),
      // Decided where grants are opened (existing-grant.ts).
      Grant: auth.sessionLifetimeSeconds,
    },
    // A redirect URI stands in both requests and is compared (contract 2.4, RFC 6749 section 4.1.3).
    allowOmittingSingleRegisteredRedirectUri: false,
    pkce: { required: (_ctx, client) => factsOf(client).requiresPkce },
    // FAPI 2.0 Security Profile section 5.3.2.1: bound tokens are not rotated, so that a lost answer costs nobody their session.
    rotateRefreshToken: ({ oidc: { client } }) => client === undefined || !factsOf(client).isFapi,
    revokeGrantPolicy: () => true,
    clientBasedCORS: (_ctx, origin, client) => origin === deps.baseUrl || factsOf(client).origins.includes(origin),
    findAccount: findAccount(deps, org),
    loadExistingGrant: existingGrant(deps, org),
    formats: { customizers: { jwt: accessTokenClaims(deps, org) } },
    extraTokenClaims: opaqueTokenClaims(deps, org),
    renderError: errorPage(org),
    // What leaves this server leaves through its egress client (remote-keys.ts, logout-delivery.ts).
    fetch: () => Promise.reject(new Error('the protocol engine does not fetch')),
  };
}

function features(deps: EngineDeps, org: EngineOrg, cookies: OrgCookies): Configuration['features'] {
  const now = () => deps.clock.now();
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
    resourceIndicators: resourceIndicators(org),
    richAuthorizationRequests: richAuthorization(org),
    claimsParameter: CLAIMS_PARAMETER,
    externalSigningSupport: { enabled: true, ack: 'experimental-01' },
    dPoP: dpop(deps, org),
    mTLS: mutualTls(now),
    fapi: { enabled: true, profile: (_ctx, client) => (client && factsOf(client).isFapi ? '2.0' : undefined) },
    pushedAuthorizationRequests: {
      enabled: true,
      requirePushedAuthorizationRequests: org.settings.security.requirePushedAuthorizationRequests,
      allowUnregisteredRedirectUris: false,
    },
    requestObjects: requestObjects(now),
    jwtResponseModes: { enabled: true },
    jwtIntrospection: { enabled: true },
    jwtUserinfo: { enabled: true },
    encryption: { enabled: true },
    deviceFlow: DEVICE_FLOW,
    ciba: ciba(deps.decoupled),
  };
}

/** What clients sign with, what we sign with, and how answers are encrypted; symmetric ones have no secret to use. */
const ALGORITHMS: NonNullable<Configuration['enabledJWA']> = {
  clientAuthSigningAlgValues: [...CLIENT_SIGNING_ALGS],
  requestObjectSigningAlgValues: [...CLIENT_SIGNING_ALGS],
  dPoPSigningAlgValues: DPOP_ALGS,
  idTokenSigningAlgValues: [...SERVER_SIGNING_ALGS],
  userinfoSigningAlgValues: [...SERVER_SIGNING_ALGS],
  introspectionSigningAlgValues: [...SERVER_SIGNING_ALGS],
  authorizationSigningAlgValues: [...SERVER_SIGNING_ALGS],
  idTokenEncryptionAlgValues: [...ENCRYPTION_ALGS],
  idTokenEncryptionEncValues: [...ENCRYPTION_ENCS],
  userinfoEncryptionAlgValues: [...ENCRYPTION_ALGS],
  userinfoEncryptionEncValues: [...ENCRYPTION_ENCS],
  introspectionEncryptionAlgValues: [...ENCRYPTION_ALGS],
  introspectionEncryptionEncValues: [...ENCRYPTION_ENCS],
  authorizationEncryptionAlgValues: [...ENCRYPTION_ALGS],
  authorizationEncryptionEncValues: [...ENCRYPTION_ENCS],
  // Decrypted before the engine sees them (request-decryption.ts).
  requestObjectEncryptionAlgValues: [],
};

/** A client that cannot prove who it is does not extend its own stay: the family ends when its first token would have. */
const refreshTokenTtl: NonNullable<NonNullable<Configuration['ttl']>['RefreshToken']> = (ctx, token, client) => {
  const rotated = ctx.oidc.entities.RotatedRefreshToken;
  if (rotated && client.clientAuthMethod === 'none' && !token.isSenderConstrained()) {
    return Math.max(1, rotated.remainingTTL);
  }
  return factsOf(client).refreshTokenSeconds;
};
