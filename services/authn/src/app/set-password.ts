import type { RequestContext } from '@lumo/tenancy';
import { lockoutSubject } from '../core/lockout.js';
import { checkPassword } from '../core/password-policy.js';
import { requireMayManage } from './caller-authority.js';
import type { DirectoryDeps } from './directory-deps.js';
import { requireUser } from './find-user.js';
import { invalid, notFound } from './refusals.js';

type Deps = Pick<
  DirectoryDeps,
  'clock' | 'transactions' | 'users' | 'settings' | 'roles' | 'hasher' | 'outbox' | 'revocations' | 'loginFailures'
>;

/** Sets a password: the policy of the org applies, sessions and tokens end, a lock is lifted. */
export function setPassword(deps: Deps) {
  const { clock, transactions, users, settings, hasher, outbox, revocations, loginFailures } = deps;
  return async (ctx: RequestContext, idOrEmail: string, password: string): Promise<void> => {
    const user = await requireUser(users, idOrEmail);
    await requireMayManage(deps, ctx, user.id);
    const { passwordPolicy } = (await settings.read()).auth;
    const checked = checkPassword(password, passwordPolicy, user);
    if (!checked.ok) throw invalid({ password: checked.error });
    const passwordHash = await hasher.hash(checked.value);
    const now = new Date(clock.now());
    await transactions.run(async (tx) => {
      const updated = await users.update(tx, user.id, { passwordHash, passwordChangedAt: now }, now);
      if (!updated?.ok) throw notFound('User');
      await loginFailures.clear(tx, lockoutSubject({ userId: user.id }));
      await outbox.append(tx, {
        name: 'user.password_changed',
        target: { type: 'user', id: user.id, name: user.email },
      });
      await revocations.revokeUser(tx, user.id);
    });
  };
}
