// Seam: oidc-provider makes consent and the family of tokens one thing, its Grant. Here consent is remembered by person and
// client, and each session at a client has a grant of its own: a replayed token ends that session there, not the consent.
import { randomBytes } from 'node:crypto';
import type { Grant, KoaContextWithOIDC } from 'oidc-provider';
import { ACCOUNT_CLIENT_ID } from '../core/account-client.js';
import { PERSONAL_SCOPES } from '../core/requested-scopes.js';
import { namedClaims, scopeOfClaim } from './claims-parameter.js';
import { factsOf } from './client-facts.js';
import type { EngineDeps, EngineOrg } from './engine-deps.js';

/** The grant with which a request may go on without asking; undefined where nothing was allowed yet. */
export function existingGrant({ clock, consents, grants }: EngineDeps, { settings }: EngineOrg) {
  return async (ctx: KoaContextWithOIDC): Promise<Grant | undefined> => {
    const { session, client, account, requestParamScopes, resourceServers, provider } = ctx.oidc;
    if (!session || !client || !account) return undefined;
    const { accountId } = account;
    if (client.clientId === ACCOUNT_CLIENT_ID) {
      return grantOfNothing(
        new provider.Grant({ accountId, clientId: client.clientId }),
        Object.keys(resourceServers ?? {}),
      );
    }
    const now = new Date(clock.now());
    const { digest, isFirstParty, accessTokenSeconds } = factsOf(client);
    const grantId = session.grantIdFor(client.clientId);
    const [before, allowed] = await Promise.all([
      grantId ? grants.find(grantId, now) : undefined,
      consents.find(accountId, client.clientId, digest ?? undefined),
    ]);
    const isSame = before?.userId === accountId && (before.clientDigest ?? null) === digest;
    const own = isSame ? before : undefined;
    const resources = Object.keys(resourceServers ?? {});
    const had = new provider.Grant(own?.payload ?? { accountId, clientId: client.clientId });
    const granted = [...requestParamScopes].filter((scope) => isFirstParty || allowed?.scopes.includes(scope));
    const named = namedClaims(ctx).filter(
      (claim) => isFirstParty || allowed?.claims.includes(claim) || granted.includes(scopeOfClaim(claim) ?? ''),
    );
    if (!own && granted.length === 0) return undefined;

    const isCovered =
      own !== undefined &&
      named.every((claim) => had.getOIDCClaims().includes(claim)) &&
      granted.every(
        (scope) =>
          (!PERSONAL_SCOPES.has(scope) || had.getOIDCScope().split(' ').includes(scope)) &&
          resources.every((resource) => had.getResourceScope(resource).split(' ').includes(scope)),
      );
    if (isCovered) return withId(had, own.id);

    had.addOIDCScope(granted.filter((scope) => PERSONAL_SCOPES.has(scope)));
    if (named.length > 0) had.addOIDCClaims([...named]);
    for (const resource of resources) had.addResourceScope(resource, [...granted]);
    const { openid, resources: scopesOfResources } = had;
    const opened = await grants.open(
      {
        id: randomBytes(32).toString('base64url'),
        sessionUid: session.uid,
        userId: accountId,
        clientId: client.clientId,
        ...(digest !== null && { clientDigest: digest }),
        payload: { kind: 'Grant', accountId, clientId: client.clientId, openid, resources: scopesOfResources },
        accessTokenSeconds,
        expiresAt: new Date(now.getTime() + settings.auth.sessionLifetimeSeconds * 1000),
      },
      now,
    );
    return withId(had, opened.id);
  };
}

/** Our own pages want to know who is there. Nothing is issued from it, so it is kept nowhere. */
function grantOfNothing(grant: Grant, resources: readonly string[]): Grant {
  grant.addOIDCScope('openid');
  for (const resource of resources) grant.addResourceScope(resource, 'openid');
  return withId(grant, randomBytes(32).toString('base64url'));
}

function withId(grant: Grant, id: string): Grant {
  grant.jti = id;
  return grant;
}
