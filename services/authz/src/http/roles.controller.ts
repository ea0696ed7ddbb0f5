import { APP, Handles, type InputOf, type ListBody, listBody } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { AuthzApp } from '../app.js';
import { once } from './admin-input.js';
import * as routes from './roles.routes.js';
import { type RoleView, viewRole, viewRoleDetail } from './views.js';

/** `…/admin/roles` (contract 3.3). */
@Controller()
export class RolesController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.listRoute)
  async list({ ctx, query }: InputOf<typeof routes.listRoute>): Promise<ListBody<RoleView>> {
    const { rows, total } = await this.app.listRoles(ctx, query);
    return listBody('roles', query, { rows: rows.map(viewRole), total });
  }

  @Handles(routes.createRoute)
  async create({ ctx, body }: InputOf<typeof routes.createRoute>): Promise<object> {
    const { permissions, ...role } = body;
    const created = await this.app.createRole(ctx, { ...role, ...(permissions && { permissions: once(permissions) }) });
    return { data: viewRoleDetail(created), message: 'Role created.' };
  }

  @Handles(routes.readRoute)
  async read({ ctx, params }: InputOf<typeof routes.readRoute>): Promise<object> {
    return { data: viewRoleDetail(await this.app.readRole(ctx, { role: params.roleId })) };
  }

  @Handles(routes.updateRoute)
  async update({ ctx, params, body }: InputOf<typeof routes.updateRoute>): Promise<object> {
    const { permissions, ...change } = body;
    const updated = await this.app.updateRole(ctx, {
      ...change,
      role: params.roleId,
      ...(permissions && { permissions: once(permissions) }),
    });
    return { data: viewRoleDetail(updated), message: 'Role updated.' };
  }

  @Handles(routes.deleteRoute)
  async delete({ ctx, params }: InputOf<typeof routes.deleteRoute>): Promise<object> {
    await this.app.deleteRole(ctx, { role: params.roleId });
    return { message: 'Role deleted.' };
  }
}
