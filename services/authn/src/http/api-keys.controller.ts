import { APP, Handles, type InputOf, listBody } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import type { AuthnApp } from '../app.js';
import { type apiKeyView, apiKeyRoutes as routes } from './api-key-routes.js';

@Controller()
export class ApiKeysController {
  constructor(@Inject(APP) private readonly app: AuthnApp) {}

  @Handles(routes.list)
  async list({ ctx, query }: InputOf<typeof routes.list>) {
    const { rows, total } = await this.app.listApiKeys(ctx, query);
    return listBody('api_keys', query, { rows: rows.map(viewApiKey), total });
  }

  @Handles(routes.create)
  async create({ ctx, body }: InputOf<typeof routes.create>) {
    const { apiKey, key } = await this.app.createApiKey(ctx, body);
    const _note = 'Store the key now. It cannot be shown again.';
    return { data: { ...viewApiKey(apiKey), key, _note }, message: 'API key created.' };
  }

  @Handles(routes.read)
  async read({ ctx, params }: InputOf<typeof routes.read>) {
    return { data: viewApiKey(await this.app.readApiKey(ctx, params.keyId)) };
  }

  @Handles(routes.update)
  async update({ ctx, params, body }: InputOf<typeof routes.update>) {
    return { data: viewApiKey(await this.app.updateApiKey(ctx, params.keyId, body)), message: 'API key updated.' };
  }

  @Handles(routes.remove)
  async remove({ ctx, params }: InputOf<typeof routes.remove>) {
    await this.app.deleteApiKey(ctx, params.keyId);
    return { message: 'API key deleted.' };
  }
}

export function viewApiKey(key: Awaited<ReturnType<AuthnApp['readApiKey']>>): z.infer<typeof apiKeyView> {
  return {
    id: key.keyId,
    name: key.name,
    prefix: key.hint,
    scopes: [...key.scopes],
    createdBy: key.createdBy,
    createdAt: key.createdAt.toISOString(),
    updatedAt: key.updatedAt.toISOString(),
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    expiresAt: key.expiresAt?.toISOString() ?? null,
  };
}
