import { isUuid } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { User } from '../core/user.js';
import type { Page, UserQuery, UserRole, UserStore } from '../ports.js';
import type { DirectoryDeps } from './directory-deps.js';
import { invalid, notFound } from './refusals.js';

/** A user together with the roles authz knows of. */
export interface UserWithRoles {
  readonly user: User;
  readonly roles: readonly UserRole[];
}

/** By UUID or e-mail address (contract 1.8). */
export async function requireUser(users: UserStore, idOrEmail: string): Promise<User> {
  const user = idOrEmail.includes('@') ? await users.byEmail(idOrEmail) : await users.byId(idOrEmail);
  if (!user) throw notFound('User');
  return user;
}

type Deps = Pick<DirectoryDeps, 'users' | 'roles'>;

export function readUser({ users, roles }: Deps) {
  return async (_ctx: RequestContext, idOrEmail: string): Promise<UserWithRoles> => {
    const user = await requireUser(users, idOrEmail);
    return { user, roles: (await roles.ofUsers([user.id])).get(user.id) ?? [] };
  };
}

/** Every filter of the list; `role`: id or slug. */
export interface ListUsers extends Omit<UserQuery, 'ids'> {
  readonly role?: string;
}

/** One query for the page, one for the count, one call for the roles of everybody on it. */
export function listUsers({ users, roles }: Deps) {
  return async (_ctx: RequestContext, { role, ...query }: ListUsers): Promise<Page<UserWithRoles>> => {
    const members = role === undefined ? undefined : await roles.membersOf(role);
    if (members?.truncated) {
      throw invalid({ role: 'This role has too many users to filter by. Use GET /admin/roles/{roleId}/users.' });
    }
    const { rows, total } = await users.list({ ...query, ids: members?.userIds.filter(isUuid) });
    const rolesOf = await roles.ofUsers(rows.map(({ id }) => id));
    return { rows: rows.map((user) => ({ user, roles: rolesOf.get(user.id) ?? [] })), total };
  };
}
