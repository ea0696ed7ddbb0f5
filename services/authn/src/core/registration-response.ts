import { type AnswerProtection, enforced } from './client-protocol.js';
import { CIBA } from './grant-types.js';
import type { OAuthClient } from './oauth-client.js';

/** What stands beside the metadata in an answer of the registration endpoint. */
export interface RegistrationCredentials {
  /** Shown once. */
  readonly secret?: string;
  readonly registrationAccessToken?: string;
  readonly registrationClientUri: string;
}

/** A client in the words of RFC 7591 section 3.2.1: everything that is registered, whoever chose it. */
export function registrationResponse(
  client: OAuthClient,
  { secret, registrationAccessToken, registrationClientUri }: RegistrationCredentials,
): Readonly<Record<string, unknown>> {
  const { about } = client;
  const protocol = enforced(client.protocol);
  const tls = protocol.tlsClientSubject;
  return withoutAbsent({
    client_id: client.clientId,
    client_id_issued_at: Math.floor(client.createdAt.getTime() / 1000),
    client_secret: secret,
    client_secret_expires_at: secret === undefined ? undefined : 0,
    registration_access_token: registrationAccessToken,
    registration_client_uri: registrationClientUri,
    client_name: client.name,
    application_type: client.applicationType === 'native' ? 'native' : 'web',
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: some(client.postLogoutRedirectUris),
    grant_types: client.grantTypes,
    response_types: client.grantTypes.includes('authorization_code') ? ['code'] : [],
    scope: client.scopes.join(' ') || undefined,
    token_endpoint_auth_method: client.tokenEndpointAuthMethod,
    token_endpoint_auth_signing_alg: protocol.tokenEndpointAuthSigningAlg,
    client_uri: about.clientUri,
    logo_uri: about.logoUri,
    policy_uri: about.policyUri,
    tos_uri: about.tosUri,
    contacts: about.contacts,
    software_id: about.softwareId,
    software_version: about.softwareVersion,
    initiate_login_uri: about.initiateLoginUri,
    audience_uris: some(client.audienceUris),
    jwks: protocol.jwks,
    jwks_uri: protocol.jwksUri,
    subject_type: protocol.subjectType,
    sector_identifier_uri: protocol.sectorIdentifierUri,
    ...answer('id_token', protocol.idToken),
    ...answer('userinfo', protocol.userinfo),
    ...answer('introspection', protocol.introspection),
    ...answer('authorization', protocol.authorization),
    request_object_signing_alg: protocol.requestObjectSigningAlg,
    response_modes: protocol.responseModes,
    require_pushed_authorization_requests: protocol.requirePushedAuthorizationRequests || undefined,
    require_signed_request_object: protocol.requireSignedRequestObject || undefined,
    dpop_bound_access_tokens: protocol.dpopBoundAccessTokens || undefined,
    tls_client_certificate_bound_access_tokens: protocol.tlsClientCertificateBoundAccessTokens || undefined,
    ...(tls && { [TLS_WORDS[tls.kind]]: tls.value }),
    authorization_details_types: some(protocol.authorizationDetailsTypes),
    default_max_age: protocol.defaultMaxAgeSeconds,
    require_auth_time: protocol.requireAuthTime || undefined,
    default_acr_values: some(protocol.defaultAcrValues),
    ...(client.grantTypes.includes(CIBA) && { backchannel_token_delivery_mode: protocol.backchannelTokenDeliveryMode }),
    backchannel_client_notification_endpoint: protocol.backchannelClientNotificationEndpoint,
    backchannel_logout_uri: protocol.backchannelLogoutUri,
    backchannel_logout_session_required: protocol.backchannelLogoutSessionRequired || undefined,
    frontchannel_logout_uri: protocol.frontchannelLogoutUri,
    frontchannel_logout_session_required: protocol.frontchannelLogoutSessionRequired || undefined,
  });
}

const TLS_WORDS = {
  subjectDn: 'tls_client_auth_subject_dn',
  sanDns: 'tls_client_auth_san_dns',
  sanUri: 'tls_client_auth_san_uri',
  sanIp: 'tls_client_auth_san_ip',
  sanEmail: 'tls_client_auth_san_email',
} as const;

function answer(name: string, { signedAlg, encryptedAlg, encryptedEnc }: AnswerProtection) {
  return {
    [`${name}_signed_response_alg`]: signedAlg,
    [`${name}_encrypted_response_alg`]: encryptedAlg,
    [`${name}_encrypted_response_enc`]: encryptedEnc,
  };
}

function some(list: readonly string[]): readonly string[] | undefined {
  return list.length > 0 ? list : undefined;
}

function withoutAbsent(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null));
}
