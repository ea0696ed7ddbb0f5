import { z } from 'zod';
import {
  type AnswerProtection,
  CLIENT_PROFILES,
  CLIENT_SIGNING_ALGS,
  type ClientProtocol,
  ENCRYPTION_ALGS,
  ENCRYPTION_ENCS,
  enforced,
  RESPONSE_MODES,
  SERVER_SIGNING_ALGS,
  TLS_SUBJECT_KINDS,
  type TlsClientSubject,
} from '../core/client-protocol.js';

/** Other spellings of a profile: the words of contract 2.11. */
const PROFILE_ALIASES: Readonly<Record<string, string>> = {
  Disabled: 'oauth2',
  'FAPI 2.0 Baseline': 'fapi2_baseline',
  'FAPI 2.0 Advanced': 'fapi2_advanced',
};

const ANSWERS = ['idToken', 'userinfo', 'introspection', 'authorization'] as const;
type Answer = (typeof ANSWERS)[number];

const profile = z.preprocess(
  (value) => (typeof value === 'string' ? (PROFILE_ALIASES[value] ?? value) : value),
  z.enum(CLIENT_PROFILES),
);
const jwk = z.record(z.string().max(64), z.unknown());
const jwks = z.strictObject({ keys: z.array(jwk).max(50) });
const subject = z.string().min(1).max(512).nullish();

function answerMembers<const A extends Answer>(name: A) {
  return {
    [`${name}SignedResponseAlg`]: z.enum(SERVER_SIGNING_ALGS).nullish(),
    [`${name}EncryptedResponseAlg`]: z.enum(ENCRYPTION_ALGS).nullish(),
    [`${name}EncryptedResponseEnc`]: z.enum(ENCRYPTION_ENCS).nullish(),
    // The computed names are exactly these.
  } as {
    [K in `${A}SignedResponseAlg`]: z.ZodOptional<
      z.ZodNullable<z.ZodEnum<{ [V in (typeof SERVER_SIGNING_ALGS)[number]]: V }>>
    >;
  } & {
    [K in `${A}EncryptedResponseAlg`]: z.ZodOptional<
      z.ZodNullable<z.ZodEnum<{ [V in (typeof ENCRYPTION_ALGS)[number]]: V }>>
    >;
  } & {
    [K in `${A}EncryptedResponseEnc`]: z.ZodOptional<
      z.ZodNullable<z.ZodEnum<{ [V in (typeof ENCRYPTION_ENCS)[number]]: V }>>
    >;
  };
}

/** Members of a client's body that make up its protocol settings; null takes the default back. */
export const protocolMembers = {
  profile: profile.optional(),
  jwks: jwks.nullish(),
  jwksUri: z.string().min(1).max(2048).nullish(),
  tokenEndpointAuthSigningAlg: z.enum(CLIENT_SIGNING_ALGS).nullish(),
  tlsClientAuthSubjectDn: subject,
  tlsClientAuthSanDns: subject,
  tlsClientAuthSanUri: subject,
  tlsClientAuthSanIp: subject,
  tlsClientAuthSanEmail: subject,
  dpopBoundAccessTokens: z.boolean().optional(),
  tlsClientCertificateBoundAccessTokens: z.boolean().optional(),
  requirePushedAuthorizationRequests: z.boolean().optional(),
  requireSignedRequestObject: z.boolean().optional(),
  requestObjectSigningAlg: z.enum(CLIENT_SIGNING_ALGS).nullish(),
  responseModes: z.array(z.enum(RESPONSE_MODES)).min(1).max(10).nullish(),
  ...answerMembers('idToken'),
  ...answerMembers('userinfo'),
  ...answerMembers('introspection'),
  ...answerMembers('authorization'),
  subjectType: z.enum(['public', 'pairwise']).optional(),
  sectorIdentifierUri: z.string().min(1).max(2048).nullish(),
  accessTokenFormat: z.enum(['jwt', 'opaque']).optional(),
  authorizationDetailsTypes: z.array(z.string().min(1).max(128)).max(100).optional(),
  claimsParameter: z.boolean().optional(),
  defaultMaxAge: z
    .int()
    .min(0)
    .max(366 * 24 * 3600)
    .nullish(),
  requireAuthTime: z.boolean().optional(),
  defaultAcrValues: z.array(z.string().min(1).max(256)).max(20).optional(),
  backchannelTokenDeliveryMode: z.enum(['poll', 'ping']).optional(),
  backchannelClientNotificationEndpoint: z.string().min(1).max(2048).nullish(),
  backchannelLogoutUri: z.string().min(1).max(2048).nullish(),
  backchannelLogoutSessionRequired: z.boolean().optional(),
  frontchannelLogoutUri: z.string().min(1).max(2048).nullish(),
  frontchannelLogoutSessionRequired: z.boolean().optional(),
};

const body = z.object(protocolMembers);
type ProtocolBody = z.infer<typeof body>;

const NAMES: ReadonlySet<string> = new Set(Object.keys(protocolMembers));
/** Members that are the same word in the body and in the model. */
const SAME = [
  'profile',
  'jwksUri',
  'tokenEndpointAuthSigningAlg',
  'dpopBoundAccessTokens',
  'tlsClientCertificateBoundAccessTokens',
  'requirePushedAuthorizationRequests',
  'requireSignedRequestObject',
  'requestObjectSigningAlg',
  'responseModes',
  'subjectType',
  'sectorIdentifierUri',
  'accessTokenFormat',
  'authorizationDetailsTypes',
  'claimsParameter',
  'requireAuthTime',
  'defaultAcrValues',
  'backchannelTokenDeliveryMode',
  'backchannelClientNotificationEndpoint',
  'backchannelLogoutUri',
  'backchannelLogoutSessionRequired',
  'frontchannelLogoutUri',
  'frontchannelLogoutSessionRequired',
] as const satisfies readonly (keyof ProtocolBody & keyof ClientProtocol)[];

/** Takes the protocol members out of a body and leaves the rest. `protocol` is absent where the body names none. */
export function takeProtocol<T extends ProtocolBody>(
  given: T,
): { readonly rest: Omit<T, keyof ProtocolBody>; readonly protocol?: Partial<ClientProtocol> } {
  const named = Object.entries(given).filter(([name, value]) => NAMES.has(name) && value !== undefined);
  const others = Object.fromEntries(Object.entries(given).filter(([name]) => !NAMES.has(name)));
  // Exactly the protocol members are gone.
  const rest = others as Omit<T, keyof ProtocolBody>;
  return named.length === 0 ? { rest } : { rest, protocol: toProtocol(given) };
}

function toProtocol(given: ProtocolBody): Partial<ClientProtocol> {
  const same = Object.fromEntries(SAME.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]));
  const answers = ANSWERS.flatMap((name) => {
    const parts = {
      signedAlg: given[`${name}SignedResponseAlg`],
      encryptedAlg: given[`${name}EncryptedResponseAlg`],
      encryptedEnc: given[`${name}EncryptedResponseEnc`],
    };
    return Object.values(parts).every((part) => part === undefined) ? [] : [[name, protectionOf(parts)] as const];
  });
  const tls = TLS_SUBJECT_KINDS.map((kind) => [kind, given[tlsMember(kind)]] as const).filter(
    ([, value]) => value !== undefined,
  );
  return {
    ...(same as Partial<ClientProtocol>),
    ...(given.jwks !== undefined && { jwks: given.jwks }),
    ...(given.defaultMaxAge !== undefined && { defaultMaxAgeSeconds: given.defaultMaxAge }),
    ...Object.fromEntries(answers),
    ...(tls.length > 0 && { tlsClientSubject: subjectOf(tls) }),
  };
}

/** An encryption without `enc` has the one that RFC 7591 and OpenID Connect Registration take for granted. */
function protectionOf(parts: { [K in keyof AnswerProtection]?: AnswerProtection[K] | undefined }): AnswerProtection {
  const { signedAlg = null, encryptedAlg = null, encryptedEnc = null } = parts;
  return { signedAlg, encryptedAlg, encryptedEnc: encryptedEnc ?? (encryptedAlg && 'A128CBC-HS256') };
}

function subjectOf(
  members: readonly (readonly [TlsClientSubject['kind'], string | null | undefined])[],
): TlsClientSubject | null {
  const set = members.flatMap(([kind, value]) => (value ? [{ kind, value }] : []));
  const [first = null, ...more] = set;
  // RFC 8705 section 2.1.2: exactly one; which of two would count must not depend on an order.
  return more.length > 0 ? null : first;
}

function tlsMember(kind: TlsClientSubject['kind']) {
  return `tlsClientAuth${kind.charAt(0).toUpperCase()}${kind.slice(1)}` as
    | 'tlsClientAuthSubjectDn'
    | 'tlsClientAuthSanDns'
    | 'tlsClientAuthSanUri'
    | 'tlsClientAuthSanIp'
    | 'tlsClientAuthSanEmail';
}

const text = z.string().nullable();

/** The same members as they are answered; what the profile enforces is shown as it works. */
export const protocolView = {
  profile: z.string(),
  jwks: z.object({ keys: z.array(jwk) }).nullable(),
  jwksUri: text,
  tokenEndpointAuthSigningAlg: text,
  tlsClientAuthSubjectDn: text,
  tlsClientAuthSanDns: text,
  tlsClientAuthSanUri: text,
  tlsClientAuthSanIp: text,
  tlsClientAuthSanEmail: text,
  dpopBoundAccessTokens: z.boolean(),
  tlsClientCertificateBoundAccessTokens: z.boolean(),
  requirePushedAuthorizationRequests: z.boolean(),
  requireSignedRequestObject: z.boolean(),
  requestObjectSigningAlg: text,
  responseModes: z.array(z.string()).nullable(),
  idTokenSignedResponseAlg: text,
  idTokenEncryptedResponseAlg: text,
  idTokenEncryptedResponseEnc: text,
  userinfoSignedResponseAlg: text,
  userinfoEncryptedResponseAlg: text,
  userinfoEncryptedResponseEnc: text,
  introspectionSignedResponseAlg: text,
  introspectionEncryptedResponseAlg: text,
  introspectionEncryptedResponseEnc: text,
  authorizationSignedResponseAlg: text,
  authorizationEncryptedResponseAlg: text,
  authorizationEncryptedResponseEnc: text,
  subjectType: z.string(),
  sectorIdentifierUri: text,
  accessTokenFormat: z.string(),
  authorizationDetailsTypes: z.array(z.string()),
  claimsParameter: z.boolean(),
  defaultMaxAge: z.int().nullable(),
  requireAuthTime: z.boolean(),
  defaultAcrValues: z.array(z.string()),
  backchannelTokenDeliveryMode: z.string(),
  backchannelClientNotificationEndpoint: text,
  backchannelLogoutUri: text,
  backchannelLogoutSessionRequired: z.boolean(),
  frontchannelLogoutUri: text,
  frontchannelLogoutSessionRequired: z.boolean(),
};

const view = z.object(protocolView);

export function viewProtocol(stored: ClientProtocol): z.infer<typeof view> {
  const protocol = enforced(stored);
  const { tlsClientSubject: tls, jwks: keySet } = protocol;
  const same = Object.fromEntries(SAME.map((name) => [name, protocol[name]]));
  const answers = ANSWERS.flatMap((name) => {
    const { signedAlg, encryptedAlg, encryptedEnc } = protocol[name];
    return [
      [`${name}SignedResponseAlg`, signedAlg],
      [`${name}EncryptedResponseAlg`, encryptedAlg],
      [`${name}EncryptedResponseEnc`, encryptedEnc],
    ];
  });
  const certificate = TLS_SUBJECT_KINDS.map((kind) => [tlsMember(kind), tls?.kind === kind ? tls.value : null]);
  return view.parse({
    ...same,
    ...Object.fromEntries(answers),
    ...Object.fromEntries(certificate),
    jwks: keySet,
    defaultMaxAge: protocol.defaultMaxAgeSeconds,
  });
}
