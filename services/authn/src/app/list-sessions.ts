import type { RequestContext } from '@lumo/tenancy';
import type { SessionRecord } from '../oidc-ports.js';
import type { Page } from '../ports.js';
import { requireUser } from './find-user.js';
import type { TokenDeps } from './token-deps.js';

export interface ListSessions {
  readonly page: number;
  readonly limit: number;
  /** UUID or e-mail address. */
  readonly user?: string;
  readonly ip?: string;
}

type Deps = Pick<TokenDeps, 'clock' | 'sessions' | 'users'>;

/** Browser sessions that are alive, the ones used last first. */
export function listSessions({ clock, sessions, users }: Deps) {
  return async (_ctx: RequestContext, { user, ...query }: ListSessions): Promise<Page<SessionRecord>> => {
    const userId = user === undefined ? undefined : (await requireUser(users, user)).id;
    return sessions.list({ ...query, ...(userId !== undefined && { userId }) }, new Date(clock.now()));
  };
}

export function countSessions({ clock, sessions }: Pick<Deps, 'clock' | 'sessions'>) {
  return (_ctx: RequestContext): Promise<{ readonly active: number; readonly inactive: number }> =>
    sessions.count(new Date(clock.now()));
}
