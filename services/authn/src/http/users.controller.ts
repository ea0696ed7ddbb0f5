import { APP, Handles, type InputOf, listBody } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { AuthnApp } from '../app.js';
import { userRoutes as routes } from './user-routes.js';
import { viewRole, viewUser, viewUserDetail } from './user-view.js';

@Controller()
export class UsersController {
  constructor(@Inject(APP) private readonly app: AuthnApp) {}

  @Handles(routes.list)
  async list({ ctx, query }: InputOf<typeof routes.list>) {
    const { rows, total } = await this.app.listUsers(ctx, query);
    return listBody('users', query, { rows: rows.map(viewUser), total });
  }

  @Handles(routes.create)
  async create({ ctx, body }: InputOf<typeof routes.create>) {
    return { data: viewUserDetail(await this.app.createUser(ctx, body)), message: 'User created.' };
  }

  @Handles(routes.read)
  async read({ ctx, params }: InputOf<typeof routes.read>) {
    return { data: viewUserDetail(await this.app.readUser(ctx, params.userId)) };
  }

  @Handles(routes.update)
  async update({ ctx, params, body }: InputOf<typeof routes.update>) {
    const { id } = await this.app.updateUser(ctx, params.userId, body);
    return this.answer(ctx, id, 'User updated.');
  }

  @Handles(routes.remove)
  async remove({ ctx, params }: InputOf<typeof routes.remove>) {
    await this.app.deleteUser(ctx, params.userId);
    return { message: 'User deleted.' };
  }

  @Handles(routes.block)
  async block({ ctx, params }: InputOf<typeof routes.block>) {
    const { id } = await this.app.blockUser(ctx, params.userId);
    return this.answer(ctx, id, 'User blocked.');
  }

  @Handles(routes.unblock)
  async unblock({ ctx, params }: InputOf<typeof routes.unblock>) {
    const { id } = await this.app.unblockUser(ctx, params.userId);
    return this.answer(ctx, id, 'User unblocked.');
  }

  @Handles(routes.markVerified)
  async markVerified({ ctx, params }: InputOf<typeof routes.markVerified>) {
    const { id } = await this.app.updateUser(ctx, params.userId, { emailVerified: true });
    return this.answer(ctx, id, 'E-mail address marked as verified.');
  }

  @Handles(routes.setPassword)
  async setPassword({ ctx, params, body }: InputOf<typeof routes.setPassword>) {
    await this.app.setPassword(ctx, params.userId, body.password);
    return { message: 'Password set. Sessions and tokens of the user have ended.' };
  }

  @Handles(routes.readRoles)
  async readRoles({ ctx, params }: InputOf<typeof routes.readRoles>) {
    const { roles } = await this.app.readUser(ctx, params.userId);
    return { data: roles.map(viewRole) };
  }

  @Handles(routes.addRoles)
  async addRoles({ ctx, params, body }: InputOf<typeof routes.addRoles>) {
    const roles = await this.app.addUserRoles(ctx, params.userId, body.roles);
    return { data: roles.map(viewRole), message: 'Roles added.' };
  }

  @Handles(routes.replaceRoles)
  async replaceRoles({ ctx, params, body }: InputOf<typeof routes.replaceRoles>) {
    const roles = await this.app.replaceUserRoles(ctx, params.userId, body.roles);
    return { data: roles.map(viewRole), message: 'Roles replaced.' };
  }

  @Handles(routes.removeRole)
  async removeRole({ ctx, params }: InputOf<typeof routes.removeRole>) {
    await this.app.unassignUserRole(ctx, params.userId, params.roleId);
    return { message: 'Role removed.' };
  }

  @Handles(routes.readPermissions)
  async readPermissions({ ctx, params }: InputOf<typeof routes.readPermissions>) {
    return { data: await this.app.readUserPermissions(ctx, params.userId) };
  }

  @Handles(routes.grantPermissions)
  async grantPermissions({ ctx, params, body }: InputOf<typeof routes.grantPermissions>) {
    const data = await this.app.grantUserPermissions(ctx, params.userId, body.permissions);
    return { data, message: 'Permissions granted.' };
  }

  @Handles(routes.revokePermission)
  async revokePermission({ ctx, params }: InputOf<typeof routes.revokePermission>) {
    await this.app.revokeUserPermission(ctx, params.userId, params.permissionId);
    return { message: 'Permission revoked.' };
  }

  private async answer(ctx: InputOf<typeof routes.read>['ctx'], id: string, message: string) {
    return { data: viewUserDetail(await this.app.readUser(ctx, id)), message };
  }
}
