import type { RequestContext } from '@lumo/tenancy';
import { parseEmail } from '../core/email-address.js';
import type { User } from '../core/user.js';
import { parseUsername } from '../core/username.js';
import type { UserChange } from '../ports.js';
import { requireMayManage } from './caller-authority.js';
import { type CreateUser, eventFacts } from './create-user.js';
import type { DirectoryDeps } from './directory-deps.js';
import { requireUser } from './find-user.js';
import { duplicateUser, invalid, notFound } from './refusals.js';

export type UpdateUser = Partial<Omit<CreateUser, 'password' | 'roles'>>;

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'users' | 'roles' | 'outbox' | 'revocations'>;

/** Changes the members that are named. A new address is unverified until somebody says otherwise. */
export function updateUser(deps: Deps) {
  const { clock, transactions, users, outbox, revocations } = deps;
  return async (ctx: RequestContext, idOrEmail: string, command: UpdateUser): Promise<User> => {
    const before = await requireUser(users, idOrEmail);
    await requireMayManage(deps, ctx, before.id);
    const change = toChange(before, command);
    const fields = Object.keys(command);
    if (fields.length === 0) return before;
    return transactions.run(async (tx) => {
      const updated = await users.update(tx, before.id, change, new Date(clock.now()));
      if (!updated) throw notFound('User');
      if (!updated.ok) throw duplicateUser(updated.error);
      const target = { type: 'user', id: before.id, name: updated.value.email };
      await outbox.append(tx, { name: 'user.updated', target, data: { fields, ...eventFacts(updated.value) } });
      if (command.isActive === false && before.isActive) await revocations.revokeUser(tx, before.id);
      return updated.value;
    });
  };
}

function toChange(before: User, { email, username, phoneNumber, ...rest }: UpdateUser): UserChange {
  const change: { -readonly [K in keyof UserChange]: UserChange[K] } = { ...rest };
  if (email !== undefined) {
    const parsed = parseEmail(email);
    if (!parsed.ok) throw invalid({ email: parsed.error });
    const current = parseEmail(before.email);
    change.email = parsed.value.address;
    change.emailKey = parsed.value.key;
    const isNewMailbox = !current.ok || current.value.key !== parsed.value.key;
    if (isNewMailbox) change.emailVerified = rest.emailVerified ?? false;
  }
  if (username !== undefined) {
    const parsed = username === null ? undefined : parseUsername(username);
    if (parsed && !parsed.ok) throw invalid({ username: parsed.error });
    change.username = parsed?.value.username ?? null;
    change.usernameKey = parsed?.value.key ?? null;
  }
  if (phoneNumber !== undefined) {
    change.phoneNumber = phoneNumber;
    if (phoneNumber !== before.phoneNumber) change.phoneNumberVerified = false;
  }
  return change;
}
