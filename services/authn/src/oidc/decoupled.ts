// Seam: what oidc-provider leaves to us of the device flow (RFC 8628) and of CIBA: keeping what waits for an answer, finding the
// person who is asked, and never saying whether there is such a person.
import { createHash, randomBytes } from 'node:crypto';
import { uuidv7 } from '@lumo/kit';
import { currentContext } from '@lumo/tenancy';
import type Provider from 'oidc-provider';
import { type Client, type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { ApprovalStore } from '../approval-ports.js';
import { CIBA_SECONDS, isBindingMessage, POLL_SECONDS } from '../core/approval.js';
import { CIBA, DEVICE_CODE } from '../core/grant-types.js';
import { authorizationScopes } from '../core/requested-scopes.js';
import { mayAct } from '../core/user.js';
import { ownResource } from './access-token.js';
import { factsOf } from './client-facts.js';
import type { EngineDeps } from './engine-deps.js';

export type DecoupledDeps = Pick<EngineDeps, 'clock' | 'users'> & {
  readonly approvals: ApprovalStore;
  /** Seals how a client wants to be told, together with what it polls with. */
  sealNotification(notification: PingNotification): Buffer;
};

/** CIBA section 10.2: what the client is told with, and that it may fetch its tokens. */
export interface PingNotification {
  readonly token: string;
  readonly authReqId: string;
}

type Features = NonNullable<Configuration['features']>;

export const DEVICE_FLOW: NonNullable<Features['deviceFlow']> = {
  enabled: true,
  charset: 'base-20',
  mask: '****-****',
};

export function ciba(deps: DecoupledDeps): NonNullable<Features['ciba']> {
  return {
    enabled: true,
    deliveryModes: ['poll', 'ping'],
    /** A user id or an e-mail address; undefined becomes a request that nobody will ever answer (`answerDecoupled`). */
    async processLoginHint(_ctx, hint) {
      const user = hint?.includes('@')
        ? await deps.users.byEmail(hint)
        : hint
          ? await deps.users.byId(hint)
          : undefined;
      return user && mayAct(user) ? user.id : undefined;
    },
    processLoginHintToken: () => refused('login_hint_token is not supported: send login_hint or id_token_hint'),
    async validateBindingMessage(_ctx, message) {
      if (message !== undefined && !isBindingMessage(message)) {
        throw new errors.InvalidBindingMessage('use at most 64 letters, digits, spaces and simple punctuation');
      }
    },
    validateRequestContext: async (_ctx, context) =>
      context === undefined ? undefined : refused('request_context is not supported'),
    verifyUserCode: async (_ctx, _account, code) =>
      code === undefined ? undefined : refused('user_code is not supported'),
    async triggerAuthenticationDevice(ctx, request, account, client) {
      const { scopes, denied } = scopesOf(ctx, client);
      if (denied !== undefined) throw new errors.InvalidScope('requested scope is not allowed', denied);
      const { binding_message: bindingMessage, client_notification_token: token } = ctx.oidc.params ?? {};
      const now = deps.clock.now();
      await deps.approvals.open(
        {
          id: newApprovalId(),
          kind: 'ciba',
          artifactSha256: sha256(request.jti),
          userId: account.accountId,
          clientId: client.clientId,
          request: {
            scopes,
            resources: resourcesOf(ctx, client),
            ...(typeof bindingMessage === 'string' && { bindingMessage }),
          },
          ...(typeof token === 'string' && {
            notification: deps.sealNotification({ token, authReqId: request.jti }),
          }),
          createdAt: new Date(now),
          expiresAt: new Date(now + request.remainingTTL * 1000),
        },
        undefined,
      );
    },
  };
}

/** Completes the answers of both endpoints. */
export function answerDecoupled(provider: Provider, deps: DecoupledDeps): void {
  provider.use(async (ctx, next) => {
    await next();
    const engine = ctx as KoaContextWithOIDC;
    const { route } = (ctx as Partial<KoaContextWithOIDC>).oidc ?? {};
    const grant = GRANTS.get(route ?? '');
    if (grant && ctx.status === 400 && engine.oidc.client?.grantTypeAllowed(grant) === false) {
      // RFC 6749 section 5.2, to which both specifications refer; the engine calls it an invalid request.
      ctx.body = {
        error: 'unauthorized_client',
        error_description: `register the grant type ${grant} for this client`,
      };
      return;
    }
    switch (route) {
      case 'device_authorization':
        if (ctx.status === 200) await openDevice(deps, engine);
        return;
      case 'backchannel_authentication':
        if ((ctx.body as { error?: string } | undefined)?.error === 'unknown_user_id') await answerForNobody(engine);
        if (ctx.status === 200) ctx.body = { ...(ctx.body as object), interval: POLL_SECONDS };
    }
  });
}

const GRANTS: ReadonlyMap<string, string> = new Map([
  ['device_authorization', DEVICE_CODE],
  ['backchannel_authentication', CIBA],
]);

async function openDevice({ approvals, clock }: DecoupledDeps, ctx: KoaContextWithOIDC): Promise<void> {
  const { client, entities } = ctx.oidc;
  const code = entities.DeviceCode;
  if (!client || !code) return;
  const { scopes, denied } = scopesOf(ctx, client);
  if (denied !== undefined) {
    await code.destroy();
    ctx.status = 400;
    ctx.body = { error: 'invalid_scope', error_description: 'requested scope is not allowed', scope: denied };
    return;
  }
  const { ip, userAgent } = currentContext() ?? {};
  const now = clock.now();
  await approvals.open(
    {
      id: newApprovalId(),
      kind: 'device',
      artifactSha256: sha256(code.jti),
      clientId: client.clientId,
      request: {
        scopes,
        resources: resourcesOf(ctx, client),
        ...(ip !== undefined && { ip }),
        ...(userAgent !== undefined && { userAgent: userAgent.slice(0, 512) }),
      },
      createdAt: new Date(now),
      expiresAt: new Date(now + code.remainingTTL * 1000),
    },
    code.userCode,
  );
  ctx.body = { ...(ctx.body as object), interval: POLL_SECONDS };
}

/** CIBA section 13: a client that could ask who is known here could find out who is. The request waits, and runs out. */
async function answerForNobody(ctx: KoaContextWithOIDC): Promise<void> {
  const { client, params, provider } = ctx.oidc;
  if (!client) return;
  const request = new provider.BackchannelAuthenticationRequest({
    accountId: uuidv7(),
    client,
    params: { ...params },
    scope: String(params?.scope ?? 'openid'),
  } as never);
  ctx.status = 200;
  ctx.body = { auth_req_id: await request.save(), expires_in: CIBA_SECONDS };
}

function scopesOf({ oidc: { params } }: KoaContextWithOIDC, client: Client) {
  const { scopes: allowed } = factsOf(client);
  const requested = typeof params?.scope === 'string' ? params.scope : undefined;
  const scopes = authorizationScopes(requested, allowed, false);
  return { scopes, denied: scopes.find((scope) => !allowed.includes(scope)) };
}

function resourcesOf({ oidc: { params } }: KoaContextWithOIDC, client: Client): readonly string[] {
  const { resource } = params ?? {};
  const named = Array.isArray(resource) ? resource : resource === undefined ? [] : [resource];
  return named.length > 0 ? named.map(String) : [ownResource(client.clientId)];
}

async function refused(message: string): Promise<never> {
  throw new errors.InvalidRequest(message);
}

function newApprovalId(): string {
  return randomBytes(24).toString('base64url');
}

function sha256(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}
