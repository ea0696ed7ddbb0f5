import { displayName, mayAct } from '../core/user.js';
import type { DirectoryDeps } from './directory-deps.js';

export interface UserStatus {
  readonly active: boolean;
  readonly email: string;
  readonly name: string;
}

/** Whether a person may act now; unknown is inactive. */
export function userStatus({ users }: Pick<DirectoryDeps, 'users'>) {
  return async (userId: string): Promise<UserStatus> => {
    const user = await users.byId(userId);
    return user
      ? { active: mayAct(user), email: user.email, name: displayName(user) }
      : { active: false, email: '', name: '' };
  };
}
