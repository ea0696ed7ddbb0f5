import { webUriProblem } from './client-about.js';
import { checkClientJwks } from './client-keys.js';
import { type AnswerProtection, type ClientProtocol, enforced, FAPI_SIGNING_ALGS, isFapi } from './client-protocol.js';
import { CIBA } from './grant-types.js';
import type { ApplicationType, ClientAuthMethod } from './oauth-client.js';

/** What of a client decides whether its protocol settings fit. */
export interface ProtocolSubject {
  readonly applicationType: ApplicationType;
  readonly tokenEndpointAuthMethod: ClientAuthMethod;
  readonly redirectUris: readonly string[];
  readonly grantTypes: readonly string[];
  readonly requiresPkce: boolean;
  readonly accessTokenLifetimeSeconds?: number | null;
  readonly protocol: ClientProtocol;
}

/** FAPI 2.0 wants short tokens (contract 2.11): the longest that such a client gets. */
export const FAPI_MAX_ACCESS_TOKEN_SECONDS = 600;

type Problems = Record<string, string>;

/** What does not fit, by the member of the admin API that has to change. Empty where everything does. */
export function checkProtocol(client: ProtocolSubject): Readonly<Record<string, string>> {
  const problems: Problems = {};
  checkKeys(client, problems);
  checkTlsSubject(client, problems);
  checkSubject(client, problems);
  checkAnswers(client, problems);
  const { protocol } = client;
  if (protocol.dpopBoundAccessTokens && protocol.tlsClientCertificateBoundAccessTokens)
    problems.dpopBoundAccessTokens = 'Tokens are bound to a DPoP key or to a certificate, not to both.';
  if (protocol.authorizationDetailsTypes.some((type) => !/^[\x21-\x7e]{1,128}$/.test(type)))
    problems.authorizationDetailsTypes = 'A type is printable ASCII without spaces, at most 128 characters.';
  if (protocol.profile === 'oauth2.1' && client.grantTypes.includes('authorization_code') && !client.requiresPkce)
    problems.requiresPkce = 'OAuth 2.1 demands PKCE. Use the profile oauth2 for a client that cannot do it.';
  checkLogout(client, problems);
  checkCiba(client, problems);
  if (isFapi(protocol)) checkFapi(client, problems);
  return problems;
}

/** CIBA section 4: who is told has an address, and proves who it is. */
function checkCiba({ protocol, grantTypes, tokenEndpointAuthMethod }: ProtocolSubject, problems: Problems): void {
  const { backchannelTokenDeliveryMode: mode, backchannelClientNotificationEndpoint: endpoint } = protocol;
  const bad = endpoint === null ? undefined : webUriProblem(endpoint);
  if (bad) problems.backchannelClientNotificationEndpoint = bad;
  else if (mode === 'ping' && endpoint === null)
    problems.backchannelClientNotificationEndpoint = 'ping needs an address to tell the client at.';
  if (grantTypes.includes(CIBA) && tokenEndpointAuthMethod === 'none')
    problems.grantTypes = 'A client that asks people on its own authenticates: CIBA is for confidential clients.';
}

function checkLogout({ protocol, redirectUris }: ProtocolSubject, problems: Problems): void {
  const { backchannelLogoutUri: back, frontchannelLogoutUri: front } = protocol;
  const badBack = back === null ? undefined : webUriProblem(back);
  const badFront = front === null ? undefined : webUriProblem(front);
  if (badBack) problems.backchannelLogoutUri = badBack;
  if (badFront) problems.frontchannelLogoutUri = badFront;
  else if (front !== null && !redirectUris.some((uri) => URL.parse(uri)?.origin === new URL(front).origin))
    problems.frontchannelLogoutUri =
      'Scheme, host and port must be those of a redirect URI (OpenID Connect Front-Channel Logout 1.0 section 2).';
}

function checkKeys({ protocol, tokenEndpointAuthMethod: method }: ProtocolSubject, problems: Problems): void {
  const { jwks, jwksUri } = protocol;
  if (jwks && jwksUri) problems.jwks = 'Register jwks or jwksUri, not both (RFC 7591 section 2).';
  const checked = jwks && checkClientJwks(jwks);
  if (checked && !checked.ok) problems.jwks = checked.error;
  const uriProblem = jwksUri === null ? undefined : fetchedUriProblem(jwksUri);
  if (uriProblem) problems.jwksUri = uriProblem;
  if (jwks || jwksUri) {
    if (method === 'self_signed_tls_client_auth' && jwks && !jwks.keys.some(({ x5c }) => Array.isArray(x5c)))
      problems.jwks ??=
        'A self-signed certificate is recognised by the x5c of a registered key (RFC 8705 section 2.2.2).';
    return;
  }
  const needs =
    method === 'private_key_jwt' || method === 'self_signed_tls_client_auth'
      ? `tokenEndpointAuthMethod ${method}`
      : enforced(protocol).requireSignedRequestObject || protocol.requestObjectSigningAlg
        ? 'a signed request object'
        : answersOf(protocol).some(([, { encryptedAlg }]) => encryptedAlg)
          ? 'an encrypted answer'
          : undefined;
  if (needs) problems.jwks ??= `Register the public keys of the client as jwks or jwksUri: ${needs} needs them.`;
}

/** Of an address that this server calls. What its name leads to is judged when it is called. */
function fetchedUriProblem(uri: string): string | undefined {
  return uri.startsWith('https:') ? webUriProblem(uri) : 'Write an https URL.';
}

function checkTlsSubject({ protocol, tokenEndpointAuthMethod: method }: ProtocolSubject, problems: Problems): void {
  const { tlsClientSubject: subject } = protocol;
  if (method === 'tls_client_auth' && !subject)
    problems.tlsClientAuthSubjectDn =
      'tls_client_auth needs exactly one tlsClientAuth… attribute (RFC 8705 section 2.1.2).';
  if (method !== 'tls_client_auth' && subject)
    problems.tlsClientAuthSubjectDn = 'Only tls_client_auth recognises a client by a certificate attribute.';
}

function checkSubject({ protocol, redirectUris }: ProtocolSubject, problems: Problems): void {
  const { subjectType, sectorIdentifierUri, accessTokenFormat } = protocol;
  const uriProblem = sectorIdentifierUri === null ? undefined : fetchedUriProblem(sectorIdentifierUri);
  if (uriProblem) problems.sectorIdentifierUri = uriProblem;
  if (subjectType !== 'pairwise') return;
  // A JWT would tell the client who it is about: RFC 9068 section 6.
  if (accessTokenFormat === 'jwt')
    problems.accessTokenFormat =
      'A client with pairwise subjects gets opaque access tokens: a JWT would show the user id.';
  const hosts = new Set(redirectUris.map((uri) => URL.parse(uri)?.host ?? ''));
  if (sectorIdentifierUri === null && hosts.size > 1)
    problems.sectorIdentifierUri = 'Redirect URIs on several hosts need a sectorIdentifierUri.';
  if (sectorIdentifierUri === null && hosts.size === 0)
    problems.subjectType = 'A client without redirect URIs has no sector. Register a sectorIdentifierUri.';
}

function answersOf({ idToken, userinfo, introspection, authorization }: ClientProtocol) {
  return Object.entries({ idToken, userinfo, introspection, authorization }) as readonly [string, AnswerProtection][];
}

function checkAnswers({ protocol }: ProtocolSubject, problems: Problems): void {
  for (const [name, { encryptedAlg, encryptedEnc }] of answersOf(protocol)) {
    if (encryptedEnc && !encryptedAlg)
      problems[`${name}EncryptedResponseAlg`] = 'An enc without an alg encrypts nothing. Name both.';
  }
}

/** FAPI 2.0 Security Profile sections 5.3.2.1 and 5.4.1. */
function checkFapi(client: ProtocolSubject, problems: Problems): void {
  const { protocol, tokenEndpointAuthMethod: method } = client;
  if (!['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'].includes(method))
    problems.tokenEndpointAuthMethod =
      'FAPI 2.0 wants private_key_jwt, tls_client_auth or self_signed_tls_client_auth.';
  if (!protocol.dpopBoundAccessTokens && !protocol.tlsClientCertificateBoundAccessTokens)
    problems.dpopBoundAccessTokens ??=
      'FAPI 2.0 wants sender-constrained tokens: set dpopBoundAccessTokens or tlsClientCertificateBoundAccessTokens.';
  if (client.grantTypes.includes('authorization_code') && !client.requiresPkce)
    problems.requiresPkce = 'FAPI 2.0 demands PKCE.';
  if ((client.accessTokenLifetimeSeconds ?? 0) > FAPI_MAX_ACCESS_TOKEN_SECONDS)
    problems.accessTokenLifetime = `FAPI 2.0 wants short tokens: at most ${FAPI_MAX_ACCESS_TOKEN_SECONDS} seconds.`;
  const algs: readonly (readonly [string, string | null])[] = [
    ['tokenEndpointAuthSigningAlg', protocol.tokenEndpointAuthSigningAlg],
    ['requestObjectSigningAlg', protocol.requestObjectSigningAlg],
    ...answersOf(protocol).map(([name, { signedAlg }]) => [`${name}SignedResponseAlg`, signedAlg] as const),
  ];
  for (const [member, alg] of algs) {
    if (alg !== null && !FAPI_SIGNING_ALGS.includes(alg))
      problems[member] = `FAPI 2.0 allows ${FAPI_SIGNING_ALGS.join(', ')}.`;
  }
}
