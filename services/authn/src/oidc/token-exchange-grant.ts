import { DomainError } from '@lumo/kit';
import { requireOrg } from '@lumo/tenancy';
import type { Confirmation } from '@lumo/token-signing';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { TOKEN_EXCHANGE } from '../core/client-registration.js';
import { factsOf } from './client-facts.js';
import type { EngineDeps } from './engine-deps.js';
import { senderProof } from './sender-proof.js';

const PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'audience',
  'resource',
  'scope',
] as const;

/** Token exchange (RFC 8693) as a grant of the engine: it reads parameters and answers, the operation decides. */
export function registerTokenExchange(provider: Provider, { exchangeToken, senders }: EngineDeps): void {
  provider.registerGrantType(
    TOKEN_EXCHANGE,
    async (ctx) => {
      const params = ctx.oidc.params as Partial<Record<(typeof PARAMETERS)[number], string>>;
      const {
        subject_token: subjectToken,
        subject_token_type: subjectTokenType,
        client,
      } = {
        ...params,
        client: ctx.oidc.client,
      };
      if (!subjectToken || !subjectTokenType || !client) {
        throw new errors.InvalidRequest('missing required parameter(s) subject_token, subject_token_type');
      }
      if (Boolean(params.actor_token) !== Boolean(params.actor_token_type)) {
        throw new errors.InvalidRequest('actor_token and actor_token_type must be sent together');
      }
      const { kind } = factsOf(client);
      if (params.audience && params.resource && params.audience !== params.resource) {
        throw new errors.InvalidTarget('audience and resource name two targets; a token is for one');
      }
      const sender = await prove(ctx, senders);
      const audience = params.audience || params.resource;
      const token = await exchangeToken({
        sender,
        subjectToken,
        subjectTokenType,
        ...(params.actor_token && { actorToken: params.actor_token }),
        ...(params.actor_token_type && { actorTokenType: params.actor_token_type }),
        ...(params.requested_token_type && { requestedTokenType: params.requested_token_type }),
        ...(params.scope && { scope: params.scope }),
        ...(audience && { audience }),
        ...(kind !== 'anonymous' && {
          authenticatedAs: { clientId: client.clientId, isAgent: kind === 'agent' },
        }),
      });
      ctx.body = {
        access_token: token.accessToken,
        issued_token_type: token.issuedTokenType,
        token_type: token.confirmation?.jkt === undefined ? 'Bearer' : 'DPoP',
        expires_in: token.expiresInSeconds,
        scope: token.scopes.join(' '),
      };
    },
    PARAMETERS,
  );
}

/** Which keys the sender of the request holds; the engine asks for that in its own grants only. */
async function prove(ctx: KoaContextWithOIDC, senders: EngineDeps['senders']): Promise<Confirmation> {
  const proved = await senders.prove(
    requireOrg().id,
    senderProof(ctx.method, `${ctx.oidc.issuer}/oauth/token`, ctx.get('DPoP')),
  );
  if (!proved.ok) {
    const { error, why, nonce } = proved.error;
    if (nonce !== undefined) ctx.set('DPoP-Nonce', nonce);
    throw new DomainError('invalid', error, why);
  }
  const { nonce, ...sender } = proved.value;
  if (nonce !== undefined) ctx.set('DPoP-Nonce', nonce);
  return sender;
}
