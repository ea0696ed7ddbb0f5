import type { RequestContext } from '@lumo/tenancy';
import type { User } from '../core/user.js';
import type { Page, UserQuery, UserRole, UserStore } from '../ports.js';
import type { DirectoryDeps } from './directory-deps.js';
import { notFound } from './refusals.js';

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

/** One query for the page, one for the count, one call for the roles of everybody on it. */
export function listUsers({ users, roles }: Deps) {
  return async (_ctx: RequestContext, query: UserQuery): Promise<Page<UserWithRoles>> => {
    const { rows, total } = await users.list(query);
    const rolesOf = await roles.ofUsers(rows.map(({ id }) => id));
    return { rows: rows.map((user) => ({ user, roles: rolesOf.get(user.id) ?? [] })), total };
  };
}
