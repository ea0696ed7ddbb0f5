import { randomBytes } from 'node:crypto';
import type { AdapterPayload } from 'oidc-provider';
import {
  type AnswerProtection,
  type ClientProtocol,
  FAPI_SIGNING_ALGS,
  isFapi,
  type ServerSigningAlg,
  type TlsClientSubject,
} from '../core/client-protocol.js';
import type { ClientAuthMethod } from '../core/oauth-client.js';
import { CLIENT_FACTS, type ClientFacts } from './client-facts.js';

/**
 * The engine wants the text of a secret and compares it itself; we have hashes and compare them (client-rules.ts). This
 * stands in its place: nobody knows it, and it ends with the process.
 */
const UNKNOWN_SECRET = randomBytes(32).toString('base64url');

/** How a client proves who it is, in the words of RFC 7591. Basic and post are one method to the engine. */
export function authenticationMetadata(method: ClientAuthMethod): AdapterPayload {
  return method === 'client_secret_basic' || method === 'client_secret_post'
    ? { token_endpoint_auth_method: 'client_secret_basic', client_secret: UNKNOWN_SECRET }
    : { token_endpoint_auth_method: method };
}

const TLS_MEMBERS: Readonly<Record<TlsClientSubject['kind'], string>> = {
  subjectDn: 'tls_client_auth_subject_dn',
  sanDns: 'tls_client_auth_san_dns',
  sanUri: 'tls_client_auth_san_uri',
  sanIp: 'tls_client_auth_san_ip',
  sanEmail: 'tls_client_auth_san_email',
};

/** With what tokens of a client are signed: the algorithm of the org, unless FAPI 2.0 section 5.4.1 forbids it. */
export function signingAlgOf(protocol: ClientProtocol, ofOrg: ServerSigningAlg): ServerSigningAlg {
  return isFapi(protocol) && !FAPI_SIGNING_ALGS.includes(ofOrg) ? 'ES256' : ofOrg;
}

/** Protocol settings (as the profile enforces them) in the words of RFC 7591 and its successors. */
export function protocolMetadata(
  protocol: ClientProtocol,
  method: ClientAuthMethod,
  alg: ServerSigningAlg,
): AdapterPayload {
  const { tlsClientSubject: tls, responseModes } = protocol;
  return defined({
    jwks: protocol.jwks ? { keys: protocol.jwks.keys.map((key) => ({ ...key })) } : undefined,
    jwks_uri: protocol.jwksUri,
    token_endpoint_auth_signing_alg: method === 'private_key_jwt' ? protocol.tokenEndpointAuthSigningAlg : undefined,
    ...(method === 'tls_client_auth' && tls && { [TLS_MEMBERS[tls.kind]]: tls.value }),
    dpop_bound_access_tokens: protocol.dpopBoundAccessTokens,
    tls_client_certificate_bound_access_tokens: protocol.tlsClientCertificateBoundAccessTokens,
    require_pushed_authorization_requests: protocol.requirePushedAuthorizationRequests,
    require_signed_request_object: protocol.requireSignedRequestObject,
    request_object_signing_alg: protocol.requestObjectSigningAlg,
    response_modes: responseModes && [...responseModes],
    backchannel_token_delivery_mode: protocol.backchannelTokenDeliveryMode,
    // Never called by the engine (ping-delivery.ts does), which would refuse the loopback address of a client in development.
    backchannel_client_notification_endpoint: protocol.backchannelClientNotificationEndpoint?.replace(
      /^http:/,
      'https:',
    ),
    ...answer('id_token', protocol.idToken, alg),
    ...answer('userinfo', protocol.userinfo, protocol.userinfo.encryptedAlg ? alg : undefined),
    ...answer('introspection', protocol.introspection, alg),
    ...answer('authorization', protocol.authorization, alg),
    default_max_age: protocol.defaultMaxAgeSeconds,
    require_auth_time: protocol.requireAuthTime,
    default_acr_values: protocol.defaultAcrValues.length > 0 ? [...protocol.defaultAcrValues] : undefined,
    authorization_details_types: [...protocol.authorizationDetailsTypes],
  });
}

function answer(
  name: string,
  { signedAlg, encryptedAlg, encryptedEnc }: AnswerProtection,
  byDefault: ServerSigningAlg | undefined,
) {
  return {
    [`${name}_signed_response_alg`]: signedAlg ?? byDefault,
    [`${name}_encrypted_response_alg`]: encryptedAlg,
    [`${name}_encrypted_response_enc`]: encryptedEnc,
  };
}

/** With what the server has to sign for a client. */
export function signingAlgsOf(client: AdapterPayload): readonly ServerSigningAlg[] {
  const { signingAlg } = client[CLIENT_FACTS] as ClientFacts;
  const ofAnswers = ['id_token', 'userinfo', 'introspection', 'authorization'].map(
    (name) => client[`${name}_signed_response_alg`] as ServerSigningAlg | undefined,
  );
  return [...new Set([signingAlg, ...ofAnswers])].filter((alg) => alg !== undefined);
}

/** Without what is not set: the engine takes null for a value. */
function defined(members: Readonly<Record<string, unknown>>): AdapterPayload {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null));
}
