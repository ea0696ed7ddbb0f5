import type { RequestContext } from '@lumo/tenancy';
import { requireMayManage } from './caller-authority.js';
import type { DirectoryDeps } from './directory-deps.js';
import { requireUser } from './find-user.js';
import { notFound } from './refusals.js';

type Deps = Pick<DirectoryDeps, 'transactions' | 'users' | 'roles' | 'outbox' | 'revocations'>;

/** Removes a person for good. Other services clean up after `user.deleted`. */
export function deleteUser(deps: Deps) {
  const { transactions, users, outbox, revocations } = deps;
  return async (ctx: RequestContext, idOrEmail: string): Promise<void> => {
    const user = await requireUser(users, idOrEmail);
    await requireMayManage(deps, ctx, user.id);
    await transactions.run(async (tx) => {
      await revocations.revokeUser(tx, user.id);
      if (!(await users.remove(tx, user.id))) throw notFound('User');
      await outbox.append(tx, { name: 'user.deleted', target: { type: 'user', id: user.id, name: user.email } });
    });
  };
}
