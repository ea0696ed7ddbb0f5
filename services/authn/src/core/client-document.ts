import { createHash } from 'node:crypto';
import { err, isLoopbackHost, ok, type Result } from '@lumo/kit';
import { type ClientProfile, draftClient } from './client-registration.js';
import type { ClientAuthMethod, OAuthClient } from './oauth-client.js';
import { type RegistrationTerms, readRegistration } from './registration-request.js';
import type { RegistrationSettings } from './registration-settings.js';

/** Beyond it an address is no name for a client: it stands in tokens, cookies and every request. */
const MAX_CLIENT_ID_CHARS = 512;

/** Ways to authenticate that need a secret that both sides know; a public document has none. */
const SECRET_METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'];

/** Whether a client id wants to be the address of a document. No id that we make looks so. */
export function isDocumentUrl(clientId: string): boolean {
  return /^https?:/i.test(clientId);
}

/**
 * Judges an address as a client id (draft-ietf-oauth-client-id-metadata-document section 2). Exactly one spelling names a
 * client, so that nobody registers a second one that looks the same: what a URL parser would change is refused.
 */
export function checkClientIdUrl(clientId: string): Result<URL, string> {
  if (clientId.length > MAX_CLIENT_ID_CHARS) return err(`A client id has at most ${MAX_CLIENT_ID_CHARS} characters.`);
  const url = URL.parse(clientId);
  if (url?.protocol !== 'https:') return err('A client id that is an address begins with https://.');
  // Dot segments, upper-case hosts, default ports, backslashes, tabs, user information without a name.
  if (url.href !== clientId) return err('The address is not written in its canonical form.');
  if (url.username || url.password) return err('The address has user information.');
  if (clientId.includes('#')) return err('The address has a fragment.');
  if (url.hostname.endsWith('.')) return err('The host ends with a dot.');
  if (url.pathname === '/') return err('The address has no path.');
  if (/%2e|%2f|%5c/i.test(url.pathname)) return err('The path hides dots or slashes.');
  return ok(url);
}

/** Whether the org accepts clients that are described there. */
export function isAllowedDomain({ hostname }: URL, { cimdAllowedDomains }: RegistrationSettings): boolean {
  if (cimdAllowedDomains.length === 0) return true;
  return cimdAllowedDomains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
}

/** Of a self-described client only what needs no secret: keys that the document names, or nothing. */
export function documentTerms(
  offered: readonly ClientAuthMethod[],
  { dynamicClientScopes }: RegistrationSettings,
): RegistrationTerms {
  return {
    authMethods: offered.filter((method) => method === 'none' || method === 'private_key_jwt'),
    scopes: dynamicClientScopes,
    requiresPkce: true,
  };
}

/** Reads a document into a client, judged like every other. The error says why, for whoever operates the server. */
export function readClientDocument(
  clientId: string,
  document: unknown,
  terms: RegistrationTerms,
  settings: RegistrationSettings,
): Result<ClientProfile, string> {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return err('It is no JSON object.');
  const members = document as Readonly<Record<string, unknown>>;
  if (members.client_id !== clientId) return err('Its client_id is not its address.');
  if (Object.keys(members).some((name) => name.startsWith('client_secret'))) return err('It contains a client secret.');
  const { token_endpoint_auth_method: method, token_endpoint_auth_methods_supported: choices } = members;
  if (SECRET_METHODS.includes(String(method))) return err('It asks for a method with a secret.');
  const read = readRegistration(
    // Without a word about it a document means a public client: the default of RFC 7591 needs a secret.
    method === undefined && choices === undefined ? { ...members, token_endpoint_auth_method: 'none' } : members,
    terms,
  );
  if (!read.ok) return err(read.error.message);
  if (!read.value.grantTypes?.includes('authorization_code'))
    return err('It does not ask for the grant authorization_code.');
  const drafted = draftClient(withoutForeignLinks(read.value, new URL(clientId)), 'metadata_document');
  if (!drafted.ok) return err(Object.entries(drafted.error).flat().join(': '));
  const profile = drafted.value;
  if (settings.cimdLocalhostRedirectPolicy === 'block' && profile.redirectUris.some(isLocalRedirect)) {
    return err('It redirects to the machine of the user, which this organization does not allow.');
  }
  return ok(profile);
}

/** Anybody who runs a program on the person's machine can be at such an address. */
export function isLocalRedirect(redirectUri: string): boolean {
  const url = URL.parse(redirectUri);
  return url !== null && (isLoopbackHost(url) || !/^https?:$/.test(url.protocol));
}

/** What a client may ask for. One that describes itself never more than the org gives such clients now. */
export function currentScopes(
  { origin, scopes }: Pick<OAuthClient, 'origin' | 'scopes'>,
  { dynamicClientScopes }: RegistrationSettings,
): readonly string[] {
  return origin === 'metadata_document' ? scopes.filter((scope) => dynamicClientScopes.includes(scope)) : scopes;
}

type Draft = Parameters<typeof draftClient>[0];

/**
 * A document may say anything about itself, and people are shown links: those that lead to another site than the one they
 * see on the page are left out.
 */
function withoutForeignLinks(draft: Draft, { hostname }: URL): Draft {
  const isOwn = (uri: string | undefined) => {
    const host = uri === undefined ? undefined : URL.parse(uri)?.hostname;
    return host !== undefined && (host === hostname || host.endsWith(`.${hostname}`)) ? uri : undefined;
  };
  const { about = {} } = draft;
  return {
    ...draft,
    about: {
      ...about,
      clientUri: isOwn(about.clientUri),
      logoUri: isOwn(about.logoUri),
      policyUri: isOwn(about.policyUri),
      tosUri: isOwn(about.tosUri),
      initiateLoginUri: isOwn(about.initiateLoginUri),
    },
  };
}

/**
 * Names what decides who a client is: where answers go, how it authenticates, its keys. What a person allowed is allowed to
 * the client with this digest. Undefined for clients that an administrator answers for.
 */
export function clientDigest(
  client: Pick<OAuthClient, 'origin' | 'redirectUris' | 'tokenEndpointAuthMethod' | 'protocol'>,
): string | undefined {
  if (client.origin === 'admin') return undefined;
  const { jwks, jwksUri } = client.protocol;
  const decisive = [[...client.redirectUris].sort(), client.tokenEndpointAuthMethod, jwks, jwksUri];
  return createHash('sha256').update(JSON.stringify(decisive)).digest('base64url');
}

/** For how long a document counts without being asked for again; its server says how long, we say between what. */
const MIN_FRESH_SECONDS = 60;
const MAX_FRESH_SECONDS = 24 * 3600;
const DEFAULT_FRESH_SECONDS = 300;
/** For how long the last answer counts while a server gives no other. */
export const MAX_STALE_SECONDS = 24 * 3600;

/** RFC 9111 sections 4.2 and 5.2, within our own bounds. `otherwise`: where the server says nothing. */
export function freshSeconds(
  header: (name: string) => string | undefined,
  nowMs: number,
  otherwise = DEFAULT_FRESH_SECONDS,
): number {
  const control = header('cache-control')?.toLowerCase() ?? '';
  if (/(?:^|[\s,])(?:no-store|no-cache)(?:$|[\s,=])/.test(control)) return MIN_FRESH_SECONDS;
  const maxAge = /(?:^|[\s,])max-age\s*=\s*"?(\d{1,10})/.exec(control)?.[1];
  const expires = Date.parse(header('expires') ?? '');
  const asked =
    maxAge !== undefined
      ? Number(maxAge) - Number(/^\d{1,10}$/.exec(header('age') ?? '0')?.[0] ?? 0)
      : Number.isNaN(expires)
        ? otherwise
        : (expires - nowMs) / 1000;
  return Math.floor(Math.min(MAX_FRESH_SECONDS, Math.max(MIN_FRESH_SECONDS, asked)));
}
