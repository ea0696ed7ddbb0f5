import { isDomainError } from '@lumo/kit';
import type { NewEvent } from '@lumo/messaging';
import type Provider from 'oidc-provider';
import type { errors, KoaContextWithOIDC } from 'oidc-provider';
import { GRANT_TYPES, TOKEN_EXCHANGE } from '../core/client-registration.js';
import { factsOf } from './client-facts.js';
import type { EngineDeps } from './engine-deps.js';

/** What the token endpoint did, for the activity log: nothing is written while the request waits. */
export function recordGrants(provider: Provider, { activity }: Pick<EngineDeps, 'activity'>): void {
  provider.on('grant.success', (ctx) => {
    const { client, entities, params } = ctx.oidc;
    // An exchange has told of itself, with its actors.
    if (!client || params?.grant_type === TOKEN_EXCHANGE) return;
    const token = entities.AccessToken ?? entities.ClientCredentials;
    const userId = entities.AccessToken?.accountId;
    activity.record({
      name: 'token.issued',
      actor: userId ? { type: 'user', id: userId } : actorOf(ctx),
      target: { type: 'client', id: client.clientId, name: factsOf(client).name },
      data: { grantType: params?.grant_type, scope: token?.scope, tokenId: token?.jti },
    });
  });
  provider.on('grant.error', (ctx, error) => activity.record(refused(ctx, error.error, error)));
  provider.on('server_error', (ctx, error) => {
    if (ctx.oidc.route === 'token' && isDomainError(error)) activity.record(refused(ctx, error.code, error));
  });
}

function refused(ctx: KoaContextWithOIDC, code: string, error: Error): NewEvent {
  const { client, params } = ctx.oidc;
  const detail = (error as errors.OIDCProviderError).error_detail;
  return {
    name: 'token.refused',
    result: 'denied',
    actor: actorOf(ctx),
    ...(client && { target: { type: 'client', id: client.clientId, name: factsOf(client).name } }),
    data: { error: code, grantType: knownGrant(params?.grant_type), ...(detail && { detail: detail.slice(0, 200) }) },
  };
}

function actorOf({ oidc: { client } }: KoaContextWithOIDC): NonNullable<NewEvent['actor']> {
  if (!client) return { type: 'anonymous', id: '' };
  const { kind, name } = factsOf(client);
  return kind === 'anonymous' ? { type: 'anonymous', id: '' } : { type: kind, id: client.clientId, name };
}

/** Parameters are what somebody sent, and that may be a secret in the wrong place: only our own words are written down. */
function knownGrant(value: unknown): string | undefined {
  return GRANT_TYPES.find((grant) => grant === value);
}
