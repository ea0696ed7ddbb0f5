import { APP, Handles, type InputOf, listBody } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { AuthnApp } from '../app.js';
import {
  type initialAccessTokenView,
  registrationRoutes as routes,
  initialAccessTokenRoutes as tokens,
} from './registration-routes.js';

@Controller()
export class RegistrationController {
  constructor(@Inject(APP) private readonly app: AuthnApp) {}

  @Handles(routes.register)
  async register({ ctx, body, request, reply }: InputOf<typeof routes.register>) {
    const apiKey = request.headers['x-api-key'];
    const bearer = bearerOf(request);
    uncached(reply);
    return this.app.registerClient(
      ctx,
      { ...(typeof apiKey === 'string' && { apiKey }), ...(bearer !== undefined && { bearer }) },
      body,
    );
  }

  @Handles(routes.read)
  async read({ ctx, params, request, reply }: InputOf<typeof routes.read>) {
    uncached(reply);
    return this.app.readRegisteredClient(ctx, params.clientId, bearerOf(request));
  }

  @Handles(routes.replace)
  async replace({ ctx, params, body, request, reply }: InputOf<typeof routes.replace>) {
    uncached(reply);
    return this.app.replaceRegisteredClient(ctx, params.clientId, bearerOf(request), body);
  }

  @Handles(routes.remove)
  async remove({ ctx, params, request, reply }: InputOf<typeof routes.remove>) {
    uncached(reply);
    await this.app.removeRegisteredClient(ctx, params.clientId, bearerOf(request));
  }

  @Handles(tokens.list)
  async listTokens({ ctx, query }: InputOf<typeof tokens.list>) {
    const { rows, total } = await this.app.listInitialAccessTokens(ctx, query);
    return listBody('initial_access_tokens', query, { rows: rows.map(viewToken), total });
  }

  @Handles(tokens.create)
  async createToken({ ctx, body: { expiresIn, ...body } }: InputOf<typeof tokens.create>) {
    const { token, secret } = await this.app.createInitialAccessToken(ctx, { ...body, expiresInSeconds: expiresIn });
    const _note = 'Store the token now. It cannot be shown again.';
    return { data: { ...viewToken(token), token: secret, _note }, message: 'Initial access token created.' };
  }

  @Handles(tokens.revoke)
  async revokeToken({ ctx, params }: InputOf<typeof tokens.revoke>) {
    await this.app.revokeInitialAccessToken(ctx, params.initialTokenId);
    return { message: 'Initial access token revoked.' };
  }
}

type Token = Awaited<ReturnType<AuthnApp['createInitialAccessToken']>>['token'];

function viewToken(token: Token): z.infer<typeof initialAccessTokenView> {
  return { ...token, createdAt: token.createdAt.toISOString(), expiresAt: token.expiresAt.toISOString() };
}

/** `Bearer`, or `ApiKey` as older clients send a key; anything else is no credential of this endpoint. */
function bearerOf({ headers }: FastifyRequest): string | undefined {
  return /^(?:bearer|apikey) +([A-Za-z0-9\-._~+/]{1,512}=*)$/i.exec(headers.authorization ?? '')?.[1];
}

/** Answers hold secrets (RFC 7591 section 3.2.1). */
function uncached(reply: FastifyReply): void {
  reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' });
}
