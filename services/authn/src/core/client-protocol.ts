import type { JsonWebKey } from 'node:crypto';

/**
 * How strictly the server holds a client (contract 2.11). `oauth2`: what the client itself asks for. `oauth2.1`: PKCE for
 * every code. `fapi2_baseline`: the FAPI 2.0 Security Profile. `fapi2_advanced`: with FAPI 2.0 Message Signing on top.
 */
export const CLIENT_PROFILES = ['oauth2', 'oauth2.1', 'fapi2_baseline', 'fapi2_advanced'] as const;
export type ClientProfileName = (typeof CLIENT_PROFILES)[number];

/** With which a client signs what it sends: assertions, request objects (RFC 7518, RFC 8037, RFC 9864). */
export const CLIENT_SIGNING_ALGS = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
  'Ed25519',
  'RS256',
] as const;
export type ClientSigningAlg = (typeof CLIENT_SIGNING_ALGS)[number];

/** FAPI 2.0 Security Profile section 5.4.1. */
export const FAPI_SIGNING_ALGS: readonly string[] = ['ES256', 'PS256', 'EdDSA', 'Ed25519'];

/** With which the server signs for a client; the key of an algorithm is made when the first client asks for it. */
export const SERVER_SIGNING_ALGS = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const;
export type ServerSigningAlg = (typeof SERVER_SIGNING_ALGS)[number];

/** RSA1_5 is absent on purpose (RFC 8725 section 3.2); symmetric ones are, because secrets are stored as hashes. */
export const ENCRYPTION_ALGS = ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW'] as const;
export type EncryptionAlg = (typeof ENCRYPTION_ALGS)[number];
export const ENCRYPTION_ENCS = ['A128CBC-HS256', 'A256CBC-HS512', 'A128GCM', 'A256GCM'] as const;
export type EncryptionEnc = (typeof ENCRYPTION_ENCS)[number];

export const RESPONSE_MODES = [
  'query',
  'fragment',
  'form_post',
  'jwt',
  'query.jwt',
  'fragment.jwt',
  'form_post.jwt',
] as const;
export type ResponseMode = (typeof RESPONSE_MODES)[number];

/** How an answer to a client is protected. Null: as the kind of answer is by default. */
export interface AnswerProtection {
  readonly signedAlg: ServerSigningAlg | null;
  readonly encryptedAlg: EncryptionAlg | null;
  readonly encryptedEnc: EncryptionEnc | null;
}

/** The one attribute by which a certificate of a trusted authority is recognised (RFC 8705 section 2.1.2). */
export const TLS_SUBJECT_KINDS = ['subjectDn', 'sanDns', 'sanUri', 'sanIp', 'sanEmail'] as const;
export interface TlsClientSubject {
  readonly kind: (typeof TLS_SUBJECT_KINDS)[number];
  readonly value: string;
}

/** A JWK Set of a client: public keys only. */
export interface ClientJwks {
  readonly keys: readonly JsonWebKey[];
}

/**
 * What a client decided about the protocol, beyond who it is and what it may ask for. Stored as one value: what a later
 * version adds takes its default.
 */
export interface ClientProtocol {
  readonly profile: ClientProfileName;
  readonly jwks: ClientJwks | null;
  /** Instead of `jwks`: where the client publishes them. */
  readonly jwksUri: string | null;
  /** Null: any of `CLIENT_SIGNING_ALGS`. */
  readonly tokenEndpointAuthSigningAlg: ClientSigningAlg | null;
  readonly tlsClientSubject: TlsClientSubject | null;
  readonly dpopBoundAccessTokens: boolean;
  readonly tlsClientCertificateBoundAccessTokens: boolean;
  readonly requirePushedAuthorizationRequests: boolean;
  readonly requireSignedRequestObject: boolean;
  readonly requestObjectSigningAlg: ClientSigningAlg | null;
  /** Null: all of them. */
  readonly responseModes: readonly ResponseMode[] | null;
  readonly idToken: AnswerProtection;
  /** Userinfo without any is JSON. */
  readonly userinfo: AnswerProtection;
  readonly introspection: AnswerProtection;
  /** Of the `*.jwt` response modes. */
  readonly authorization: AnswerProtection;
  readonly subjectType: 'public' | 'pairwise';
  /** OpenID Connect Core section 8.1; null: the host of the redirect URIs. */
  readonly sectorIdentifierUri: string | null;
  readonly accessTokenFormat: 'jwt' | 'opaque';
  /** Which types of RFC 9396 the client may ask for. */
  readonly authorizationDetailsTypes: readonly string[];
  /** Whether the `claims` parameter is read also where the org leaves it off. */
  readonly claimsParameter: boolean;
  readonly defaultMaxAgeSeconds: number | null;
  readonly requireAuthTime: boolean;
  readonly defaultAcrValues: readonly string[];
  /** How a client learns that a request of CIBA was answered (CIBA section 5): it asks, or is told that it may ask. */
  readonly backchannelTokenDeliveryMode: 'poll' | 'ping';
  readonly backchannelClientNotificationEndpoint: string | null;
  /** Where the server tells the client that a session ended (OpenID Connect Back-Channel Logout 1.0 section 2.2). */
  readonly backchannelLogoutUri: string | null;
  readonly backchannelLogoutSessionRequired: boolean;
  /** What the browser loads in a frame when a session ends (OpenID Connect Front-Channel Logout 1.0 section 2). */
  readonly frontchannelLogoutUri: string | null;
  readonly frontchannelLogoutSessionRequired: boolean;
}

const BY_DEFAULT: AnswerProtection = { signedAlg: null, encryptedAlg: null, encryptedEnc: null };

/** Of a client that says nothing; rows that are older than the profiles have the first of them. */
export const DEFAULT_PROTOCOL: ClientProtocol = {
  profile: 'oauth2',
  jwks: null,
  jwksUri: null,
  tokenEndpointAuthSigningAlg: null,
  tlsClientSubject: null,
  dpopBoundAccessTokens: false,
  tlsClientCertificateBoundAccessTokens: false,
  requirePushedAuthorizationRequests: false,
  requireSignedRequestObject: false,
  requestObjectSigningAlg: null,
  responseModes: null,
  idToken: BY_DEFAULT,
  userinfo: BY_DEFAULT,
  introspection: BY_DEFAULT,
  authorization: BY_DEFAULT,
  subjectType: 'public',
  sectorIdentifierUri: null,
  accessTokenFormat: 'jwt',
  authorizationDetailsTypes: [],
  claimsParameter: false,
  defaultMaxAgeSeconds: null,
  requireAuthTime: false,
  defaultAcrValues: [],
  backchannelTokenDeliveryMode: 'poll',
  backchannelClientNotificationEndpoint: null,
  backchannelLogoutUri: null,
  backchannelLogoutSessionRequired: false,
  frontchannelLogoutUri: null,
  frontchannelLogoutSessionRequired: false,
};

export function isFapi({ profile }: Pick<ClientProtocol, 'profile'>): boolean {
  return profile === 'fapi2_baseline' || profile === 'fapi2_advanced';
}

/** What the profile demands whatever the client registered (FAPI 2.0 Security Profile 5.3.2.2, Message Signing 5.3 and 5.4). */
export function enforced(protocol: ClientProtocol): ClientProtocol {
  if (!isFapi(protocol)) return protocol;
  const isAdvanced = protocol.profile === 'fapi2_advanced';
  return {
    ...protocol,
    requirePushedAuthorizationRequests: true,
    ...(isAdvanced && {
      requireSignedRequestObject: true,
      responseModes: RESPONSE_MODES.filter((mode) => mode.endsWith('jwt')),
    }),
  };
}
