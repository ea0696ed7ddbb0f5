import type { EngineOrg } from './engine-deps.js';

/**
 * The metadata of the engine, completed: RFC 8414 section 2 says that a missing list of methods means Basic only, and the
 * engine names algorithms that no key of the org has.
 */
export function completeDiscovery(
  body: Record<string, unknown>,
  { issuer }: EngineOrg,
  signingAlgs: readonly string[],
): Record<string, unknown> {
  const secretMethods = ['client_secret_basic', 'client_secret_post'];
  return {
    ...body,
    issuer,
    id_token_signing_alg_values_supported: [...signingAlgs],
    token_endpoint_auth_methods_supported: [...secretMethods, 'none'],
    introspection_endpoint_auth_methods_supported: secretMethods,
    revocation_endpoint_auth_methods_supported: [...secretMethods, 'none'],
    prompt_values_supported: ['none', 'login', 'consent'],
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    resource_indicators_supported: true,
    check_session_iframe: `${issuer}/oauth/check_session`,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
  };
}
