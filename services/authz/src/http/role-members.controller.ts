import { APP, Handles, type InputOf, type ListBody, listBody } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { AuthzApp } from '../app.js';
import { once } from './admin-input.js';
import * as routes from './roles.routes.js';
import { type MemberView, viewMember } from './views.js';

/** `…/admin/roles/{roleId}/users` (contract 3.3). */
@Controller()
export class RoleMembersController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.listMembersRoute)
  async list({ ctx, params, query }: InputOf<typeof routes.listMembersRoute>): Promise<ListBody<MemberView>> {
    const { rows, total } = await this.app.listRoleMembers(ctx, { ...query, role: params.roleId });
    return listBody('users', query, { rows: rows.map(viewMember), total });
  }

  @Handles(routes.addMembersRoute)
  async add({ ctx, params, body }: InputOf<typeof routes.addMembersRoute>): Promise<object> {
    const users = once([...(body.users ?? []), ...(body.userIds ?? [])]);
    await this.app.addRoleMembers(ctx, { role: params.roleId, users });
    return { message: users.length === 1 ? 'User has the role.' : `${users.length} users have the role.` };
  }

  @Handles(routes.removeMemberRoute)
  async remove({ ctx, params }: InputOf<typeof routes.removeMemberRoute>): Promise<object> {
    await this.app.removeRoleMember(ctx, { role: params.roleId, user: params.userId });
    return { message: 'Role taken from the user.' };
  }
}
