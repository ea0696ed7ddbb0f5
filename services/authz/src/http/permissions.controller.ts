import { APP, Handles, type InputOf, type ListBody, listBody } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { AuthzApp } from '../app.js';
import * as routes from './permissions.routes.js';
import { type PermissionView, type RoleView, viewPermission, viewRole } from './views.js';

/** `…/admin/permissions` (contract 3.3). */
@Controller()
export class PermissionsController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.listRoute)
  async list({ ctx, query }: InputOf<typeof routes.listRoute>): Promise<ListBody<PermissionView>> {
    const { rows, total } = await this.app.listPermissions(ctx, query);
    return listBody('permissions', query, { rows: rows.map(viewPermission), total });
  }

  @Handles(routes.createRoute)
  async create({ ctx, body }: InputOf<typeof routes.createRoute>): Promise<object> {
    return { data: viewPermission(await this.app.createPermission(ctx, body)), message: 'Permission created.' };
  }

  @Handles(routes.readRoute)
  async read({ ctx, params }: InputOf<typeof routes.readRoute>): Promise<object> {
    return { data: await this.detail(ctx, params.permissionId) };
  }

  @Handles(routes.updateRoute)
  async update({ ctx, params, body }: InputOf<typeof routes.updateRoute>): Promise<object> {
    const { id } = await this.app.updatePermission(ctx, { ...body, reference: params.permissionId });
    return { data: await this.detail(ctx, String(id)), message: 'Permission updated.' };
  }

  @Handles(routes.deleteRoute)
  async delete({ ctx, params }: InputOf<typeof routes.deleteRoute>): Promise<object> {
    await this.app.deletePermission(ctx, { reference: params.permissionId });
    return { message: 'Permission deleted.' };
  }

  @Handles(routes.usageRoute)
  async usage({ ctx, params, query }: InputOf<typeof routes.usageRoute>): Promise<ListBody<RoleView>> {
    const { rows, total } = await this.app.listRolesWithPermission(ctx, { ...query, reference: params.permissionId });
    return listBody('roles', query, { rows: rows.map(viewRole), total });
  }

  @Handles(routes.rolesRoute)
  roles(input: InputOf<typeof routes.rolesRoute>): Promise<ListBody<RoleView>> {
    return this.usage(input);
  }

  private async detail(ctx: InputOf<typeof routes.readRoute>['ctx'], reference: string) {
    const permission = await this.app.readPermission(ctx, { reference });
    return { ...viewPermission(permission), roleCount: permission.roleCount };
  }
}
