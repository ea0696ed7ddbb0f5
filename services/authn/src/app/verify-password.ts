import { err, ok } from '@lumo/kit';
import { lockoutSubject } from '../core/lockout.js';
import { MAX_PASSWORD_BYTES, normalisePassword } from '../core/password-policy.js';
import type { PasswordRefusal, UserRow, VerifyPassword } from '../ports.js';
import type { DirectoryDeps } from './directory-deps.js';

type Deps = Pick<
  DirectoryDeps,
  'clock' | 'transactions' | 'users' | 'settings' | 'hasher' | 'outbox' | 'activity' | 'loginFailures'
>;

/** See `VerifyPassword` in ports.ts for what it promises. */
export function verifyPassword(deps: Deps): VerifyPassword {
  const { clock, users, settings, hasher, activity, loginFailures } = deps;
  return async (_ctx, { login, password }) => {
    const [user, { security }] = await Promise.all([users.byLogin(login), settings.read()]);
    const subject = lockoutSubject(user ? { userId: user.id } : { unknownLogin: login });
    const before = await loginFailures.read(subject, new Date(clock.now()));
    // Also the right password is not looked at while a lock is in force: the answer would tell a guesser.
    if (before.lockedUntil) return refuse('locked');
    const isMatch = await matches(user?.passwordHash, password);
    if (!user || !isMatch) {
      // Of parallel guesses, those after the lock are answered alike, right or wrong: else a burst would find the password.
      const isBeyondLock = await recordFailure(deps, { login, user, subject, security });
      return err(isBeyondLock ? 'locked' : 'invalid_credentials');
    }
    // Parallel guesses all started before the lock; only those that end before it count.
    const after = await loginFailures.read(subject, new Date(clock.now()));
    if (after.lockedUntil) return refuse('locked');
    if (user.blocked) return refuse('blocked');
    if (!user.isActive) return refuse('inactive');
    if (after.hasFailures || hasher.isOutdated(user.passwordHash ?? '')) await settle(user, password, subject);
    const { passwordHash: _hash, emailKey: _email, usernameKey: _name, ...person } = user;
    return ok(person);

    function refuse(reason: PasswordRefusal) {
      activity.record(failure(reason, login, user));
      return err(reason);
    }
  };

  /** Hashes once in every case: an unknown login costs what a wrong password costs. */
  function matches(passwordHash: string | null | undefined, password: string): Promise<boolean> {
    const isTooLong = password.length > MAX_PASSWORD_BYTES;
    const normal = isTooLong ? '' : normalisePassword(password);
    return passwordHash && !isTooLong ? hasher.verify(passwordHash, normal) : hasher.verifyNobody(normal);
  }

  /** Forgives earlier failures, and brings an old hash to today's cost while the password is at hand. */
  async function settle(user: UserRow, password: string, subject: Buffer): Promise<void> {
    const isOutdated = hasher.isOutdated(user.passwordHash ?? '');
    const passwordHash = isOutdated ? await hasher.hash(normalisePassword(password)) : undefined;
    await deps.transactions.run(async (tx) => {
      await loginFailures.clear(tx, subject);
      if (passwordHash) await users.update(tx, user.id, { passwordHash }, user.updatedAt);
    });
  }
}

/** Counts a wrong password. True where a lock was in force already. */
async function recordFailure(
  { clock, transactions, loginFailures, outbox }: Deps,
  attempt: {
    readonly login: string;
    readonly user: UserRow | undefined;
    readonly subject: Buffer;
    readonly security: { readonly lockoutMaxFailures: number; readonly lockoutSeconds: number };
  },
): Promise<boolean> {
  const { login, user, subject, security } = attempt;
  const limit = { maxFailures: security.lockoutMaxFailures, lockSeconds: security.lockoutSeconds };
  return transactions.run(async (tx) => {
    const { failures, lockedUntil } = await loginFailures.add(tx, subject, new Date(clock.now()), limit);
    const isNewLock = lockedUntil && failures === limit.maxFailures;
    await outbox.append(
      tx,
      failure('invalid_credentials', login, user),
      ...(isNewLock && user
        ? [
            {
              name: 'user.locked' as const,
              target: { type: 'user', id: user.id, name: user.email },
              data: { failures, until: lockedUntil.toISOString() },
            },
          ]
        : []),
    );
    return lockedUntil !== undefined && failures > limit.maxFailures;
  });
}

function failure(reason: PasswordRefusal, login: string, user: UserRow | undefined) {
  return {
    name: 'auth.login.failure' as const,
    result: 'failure' as const,
    actor: user ? { type: 'user' as const, id: user.id, name: user.email } : { type: 'anonymous' as const, id: '' },
    ...(user && { target: { type: 'user', id: user.id, name: user.email } }),
    // People type passwords into the wrong field: only what looks like an address is written down.
    data: { reason, ...(/^[^\s@]{1,64}@[^\s@]{1,190}$/.test(login) && { login }) },
  };
}
