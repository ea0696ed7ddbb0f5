import { DomainError } from '@lumo/kit';
import { APP, Handles, type InputOf, listBody } from '@lumo/service';
import { runInContext } from '@lumo/tenancy';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import type { AuthnApp } from '../app.js';
import { viewApiKey } from './api-keys.controller.js';
import { type orgView, instanceRoutes as routes } from './instance-routes.js';

type Org = Awaited<ReturnType<AuthnApp['createOrg']>>['org'];

@Controller()
export class InstanceController {
  constructor(@Inject(APP) private readonly app: AuthnApp) {}

  @Handles(routes.listOrgs)
  async listOrgs({ ctx, query }: InputOf<typeof routes.listOrgs>) {
    const { rows, total } = await this.app.listOrgs(ctx, query);
    return listBody('orgs', query, { rows: rows.map((org) => this.view(org)), total });
  }

  @Handles(routes.createOrg)
  async createOrg({ ctx, body }: InputOf<typeof routes.createOrg>) {
    const { org, admin, apiKey } = await this.app.createOrg(ctx, { ...body, name: body.name ?? body.slug });
    return {
      data: {
        ...this.view(org),
        ...(admin && { admin: { id: admin.user.id, email: admin.user.email } }),
        ...(apiKey && {
          apiKey: {
            id: apiKey.apiKey.keyId,
            name: apiKey.apiKey.name,
            scopes: apiKey.apiKey.scopes,
            key: apiKey.key,
          },
        }),
      },
      message: 'Organization created.',
    };
  }

  @Handles(routes.createApiKey)
  async createApiKey({ ctx, params, body }: InputOf<typeof routes.createApiKey>) {
    const org = await this.app.resolveOrg({ slug: params.slug });
    if (!org) throw new DomainError('not_found', 'tenant_not_found', 'There is no such organization.');
    const inOrg = { ...ctx, org: { id: org.id, slug: org.slug } };
    const { apiKey, key } = await runInContext(inOrg, () => this.app.createApiKey(inOrg, body));
    const _note = 'Store the key now. It cannot be shown again.';
    return { data: { ...viewApiKey(apiKey), key, _note }, message: 'API key created.' };
  }

  private view({ id, slug, name, status, createdAt }: Org): z.infer<typeof orgView> {
    return { id, slug, name, status, issuer: this.app.issuerOf(slug), createdAt: createdAt.toISOString() };
  }
}
