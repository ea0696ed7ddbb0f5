import type { RequestContext } from '@lumo/tenancy';
import type { User } from '../core/user.js';
import { requireMayManage } from './caller-authority.js';
import { eventFacts } from './create-user.js';
import type { DirectoryDeps } from './directory-deps.js';
import { requireUser } from './find-user.js';
import { notFound } from './refusals.js';

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'users' | 'roles' | 'outbox' | 'revocations'>;

/** Blocking ends every session and token in the same transaction. Doing it twice changes nothing. */
export function setBlocked(deps: Deps, blocked: boolean) {
  const { clock, transactions, users, outbox, revocations } = deps;
  return async (ctx: RequestContext, idOrEmail: string): Promise<User> => {
    const before = await requireUser(users, idOrEmail);
    await requireMayManage(deps, ctx, before.id);
    if (before.blocked === blocked) return before;
    const now = new Date(clock.now());
    return transactions.run(async (tx) => {
      const updated = await users.update(tx, before.id, { blocked, blockedAt: blocked ? now : null }, now);
      if (!updated?.ok) throw notFound('User');
      const target = { type: 'user', id: before.id, name: before.email };
      await outbox.append(tx, {
        name: blocked ? 'user.blocked' : 'user.unblocked',
        target,
        data: eventFacts(updated.value),
      });
      if (blocked) await revocations.revokeUser(tx, before.id);
      return updated.value;
    });
  };
}
