import { DECRYPTION_ALGS, DECRYPTION_ENCS } from '@lumo/token-signing';
import { CLIENT_SIGNING_ALGS, SERVER_SIGNING_ALGS } from '../core/client-protocol.js';
import { offeredAuthMethods, type TlsTerminators } from '../core/offered-auth-methods.js';
import type { EngineOrg } from './engine-deps.js';

/**
 * The metadata of the engine, completed and cut down to what is true for the org: RFC 8414 section 2 says that a missing
 * list of methods means Basic only, the engine names algorithms by the keys it was built with while others are made when a
 * client asks, and what the TLS terminator cannot do is not offered.
 */
export function completeDiscovery(
  body: Record<string, unknown>,
  { issuer, settings, detailTypes }: EngineOrg,
  mutualTls: TlsTerminators,
): Record<string, unknown> {
  const { signingAlgorithm, claimsParameter, requirePushedAuthorizationRequests } = settings.security;
  const methods = offeredAuthMethods(mutualTls);
  const confidential = methods.filter((method) => method !== 'none');
  const signing = [signingAlgorithm, ...SERVER_SIGNING_ALGS.filter((alg) => alg !== signingAlgorithm)];
  const assertions = [...CLIENT_SIGNING_ALGS];
  const { authorization_details_types_supported: _types, ...known } = body;
  return {
    ...known,
    issuer,
    response_types_supported: ['code'],
    id_token_signing_alg_values_supported: signing,
    userinfo_signing_alg_values_supported: signing,
    introspection_signing_alg_values_supported: signing,
    authorization_signing_alg_values_supported: signing,
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: assertions,
    introspection_endpoint_auth_methods_supported: confidential,
    introspection_endpoint_auth_signing_alg_values_supported: assertions,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: assertions,
    tls_client_certificate_bound_access_tokens: mutualTls.offered,
    prompt_values_supported: ['none', 'login', 'consent'],
    claims_parameter_supported: claimsParameter,
    request_parameter_supported: true,
    // A request_uri is only ever one that was pushed (RFC 9126); nothing is fetched.
    request_uri_parameter_supported: false,
    request_object_encryption_alg_values_supported: [...DECRYPTION_ALGS],
    request_object_encryption_enc_values_supported: [...DECRYPTION_ENCS],
    require_pushed_authorization_requests: requirePushedAuthorizationRequests,
    ...(detailTypes.length > 0 && { authorization_details_types_supported: detailTypes.map(({ type }) => type) }),
    resource_indicators_supported: true,
    // Who has a key of the org knows where to go; everybody else is only told of a door that opens.
    ...(settings.auth.dynamicRegistration !== 'closed' && { registration_endpoint: `${issuer}/connect/register` }),
    ...(settings.auth.cimdEnabled && { client_id_metadata_document_supported: true }),
    backchannel_user_code_parameter_supported: false,
    check_session_iframe: `${issuer}/oauth/check_session`,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
  };
}
