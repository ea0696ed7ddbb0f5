import { APP, Handles, type InputOf, type ListBody, listBody } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { AuthzApp } from '../app.js';
import { once } from './admin-input.js';
import * as routes from './roles.routes.js';
import { type PermissionView, viewPermission, viewRoleDetail } from './views.js';

/** `…/admin/roles/{roleId}/permissions` (contract 3.3). */
@Controller()
export class RolePermissionsController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.listPermissionsRoute)
  async list({ ctx, params, query }: InputOf<typeof routes.listPermissionsRoute>): Promise<ListBody<PermissionView>> {
    const { rows, total } = await this.app.listRolePermissions(ctx, { ...query, role: params.roleId });
    return listBody('permissions', query, { rows: rows.map(viewPermission), total });
  }

  @Handles(routes.addPermissionsRoute)
  add(input: InputOf<typeof routes.addPermissionsRoute>): Promise<object> {
    return this.change(input, 'add');
  }

  @Handles(routes.replacePermissionsRoute)
  replace(input: InputOf<typeof routes.replacePermissionsRoute>): Promise<object> {
    return this.change(input, 'replace');
  }

  @Handles(routes.removePermissionRoute)
  async remove({ ctx, params }: InputOf<typeof routes.removePermissionRoute>): Promise<object> {
    await this.app.removeRolePermission(ctx, { role: params.roleId, permission: params.permissionId });
    return { message: 'Permission removed from the role.' };
  }

  private async change(
    { ctx, params, body }: InputOf<typeof routes.addPermissionsRoute>,
    mode: 'add' | 'replace',
  ): Promise<object> {
    const role = await this.app.changeRolePermissions(ctx, {
      role: params.roleId,
      permissions: once(body.permissions),
      mode,
    });
    return { data: viewRoleDetail(role).permissions, message: 'Permissions of the role updated.' };
  }
}
