import { APP, Handles, type InputOf, listBody } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import type { AuthnApp } from '../app.js';
import type { ListedGrant, SessionRecord } from '../oidc-ports.js';
import { sessionRoutes as routes, type sessionView, type tokenView } from './session-routes.js';

@Controller()
export class SessionsController {
  constructor(@Inject(APP) private readonly app: AuthnApp) {}

  @Handles(routes.list)
  async list({ ctx, query }: InputOf<typeof routes.list>) {
    const { page, limit, userId: user, ipAddress: ip } = query;
    const asked = { page, limit, ...(user !== undefined && { user }), ...(ip !== undefined && { ip }) };
    const { rows, total } = await this.app.oidc.sessions.list(ctx, asked);
    return listBody('sessions', query, { rows: rows.map(viewSession), total });
  }

  @Handles(routes.count)
  async count({ ctx }: InputOf<typeof routes.count>) {
    return { count: (await this.app.oidc.sessions.count(ctx)).active };
  }

  @Handles(routes.stats)
  async stats({ ctx }: InputOf<typeof routes.stats>) {
    const { active, inactive } = await this.app.oidc.sessions.count(ctx);
    return { total: active + inactive, active, inactive };
  }

  @Handles(routes.revoke)
  async revoke({ ctx, params }: InputOf<typeof routes.revoke>) {
    await this.app.oidc.sessions.revoke(ctx, params.sessionId);
    return { message: 'Session revoked.' };
  }

  @Handles(routes.revokeAll)
  async revokeAll({ ctx }: InputOf<typeof routes.revokeAll>) {
    return { data: { revoked: await this.app.oidc.sessions.revokeAll(ctx) }, message: 'All sessions revoked.' };
  }

  @Handles(routes.listOfUser)
  async listOfUser({ ctx, params, query }: InputOf<typeof routes.listOfUser>) {
    const { page, limit } = query;
    const { rows, total } = await this.app.oidc.sessions.list(ctx, { page, limit, user: params.userId });
    return listBody('sessions', query, { rows: rows.map(viewSession), total });
  }

  @Handles(routes.revokeOfUser)
  async revokeOfUser({ ctx, params }: InputOf<typeof routes.revokeOfUser>) {
    const revoked = await this.app.oidc.sessions.revokeOfUser(ctx, params.userId);
    return { data: { revoked }, message: 'Sessions of the user revoked.' };
  }

  @Handles(routes.revokeOfUserByPost)
  revokeOfUserByPost(input: InputOf<typeof routes.revokeOfUserByPost>) {
    return this.revokeOfUser(input);
  }

  @Handles(routes.listTokens)
  async listTokens({ ctx, query }: InputOf<typeof routes.listTokens>) {
    const { page, limit, userId: user, clientId: client, revoked } = query;
    // What was revoked is not kept.
    if (revoked === true) return listBody('tokens', query, { rows: [], total: 0 });
    const asked = { page, limit, ...(user !== undefined && { user }), ...(client !== undefined && { client }) };
    const { rows, total } = await this.app.oidc.grants.list(ctx, asked);
    return listBody('tokens', query, { rows: rows.map(viewGrant), total });
  }

  @Handles(routes.revokeToken)
  async revokeToken({ ctx, params }: InputOf<typeof routes.revokeToken>) {
    await this.app.oidc.grants.revoke(ctx, params.tokenId);
    return { message: 'Token revoked.' };
  }

  @Handles(routes.revokeUserTokens)
  async revokeUserTokens({ ctx, params }: InputOf<typeof routes.revokeUserTokens>) {
    await this.app.oidc.grants.revokeOfUser(ctx, params.userId);
    return { message: 'Tokens and sessions of the user revoked.' };
  }

  @Handles(routes.revokeUserTokensByPost)
  revokeUserTokensByPost(input: InputOf<typeof routes.revokeUserTokensByPost>) {
    return this.revokeUserTokens(input);
  }

  @Handles(routes.revokeClientTokens)
  async revokeClientTokens({ ctx, params }: InputOf<typeof routes.revokeClientTokens>) {
    await this.app.oidc.grants.revokeOfClient(ctx, params.clientId);
    return { message: 'Tokens of the client revoked.' };
  }

  @Handles(routes.revokeClientTokensByPost)
  revokeClientTokensByPost(input: InputOf<typeof routes.revokeClientTokensByPost>) {
    return this.revokeClientTokens(input);
  }
}

function viewSession(session: SessionRecord): z.infer<typeof sessionView> {
  return {
    id: session.number,
    userId: session.userId,
    userEmail: session.userEmail,
    ipAddress: session.ip,
    userAgent: session.userAgent,
    createdAt: session.createdAt.toISOString(),
    lastActivityAt: session.lastSeenAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
    isActive: true,
    clients: session.clients.map(({ clientId }) => clientId),
  };
}

function viewGrant(grant: ListedGrant): z.infer<typeof tokenView> {
  // Only the engine writes it (oidc-provider's Grant).
  const { openid } = grant.payload as { readonly openid?: { readonly scope?: string } };
  return {
    id: grant.number,
    clientId: grant.clientId,
    userId: grant.userId,
    scopes: openid?.scope?.split(' ').filter(Boolean) ?? [],
    revoked: false,
    expiresAt: grant.expiresAt.toISOString(),
    createdAt: grant.createdAt.toISOString(),
    isExpired: false,
  };
}
