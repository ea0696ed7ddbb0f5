import { APP, Handles, type InputOf, listBody } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import type { AuthnApp } from '../app.js';
import { type resourceView, resourceRoutes as routes } from './resource-routes.js';

@Controller()
export class ResourcesController {
  constructor(@Inject(APP) private readonly app: AuthnApp) {}

  @Handles(routes.list)
  async list({ ctx, query }: InputOf<typeof routes.list>) {
    const { rows, total } = await this.app.listResources(ctx, query);
    return listBody('resources', query, { rows: rows.map(viewResource), total });
  }

  @Handles(routes.create)
  async create({ ctx, body }: InputOf<typeof routes.create>) {
    return { data: viewResource(await this.app.createResource(ctx, body)), message: 'Resource created.' };
  }

  @Handles(routes.read)
  async read({ ctx, params }: InputOf<typeof routes.read>) {
    return { data: viewResource(await this.app.readResource(ctx, params.resourceId)) };
  }

  @Handles(routes.update)
  async update({ ctx, params, body }: InputOf<typeof routes.update>) {
    return {
      data: viewResource(await this.app.updateResource(ctx, params.resourceId, body)),
      message: 'Resource updated.',
    };
  }

  @Handles(routes.remove)
  async remove({ ctx, params }: InputOf<typeof routes.remove>) {
    await this.app.deleteResource(ctx, params.resourceId);
    return { message: 'Resource deleted. Nobody gets tokens for it any more.' };
  }
}

function viewResource(resource: Awaited<ReturnType<AuthnApp['readResource']>>): z.infer<typeof resourceView> {
  return {
    ...resource,
    scopes: [...resource.scopes],
    createdAt: resource.createdAt.toISOString(),
    updatedAt: resource.updatedAt.toISOString(),
  };
}
