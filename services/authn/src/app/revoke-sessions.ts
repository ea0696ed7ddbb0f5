import type { RequestContext } from '@lumo/tenancy';
import type { Roles } from '../ports.js';
import { requireMayManage } from './caller-authority.js';
import type { EndSessions } from './end-sessions.js';
import { requireUser } from './find-user.js';
import { notFound } from './refusals.js';
import type { TokenDeps } from './token-deps.js';

type Deps = Pick<TokenDeps, 'clock' | 'sessions' | 'users' | 'transactions'> & {
  readonly roles: Roles;
  readonly endSessions: EndSessions;
};

/** Sessions that one transaction ends. */
const BATCH = 200;

/** Ends one session, by its number, and everything issued in it. */
export function revokeSession(deps: Deps) {
  const { clock, sessions, transactions } = deps;
  return async (ctx: RequestContext, number: number): Promise<void> => {
    const session = await sessions.byNumber(number, new Date(clock.now()));
    if (!session) throw notFound('Session');
    await requireMayManage(deps, ctx, session.userId);
    await transactions.run((tx) => deps.endSessions(tx, { uid: session.uid }, 'revoked'));
  };
}

/** Ends every session of a user; how many there were. */
export function revokeUserSessions(deps: Deps) {
  return async (ctx: RequestContext, idOrEmail: string): Promise<number> => {
    const { id: userId } = await requireUser(deps.users, idOrEmail);
    await requireMayManage(deps, ctx, userId);
    return (await deps.transactions.run((tx) => deps.endSessions(tx, { userId }, 'revoked'))).length;
  };
}

/** Ends every session of the org, also that of the caller; how many there were. */
export function revokeAllSessions({ transactions, endSessions }: Pick<Deps, 'transactions' | 'endSessions'>) {
  return async (_ctx: RequestContext): Promise<number> => {
    for (let ended = 0; ; ) {
      const batch = await transactions.run((tx) => endSessions(tx, 'all', 'revoked', BATCH));
      ended += batch.length;
      if (batch.length < BATCH) return ended;
    }
  };
}
