import { APP, Handles, type InputOf, listBody } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { AuthnApp } from '../app.js';
import { clientRoutes as routes } from './client-routes.js';
import { viewClient, viewClientDetail } from './client-view.js';

const SHOWN_ONCE = 'Store the secret now. It cannot be shown again.';

@Controller()
export class ClientsController {
  constructor(@Inject(APP) private readonly app: AuthnApp) {}

  @Handles(routes.list)
  async list({ ctx, query }: InputOf<typeof routes.list>) {
    const { rows, total } = await this.app.listClients(ctx, query);
    return listBody('clients', query, { rows: rows.map(viewClient), total });
  }

  @Handles(routes.create)
  async create({ ctx, body }: InputOf<typeof routes.create>) {
    const { client, secret } = await this.app.createClient(ctx, body);
    const once = secret && { secret, _note: SHOWN_ONCE };
    return { data: { ...viewClientDetail(client), ...once }, message: 'Client created.' };
  }

  @Handles(routes.read)
  async read({ ctx, params }: InputOf<typeof routes.read>) {
    return { data: viewClientDetail(await this.app.readClient(ctx, params.clientId)) };
  }

  @Handles(routes.update)
  async update({ ctx, params, body }: InputOf<typeof routes.update>) {
    const client = await this.app.updateClient(ctx, params.clientId, body);
    return { data: viewClientDetail(client), message: 'Client updated.' };
  }

  @Handles(routes.remove)
  async remove({ ctx, params }: InputOf<typeof routes.remove>) {
    await this.app.deleteClient(ctx, params.clientId);
    return { message: 'Client deleted. Its tokens have ended.' };
  }

  @Handles(routes.enable)
  async enable({ ctx, params }: InputOf<typeof routes.enable>) {
    return { data: viewClientDetail(await this.app.enableClient(ctx, params.clientId)), message: 'Client enabled.' };
  }

  @Handles(routes.disable)
  async disable({ ctx, params }: InputOf<typeof routes.disable>) {
    const client = await this.app.disableClient(ctx, params.clientId);
    return { data: viewClientDetail(client), message: 'Client disabled. Its tokens have ended.' };
  }

  @Handles(routes.rotateSecret)
  async rotateSecret({ ctx, params, body }: InputOf<typeof routes.rotateSecret>) {
    const { client, secret } = await this.app.rotateClientSecret(ctx, params.clientId, body.overlapSeconds);
    return { data: { clientId: client.clientId, secret, _note: SHOWN_ONCE }, message: 'Secret rotated.' };
  }

  @Handles(routes.readScopes)
  async readScopes({ ctx, params }: InputOf<typeof routes.readScopes>) {
    const { scopes } = await this.app.readClient(ctx, params.clientId);
    return { data: { scopes } };
  }

  @Handles(routes.replaceScopes)
  async replaceScopes({ ctx, params, body }: InputOf<typeof routes.replaceScopes>) {
    const { scopes } = await this.app.updateClient(ctx, params.clientId, { scopes: body.scopes });
    return { data: { scopes }, message: 'Scopes replaced.' };
  }
}
