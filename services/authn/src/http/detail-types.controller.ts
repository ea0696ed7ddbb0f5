import { APP, Handles, type InputOf } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import type { AuthnApp } from '../app.js';
import type { DetailField } from '../core/authorization-details.js';
import { type detailTypeView, detailTypeRoutes as routes } from './detail-type-routes.js';

type View = z.infer<typeof detailTypeView>;

@Controller()
export class DetailTypesController {
  constructor(@Inject(APP) private readonly app: AuthnApp) {}

  @Handles(routes.list)
  async list({ ctx }: InputOf<typeof routes.list>) {
    const types = await this.app.detailTypes.list(ctx);
    return { data: types.map(viewType), resourceType: 'authorization_details_types' };
  }

  @Handles(routes.create)
  async create({ ctx, body }: InputOf<typeof routes.create>) {
    return { data: viewType(await this.app.detailTypes.create(ctx, body)), message: 'Type registered.' };
  }

  @Handles(routes.read)
  async read({ ctx, params }: InputOf<typeof routes.read>) {
    return { data: viewType(await this.app.detailTypes.read(ctx, params.type)) };
  }

  @Handles(routes.replace)
  async replace({ ctx, params, body }: InputOf<typeof routes.replace>) {
    const changed = await this.app.detailTypes.change(ctx, { type: params.type, ...body });
    return { data: viewType(changed), message: 'Type updated.' };
  }

  @Handles(routes.remove)
  async remove({ ctx, params }: InputOf<typeof routes.remove>) {
    await this.app.detailTypes.remove(ctx, params.type);
    return { message: 'Type deleted.' };
  }
}

function viewType(type: Awaited<ReturnType<AuthnApp['detailTypes']['read']>>): View {
  return {
    type: type.type,
    name: type.name,
    description: type.description,
    fields: type.fields.map(viewField),
    createdAt: type.createdAt.toISOString(),
    updatedAt: type.updatedAt.toISOString(),
  };
}

function viewField({ fields, values, ...field }: DetailField): View['fields'][number] {
  return { ...field, values: [...values], ...(fields && { fields: fields.map(viewField) }) };
}
