// Seam: oidc-provider issues structured access tokens for resource servers only, and plain OpenID Connect requests name
// none. Every request without `resource` gets the client itself as its resource: then `aud` is the client id.

import type { KoaContextWithOIDC, ResourceServer } from 'oidc-provider';
import { type AccessToken, type Client, type ClientCredentials, type Configuration, errors } from 'oidc-provider';
import { ownScopes } from '../core/requested-scopes.js';
import { scopesAt } from '../core/resource.js';
import { subjectClaim } from '../core/subject.js';
import { claimsIn } from './claims-parameter.js';
import { factsOf } from './client-facts.js';
import type { EngineDeps, EngineOrg } from './engine-deps.js';

/** The resource of a request that names none: the client, in a form that is an absolute URI. */
export function ownResource(clientId: string): string {
  return `urn:lumo:client:${encodeURIComponent(clientId)}`;
}

export function resourceIndicators(org: EngineOrg) {
  const scopesOf = scopesAtResource(org);
  return {
    enabled: true,
    defaultResource: (_ctx: KoaContextWithOIDC, client: Client, oneOf?: readonly string[]) =>
      oneOf?.[0] ?? ownResource(client.clientId),
    useGrantedResource: () => true,
    getResourceServerInfo(ctx: KoaContextWithOIDC, resource: string, client: Client): ResourceServer {
      const { accessTokenSeconds, accessTokenFormat, signingAlg } = factsOf(client);
      const scopes = scopesOf(resource, client);
      if (!scopes) throw new errors.InvalidTarget();
      settleScopes(ctx, client, scopesOf);
      return {
        scope: scopes.join(' '),
        audience: resource === ownResource(client.clientId) ? client.clientId : resource,
        accessTokenFormat,
        accessTokenTTL: accessTokenSeconds,
        jwt: { sign: { alg: signingAlg } },
      };
    },
  } satisfies NonNullable<Configuration['features']>['resourceIndicators'];
}

type ScopesOf = (resource: string, client: Client) => readonly string[] | undefined;

/** What a client may ask for where; undefined where it may not have tokens at all. */
function scopesAtResource({ issuer, resources }: EngineOrg): ScopesOf {
  return (resource, client) => {
    const facts = factsOf(client);
    if (resource === ownResource(client.clientId) || resource === issuer) return facts.scopes;
    return scopesAt(resource, facts, resources);
  };
}

/** Where scopes are asked for that a person decides on. */
const AUTHORIZATION_ROUTES: ReadonlySet<string> = new Set(['authorization', 'pushed_authorization_request']);

/**
 * The engine ignores scopes that it does not know. Here a scope that the client may not have is refused by name, and a
 * machine that names none gets all of its own.
 */
function settleScopes(ctx: KoaContextWithOIDC, client: Client, scopesOf: ScopesOf): void {
  const { route, params } = ctx.oidc;
  const named = [params?.resource].flat().filter((resource) => typeof resource === 'string');
  const atResources = new Set(named.flatMap((resource) => scopesOf(resource, client) ?? []));
  const requested = typeof params?.scope === 'string' ? params.scope : undefined;
  if (route === 'token' && params?.grant_type === 'client_credentials') {
    const own = ownScopes(requested, [...atResources]);
    if (!own.ok) throw new errors.InvalidScope('requested scope is not allowed', own.error.scope);
    params.scope = own.value.join(' ') || undefined;
    return;
  }
  if (!AUTHORIZATION_ROUTES.has(route) || requested === undefined) return;
  // What says something about the person is no matter of a resource.
  const { scopes } = factsOf(client);
  const denied = requested.split(' ').find((scope) => !atResources.has(scope) && !scopes.includes(scope));
  if (denied !== undefined) throw new errors.InvalidScope('requested scope is not allowed', denied);
}

/** Completes the claims of a structured token (RFC 9068 section 2.2) by those of contract 2.5. */
export function accessTokenClaims(deps: EngineDeps, org: EngineOrg) {
  const describe = describeToken(deps, org);
  return async (
    ctx: KoaContextWithOIDC,
    token: AccessToken | ClientCredentials,
    jwt: { payload: Record<string, unknown> },
  ): Promise<void> => {
    Object.assign(jwt.payload, await describe(ctx, token));
  };
}

/** The same for an opaque token, whose claims are stored (opaque-tokens.ts). */
export function opaqueTokenClaims(deps: EngineDeps, org: EngineOrg) {
  const describe = describeToken(deps, org);
  return async (
    ctx: KoaContextWithOIDC,
    token: AccessToken | ClientCredentials,
  ): Promise<Record<string, unknown> | undefined> => {
    const { resourceServer } = token as { readonly resourceServer?: ResourceServer };
    return resourceServer?.accessTokenFormat === 'opaque' ? describe(ctx, token) : undefined;
  };
}

/** What the token is issued from: it remembers how and when the person signed in. */
function sourceOf({ oidc: { entities } }: KoaContextWithOIDC) {
  return (
    entities.RefreshToken ??
    entities.AuthorizationCode ??
    entities.DeviceCode ??
    entities.BackchannelAuthenticationRequest
  );
}

function describeToken({ roles, grants }: EngineDeps, { slug }: EngineOrg) {
  return async (ctx: KoaContextWithOIDC, token: AccessToken | ClientCredentials): Promise<Record<string, unknown>> => {
    const { client } = token;
    if (!client) throw new Error('an access token without a client');
    const { kind, name, accessTokenSeconds } = factsOf(client);
    if (token.kind === 'ClientCredentials') {
      const subject = { type: kind === 'agent' ? 'agent' : 'client', id: client.clientId } as const;
      return {
        sub: subjectClaim(subject),
        tenant: slug,
        ...(kind === 'agent' && { agent_id: client.clientId, agent_name: name, capabilities: [...token.scopes] }),
      };
    }
    const { accountId = '', grantId } = token as AccessToken;
    const source = sourceOf(ctx);
    const [held] = await Promise.all([
      roles.ofUsers([accountId]),
      grantId ? grants.lengthen(grantId, accessTokenSeconds) : undefined,
    ]);
    const told = claimsIn(source?.claims?.userinfo);
    return {
      tenant: slug,
      roles: (held.get(accountId) ?? []).map((role) => role.slug),
      grant_id: grantId,
      auth_time: source?.authTime,
      acr: source?.acr,
      amr: source?.amr,
      // What userinfo may tell beside the scopes (OpenID Connect Core section 5.5).
      ...(told.length > 0 && { userinfo_claims: told }),
    };
  };
}
