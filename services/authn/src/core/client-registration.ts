import { err, ok, type Result } from '@lumo/kit';
import { checkProtocol } from './check-protocol.js';
import { type ClientAbout, checkAbout } from './client-about.js';
import { type ClientProtocol, DEFAULT_PROTOCOL, isFapi } from './client-protocol.js';
import { GRANT_TYPES, PERSONAL_GRANTS } from './grant-types.js';
import {
  APPLICATION_TYPES,
  type ApplicationType,
  type ClientAuthMethod,
  type ClientOrigin,
  type OAuthClient,
  type ResourceMode,
} from './oauth-client.js';
import { checkOrigin, checkRedirectUri, originOf } from './redirect-uri.js';
import { checkResourceUri } from './resource-uri.js';

export { GRANT_TYPES, TOKEN_EXCHANGE } from './grant-types.js';

/** What an administrator says about a client; everything but the name has a default that follows from the type. */
export interface ClientDraft {
  readonly name: string;
  readonly description?: string | null;
  readonly applicationType?: string;
  readonly tokenEndpointAuthMethod?: ClientAuthMethod;
  readonly isConfidential?: boolean;
  readonly redirectUris?: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  readonly allowedOrigins?: readonly string[];
  readonly grantTypes?: readonly string[];
  readonly scopes?: readonly string[];
  readonly requiresPkce?: boolean;
  readonly isFirstParty?: boolean;
  readonly isActive?: boolean;
  readonly accessTokenLifetimeSeconds?: number | null;
  readonly refreshTokenLifetimeSeconds?: number | null;
  readonly protocol?: Partial<ClientProtocol>;
  /** An undefined member is taken back. */
  readonly about?: { readonly [K in keyof ClientAbout]?: ClientAbout[K] | undefined };
  readonly audienceUris?: readonly string[];
  readonly resourceMode?: ResourceMode;
}

export type ClientProfile = Omit<OAuthClient, 'id' | 'clientId' | 'secrets' | 'createdAt' | 'updatedAt'>;

/** Member to the sentence that says what to change. */
export type FieldProblems = Readonly<Record<string, string>>;

/** Completes and judges a new client. */
export function draftClient(draft: ClientDraft, origin: ClientOrigin = 'admin'): Result<ClientProfile, FieldProblems> {
  const applicationType = draft.applicationType ?? guessType(draft);
  if (!isApplicationType(applicationType)) {
    return err({ applicationType: `Use one of: ${APPLICATION_TYPES.join(', ')}.` });
  }
  const method = authMethod(draft, applicationType);
  const grantTypes = draft.grantTypes ?? defaultGrants(applicationType);
  return checkClient({
    name: draft.name,
    description: draft.description ?? null,
    applicationType,
    tokenEndpointAuthMethod: method,
    redirectUris: draft.redirectUris ?? [],
    postLogoutRedirectUris: draft.postLogoutRedirectUris ?? [],
    allowedOrigins: draft.allowedOrigins ?? [],
    grantTypes,
    scopes: draft.scopes ?? defaultScopes(applicationType, grantTypes),
    requiresPkce: draft.requiresPkce ?? grantTypes.includes('authorization_code'),
    isFirstParty: draft.isFirstParty ?? false,
    isActive: draft.isActive ?? true,
    accessTokenLifetimeSeconds: draft.accessTokenLifetimeSeconds ?? null,
    refreshTokenLifetimeSeconds: draft.refreshTokenLifetimeSeconds ?? null,
    protocol: draftProtocol(draft),
    origin,
    about: aboutWith({}, draft.about),
    audienceUris: draft.audienceUris ?? [],
    resourceMode: draft.resourceMode ?? 'exact',
  });
}

/**
 * A new client follows OAuth 2.1 unless it says otherwise; one that turns PKCE off has said so. What the profile or a
 * pairwise subject leave only one sensible value for takes that value.
 */
function draftProtocol({ requiresPkce, tokenEndpointAuthMethod, protocol = {} }: ClientDraft): ClientProtocol {
  const profile = protocol.profile ?? (requiresPkce === false ? 'oauth2' : 'oauth2.1');
  const isTls = tokenEndpointAuthMethod?.includes('tls') ?? false;
  const isBound = protocol.dpopBoundAccessTokens ?? protocol.tlsClientCertificateBoundAccessTokens;
  return {
    ...DEFAULT_PROTOCOL,
    ...(isFapi({ profile }) &&
      isBound === undefined &&
      (isTls ? { tlsClientCertificateBoundAccessTokens: true } : { dpopBoundAccessTokens: true })),
    ...(protocol.subjectType === 'pairwise' && { accessTokenFormat: 'opaque' as const }),
    ...protocol,
    profile,
  };
}

/** Applies a change to a client and judges the whole again, so that an update cannot do what a create cannot. */
export function changeClient(
  client: ClientProfile,
  change: Partial<ClientDraft>,
): Result<ClientProfile, FieldProblems> {
  const { isConfidential, applicationType, tokenEndpointAuthMethod, protocol, about, ...fields } = change;
  if (applicationType !== undefined && applicationType !== client.applicationType) {
    return err({ applicationType: 'The type of an application cannot change. Create a new client.' });
  }
  const wasConfidential = client.tokenEndpointAuthMethod !== 'none';
  const wanted = tokenEndpointAuthMethod === undefined ? isConfidential : tokenEndpointAuthMethod !== 'none';
  if (wanted !== undefined && wanted !== wasConfidential) {
    return err({ isConfidential: 'A client stays public or confidential for life. Create a new client.' });
  }
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return checkClient({
    ...client,
    ...(tokenEndpointAuthMethod && { tokenEndpointAuthMethod }),
    ...given,
    protocol: { ...client.protocol, ...protocol },
    about: aboutWith(client.about, about),
  });
}

/**
 * Origins a browser may call from: the listed ones, and for a browser app those of its redirect URIs. A client that
 * describes itself lists none: what it lists would be let in to every API of the org, the JSON sign-in included.
 */
export function browserOrigins(
  client: Pick<OAuthClient, 'applicationType' | 'redirectUris' | 'allowedOrigins' | 'origin'>,
): readonly string[] {
  const isVouchedFor = client.origin === 'admin' && client.applicationType === 'spa';
  const implied = isVouchedFor ? client.redirectUris.map(originOf) : [];
  return [...new Set([...client.allowedOrigins, ...implied])].filter((origin) => origin !== undefined);
}

function checkClient(client: ClientProfile): Result<ClientProfile, FieldProblems> {
  const problems: Record<string, string> = {};
  const isPublic = client.tokenEndpointAuthMethod === 'none';
  const { applicationType: type, grantTypes } = client;
  for (const member of ['redirectUris', 'postLogoutRedirectUris'] as const) {
    for (const uri of client[member]) {
      const checked = checkRedirectUri(uri, type);
      if (!checked.ok) problems[member] ??= `${uri.slice(0, 100)}: ${checked.error}`;
    }
  }
  for (const origin of client.allowedOrigins) {
    const checked = checkOrigin(origin);
    if (!checked.ok) problems.allowedOrigins ??= `${origin.slice(0, 100)}: ${checked.error}`;
  }
  const unknown = grantTypes.find((grant) => !(GRANT_TYPES as readonly string[]).includes(grant));
  if (unknown !== undefined) problems.grantTypes = `Unknown grant type. Use: ${GRANT_TYPES.join(', ')}.`;
  else if (grantTypes.length === 0) problems.grantTypes = 'Name at least one grant type.';
  else if (isPublic && grantTypes.includes('client_credentials'))
    problems.grantTypes = 'A public client has no secret and cannot use client_credentials.';
  else if (type === 'm2m' && (grantTypes.includes('authorization_code') || grantTypes.includes('refresh_token')))
    problems.grantTypes = 'A machine-to-machine client signs nobody in. Use the type web, spa or native for that.';
  else if (grantTypes.includes('refresh_token') && !grantTypes.some((grant) => PERSONAL_GRANTS.includes(grant)))
    problems.grantTypes =
      'refresh_token needs a grant beside it in which a person signs in, such as authorization_code.';
  const needsRedirect = grantTypes.includes('authorization_code');
  if (needsRedirect && client.redirectUris.length === 0)
    problems.redirectUris ??= 'authorization_code needs at least one redirect URI.';
  if (!needsRedirect && client.redirectUris.length > 0)
    problems.redirectUris ??= 'A client without authorization_code has no redirect URIs.';
  if (type === 'm2m' && isPublic) problems.isConfidential = 'A machine-to-machine client has a secret or a key.';
  // Each copy of an app that registers itself has a secret of its own (RFC 8252 section 8.5).
  const sharesSecret = type === 'spa' || (type === 'native' && client.origin === 'admin');
  if (sharesSecret && !isPublic)
    problems.isConfidential = 'An application on a device of its user cannot keep a secret. Use the type web.';
  if (isPublic && needsRedirect && !client.requiresPkce)
    problems.requiresPkce = 'A public client always needs PKCE (RFC 9700 section 2.1.1).';
  const badScope = client.scopes.find((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(scope));
  if (badScope !== undefined) problems.scopes = 'A scope has no spaces, quotes or backslashes (RFC 6749 section 3.3).';
  for (const uri of client.audienceUris) {
    const checked = checkResourceUri(uri);
    if (!checked.ok) problems.audienceUris ??= `${uri.slice(0, 100)}: ${checked.error}`;
  }
  const all = { ...checkProtocol(client), ...checkAbout(client.about), ...problems };
  return Object.keys(all).length > 0 ? err(all) : ok(unrepeated(client));
}

function unrepeated(client: ClientProfile): ClientProfile {
  const once = (values: readonly string[]) => [...new Set(values)];
  return {
    ...client,
    redirectUris: once(client.redirectUris),
    postLogoutRedirectUris: once(client.postLogoutRedirectUris),
    allowedOrigins: once(client.allowedOrigins),
    grantTypes: once(client.grantTypes),
    scopes: once(client.scopes),
    audienceUris: once(client.audienceUris),
  };
}

function aboutWith(before: ClientAbout, change: ClientDraft['about'] = {}): ClientAbout {
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined));
}

function isApplicationType(text: string): text is ApplicationType {
  return (APPLICATION_TYPES as readonly string[]).includes(text);
}

function guessType(draft: ClientDraft): ApplicationType {
  const isMachine =
    draft.grantTypes?.includes('client_credentials') && !draft.grantTypes.includes('authorization_code');
  return isMachine ? 'm2m' : 'web';
}

function authMethod(draft: ClientDraft, type: ApplicationType): ClientAuthMethod {
  if (draft.tokenEndpointAuthMethod) return draft.tokenEndpointAuthMethod;
  const isConfidential = draft.isConfidential ?? (type === 'web' || type === 'm2m');
  return isConfidential ? 'client_secret_basic' : 'none';
}

function defaultGrants(type: ApplicationType): readonly string[] {
  return type === 'm2m' ? ['client_credentials'] : ['authorization_code', 'refresh_token'];
}

function defaultScopes(type: ApplicationType, grantTypes: readonly string[]): readonly string[] {
  if (type === 'm2m') return [];
  return ['openid', 'profile', 'email', ...(grantTypes.includes('refresh_token') ? ['offline_access'] : [])];
}
