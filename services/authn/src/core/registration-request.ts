import { err, isLoopbackHost, ok, type Result } from '@lumo/kit';
import {
  CLIENT_SIGNING_ALGS,
  type ClientJwks,
  type ClientProtocol,
  ENCRYPTION_ALGS,
  ENCRYPTION_ENCS,
  RESPONSE_MODES,
  SERVER_SIGNING_ALGS,
  type TlsClientSubject,
} from './client-protocol.js';
import { type ClientDraft, GRANT_TYPES } from './client-registration.js';
import { type MetadataReader, readMetadata } from './metadata-reader.js';
import type { ClientAuthMethod } from './oauth-client.js';

/** The words of RFC 7591 section 3.2.2. */
export interface RegistrationRefusal {
  readonly error: 'invalid_redirect_uri' | 'invalid_client_metadata' | 'unapproved_software_statement';
  readonly message: string;
}

/** What this server can do for a client that describes itself, and what it lets such a client ask for. */
export interface RegistrationTerms {
  readonly authMethods: readonly ClientAuthMethod[];
  /** Scopes that may be asked for; undefined for whoever may give any. */
  readonly scopes: readonly string[] | undefined;
  readonly requiresPkce: boolean;
}

/**
 * Reads client metadata in the words of RFC 7591 and OpenID Connect Registration. What the server does not know is ignored
 * (RFC 7591 section 2); grants and scopes that it does not offer are left out, and the answer says what is left (section
 * 3.2.1). The draft is still to be judged like any other.
 */
export function readRegistration(
  members: Readonly<Record<string, unknown>>,
  terms: RegistrationTerms,
): Result<ClientDraft, RegistrationRefusal> {
  if (members.software_statement !== undefined) {
    return refuse(
      'unapproved_software_statement',
      'Software statements are not accepted. Send the members themselves.',
    );
  }
  const read = readMetadata(members);
  const redirectUris = read.texts('redirect_uris') ?? [];
  const responseTypes = read.texts('response_types') ?? ['code'];
  const asked = read.texts('grant_types', 20) ?? ['authorization_code'];
  const grantTypes = asked.filter((grant) => (GRANT_TYPES as readonly string[]).includes(grant));
  const method = authMethodOf(read, terms.authMethods);
  const applicationType = applicationTypeOf(read, { redirectUris, grantTypes, isPublic: method === 'none' });
  const draft: ClientDraft = {
    name: nameOf(read, redirectUris),
    applicationType,
    ...(method && { tokenEndpointAuthMethod: method }),
    redirectUris,
    postLogoutRedirectUris: read.texts('post_logout_redirect_uris') ?? [],
    grantTypes,
    scopes: scopesOf(read, grantTypes, terms.scopes),
    requiresPkce: grantTypes.includes('authorization_code') && (terms.requiresPkce || method === 'none'),
    audienceUris: read.texts('audience_uris') ?? [],
    about: aboutOf(read),
    protocol: protocolOf(read),
  };
  if (read.problem) {
    const isRedirect = read.problem.member === 'redirect_uris';
    const message = `${read.problem.member}: ${read.problem.message}`;
    return refuse(isRedirect ? 'invalid_redirect_uri' : 'invalid_client_metadata', message);
  }
  if (grantTypes.length === 0) return invalid('grant_types', `Use: ${GRANT_TYPES.join(', ')}.`);
  const wantsCode = responseTypes.includes('code');
  if (responseTypes.length > 0 && !wantsCode) return invalid('response_types', 'Only code is supported.');
  if (wantsCode !== grantTypes.includes('authorization_code') && members.response_types !== undefined) {
    return invalid('response_types', 'code and the grant authorization_code go together (RFC 7591 section 2.1).');
  }
  return ok(draft);
}

function refuse(error: RegistrationRefusal['error'], message: string): Result<never, RegistrationRefusal> {
  return err({ error, message });
}

function invalid(member: string, message: string): Result<never, RegistrationRefusal> {
  return refuse('invalid_client_metadata', `${member}: ${message}`);
}

/** What is shown to people; a client without a name gets the host it wants to be answered at. */
function nameOf(read: MetadataReader, [redirectUri = '']: readonly string[]): string {
  const name = read
    .text('client_name', 800)
    ?.normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Co}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, ' ')
    .trim()
    .slice(0, 200);
  return name || URL.parse(redirectUri)?.host || 'Unnamed application';
}

/**
 * How the client proves who it is. A list of methods (OpenID Connect RP Metadata Choices) is a choice: the preferred one
 * where we can, else the first that we can and that needs no secret or has keys.
 */
function authMethodOf(read: MetadataReader, offered: readonly ClientAuthMethod[]): ClientAuthMethod | undefined {
  const choices = read.texts('token_endpoint_auth_methods_supported', 20);
  const preferred = read.text('token_endpoint_auth_method', 128);
  const hasKeys = read.value('jwks') !== undefined || read.value('jwks_uri') !== undefined;
  const isUsable = (method: ClientAuthMethod) => method !== 'private_key_jwt' || hasKeys;
  if (choices) {
    const inOrder = [...(preferred === undefined ? [] : [preferred]), ...choices];
    const chosen = inOrder.flatMap((word) => offered.find((method) => method === word && isUsable(method)) ?? []);
    if (chosen[0]) return chosen[0];
  }
  // The default of RFC 7591 section 2.
  return preferred === undefined && !choices
    ? 'client_secret_basic'
    : read.word(
        preferred === undefined ? 'token_endpoint_auth_methods_supported' : 'token_endpoint_auth_method',
        offered,
      );
}

/** Where the client says nothing, an app whose answers go to the machine of its user is a native one (RFC 8252). */
function applicationTypeOf(
  read: MetadataReader,
  facts: {
    readonly redirectUris: readonly string[];
    readonly grantTypes: readonly string[];
    readonly isPublic: boolean;
  },
): string {
  const said = read.word('application_type', ['web', 'native']);
  const { redirectUris, grantTypes, isPublic } = facts;
  if (!grantTypes.includes('authorization_code') && !isPublic) return 'm2m';
  const isLocal = (uri: string) => {
    const url = URL.parse(uri);
    return url !== null && (isLoopbackHost(url) || !/^https?:$/.test(url.protocol));
  };
  if (said === 'native' || (said === undefined && redirectUris.length > 0 && redirectUris.every(isLocal)))
    return 'native';
  return isPublic ? 'spa' : 'web';
}

function scopesOf(
  read: MetadataReader,
  grantTypes: readonly string[],
  allowed: readonly string[] | undefined,
): readonly string[] {
  const asked = read.text('scope', 4096)?.split(' ').filter(Boolean);
  const usable = (scope: string) => scope !== 'offline_access' || grantTypes.includes('refresh_token');
  if (!allowed) return (asked ?? []).filter(usable);
  const wanted = asked ?? allowed;
  return [...new Set(wanted.filter((scope) => allowed.includes(scope) && usable(scope)))];
}

function aboutOf(read: MetadataReader): NonNullable<ClientDraft['about']> {
  return {
    clientUri: read.text('client_uri'),
    logoUri: read.text('logo_uri'),
    policyUri: read.text('policy_uri'),
    tosUri: read.text('tos_uri'),
    contacts: read.texts('contacts', 10),
    softwareId: read.text('software_id', 200),
    softwareVersion: read.text('software_version', 100),
    initiateLoginUri: read.text('initiate_login_uri'),
  };
}

const ANSWERS = [
  ['idToken', 'id_token'],
  ['userinfo', 'userinfo'],
  ['introspection', 'introspection'],
  ['authorization', 'authorization'],
] as const;

function protocolOf(read: MetadataReader): Partial<ClientProtocol> {
  const answers = ANSWERS.flatMap(([member, name]) => {
    const signedAlg = signingAlgOf(read, name);
    const encryptedAlg = read.word(`${name}_encrypted_response_alg`, ENCRYPTION_ALGS) ?? null;
    const encryptedEnc = read.word(`${name}_encrypted_response_enc`, ENCRYPTION_ENCS) ?? null;
    const isDefault = signedAlg === null && encryptedAlg === null && encryptedEnc === null;
    // A128CBC-HS256 is the default of OpenID Connect Registration section 2.
    return isDefault
      ? []
      : [[member, { signedAlg, encryptedAlg, encryptedEnc: encryptedEnc ?? (encryptedAlg && 'A128CBC-HS256') }]];
  });
  const jwks = read.value('jwks');
  const named = {
    // Judged as a whole by the validator of clients, whatever it is.
    jwks: jwks === undefined ? undefined : (jwks as ClientJwks),
    jwksUri: read.text('jwks_uri'),
    tokenEndpointAuthSigningAlg: read.word('token_endpoint_auth_signing_alg', CLIENT_SIGNING_ALGS),
    tlsClientSubject: tlsSubjectOf(read),
    dpopBoundAccessTokens: read.flag('dpop_bound_access_tokens'),
    tlsClientCertificateBoundAccessTokens: read.flag('tls_client_certificate_bound_access_tokens'),
    requirePushedAuthorizationRequests: read.flag('require_pushed_authorization_requests'),
    requireSignedRequestObject: read.flag('require_signed_request_object'),
    requestObjectSigningAlg: read.word('request_object_signing_alg', CLIENT_SIGNING_ALGS),
    responseModes: read
      .texts('response_modes')
      ?.flatMap((mode) => RESPONSE_MODES.find((known) => known === mode) ?? []),
    subjectType: subjectTypeOf(read),
    sectorIdentifierUri: read.text('sector_identifier_uri'),
    authorizationDetailsTypes: read.texts('authorization_details_types'),
    defaultMaxAgeSeconds: read.seconds('default_max_age'),
    requireAuthTime: read.flag('require_auth_time'),
    defaultAcrValues: read.texts('default_acr_values', 20),
    backchannelTokenDeliveryMode: read.word('backchannel_token_delivery_mode', ['poll', 'ping'] as const),
    backchannelClientNotificationEndpoint: read.text('backchannel_client_notification_endpoint'),
    backchannelLogoutUri: read.text('backchannel_logout_uri'),
    backchannelLogoutSessionRequired: read.flag('backchannel_logout_session_required'),
    frontchannelLogoutUri: read.text('frontchannel_logout_uri'),
    frontchannelLogoutSessionRequired: read.flag('frontchannel_logout_session_required'),
  };
  const said = Object.entries(named).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...said, ...answers]);
}

/** `…_signed_response_alg`, or the first that we have of `…_signing_alg_values_supported` (RP Metadata Choices). */
function signingAlgOf(read: MetadataReader, name: string) {
  const choices = read.texts(`${name}_signing_alg_values_supported`, 30);
  const preferred = read.text(`${name}_signed_response_alg`, 64);
  if (choices) {
    const known = [preferred, ...choices].flatMap((alg) => SERVER_SIGNING_ALGS.find((own) => own === alg) ?? []);
    if (known[0]) return known[0];
  }
  return read.word(`${name}_signed_response_alg`, SERVER_SIGNING_ALGS) ?? null;
}

function subjectTypeOf(read: MetadataReader): 'public' | 'pairwise' | undefined {
  const choices = read.texts('subject_types_supported', 10);
  const said = read.word('subject_type', ['public', 'pairwise']);
  return (
    said ?? (choices?.includes('public') ? undefined : (['pairwise'] as const).find((type) => choices?.includes(type)))
  );
}

const TLS_MEMBERS = [
  ['subjectDn', 'tls_client_auth_subject_dn'],
  ['sanDns', 'tls_client_auth_san_dns'],
  ['sanUri', 'tls_client_auth_san_uri'],
  ['sanIp', 'tls_client_auth_san_ip'],
  ['sanEmail', 'tls_client_auth_san_email'],
] as const;

/** RFC 8705 section 2.1.2: exactly one; of two none counts, and the validator says that one is missing. */
function tlsSubjectOf(read: MetadataReader): TlsClientSubject | undefined {
  const named = TLS_MEMBERS.flatMap(([kind, member]) => {
    const value = read.text(member, 512);
    return value === undefined ? [] : [{ kind, value }];
  });
  return named.length === 1 ? named[0] : undefined;
}
