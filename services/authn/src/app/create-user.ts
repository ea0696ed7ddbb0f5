import { uuidv7 } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { parseEmail } from '../core/email-address.js';
import { checkPassword } from '../core/password-policy.js';
import type { User } from '../core/user.js';
import { parseUsername } from '../core/username.js';
import type { Tx, UserRole, UserRow } from '../ports.js';
import { requireMayAssignRoles } from './caller-authority.js';
import type { DirectoryDeps } from './directory-deps.js';
import { duplicateUser, invalid } from './refusals.js';

export interface CreateUser {
  readonly email: string;
  readonly password?: string;
  readonly username?: string | null;
  readonly name?: string | null;
  readonly givenName?: string | null;
  readonly familyName?: string | null;
  readonly picture?: string | null;
  readonly phoneNumber?: string | null;
  readonly locale?: string | null;
  readonly zoneinfo?: string | null;
  readonly emailVerified?: boolean;
  readonly isActive?: boolean;
  /** Slugs. */
  readonly roles?: readonly string[];
}

export interface CreatedUser {
  readonly user: User;
  readonly roles: readonly UserRole[];
}

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'users' | 'settings' | 'roles' | 'hasher' | 'outbox'>;

/** Creates a person of the org in context. Refuses a taken address or user name with `duplicate_resource`. */
export function createUser(deps: Deps) {
  return async (ctx: RequestContext, command: CreateUser): Promise<CreatedUser> => {
    if (command.roles?.length) await requireMayAssignRoles(deps, ctx);
    const row = await prepareUser(deps, command);
    return deps.transactions.run((tx) => placeUser(deps, tx, row, command.roles ?? []));
  };
}

/** Judges the input and hashes the password: everything that needs no transaction. */
export async function prepareUser(
  { clock, settings, hasher }: Pick<Deps, 'clock' | 'settings' | 'hasher'>,
  command: CreateUser,
): Promise<UserRow> {
  const email = parseEmail(command.email);
  if (!email.ok) throw invalid({ email: email.error });
  const username = command.username ? parseUsername(command.username) : undefined;
  if (username && !username.ok) throw invalid({ username: username.error });
  const now = new Date(clock.now());
  let passwordHash: string | null = null;
  if (command.password !== undefined) {
    const { passwordPolicy } = (await settings.read()).auth;
    const owner = { email: email.value.address, username: username?.value.username };
    const password = checkPassword(command.password, passwordPolicy, owner);
    if (!password.ok) throw invalid({ password: password.error });
    passwordHash = await hasher.hash(password.value);
  }
  return {
    id: uuidv7(now.getTime()),
    email: email.value.address,
    emailKey: email.value.key,
    emailVerified: command.emailVerified ?? false,
    username: username?.value.username ?? null,
    usernameKey: username?.value.key ?? null,
    name: command.name,
    givenName: command.givenName,
    familyName: command.familyName,
    picture: command.picture,
    phoneNumber: command.phoneNumber,
    phoneNumberVerified: false,
    locale: command.locale,
    zoneinfo: command.zoneinfo,
    isActive: command.isActive ?? true,
    blocked: false,
    passwordHash,
    passwordChangedAt: passwordHash === null ? null : now,
    loginCount: 0,
    createdAt: now,
    updatedAt: now,
  };
}

/**
 * Writes the person, the event and the roles. Roles are the last step before the commit: an unknown slug rolls the person
 * back. What a crash between the two leaves in authz names an id that never existed and never will.
 */
export async function placeUser(
  { users, outbox, roles }: Pick<Deps, 'users' | 'outbox' | 'roles'>,
  tx: Tx,
  row: UserRow,
  roleSlugs: readonly string[],
): Promise<CreatedUser> {
  const inserted = await users.insert(tx, row);
  if (!inserted.ok) throw duplicateUser(inserted.error);
  const user = inserted.value;
  await outbox.append(tx, {
    name: 'user.created',
    target: { type: 'user', id: user.id, name: user.email },
    data: eventFacts(user),
  });
  const assigned = roleSlugs.length > 0 ? await roles.assign(user.id, roleSlugs, 'add') : [];
  return { user, roles: assigned };
}

/** What other services keep of a person: policies of the org can read it (contract 3.4). */
export function eventFacts(user: User): { readonly [fact: string]: string | boolean | null } {
  const { email, username = null, name = null, givenName = null, familyName = null } = user;
  const { locale = null, zoneinfo = null, isActive, blocked, emailVerified } = user;
  const createdAt = user.createdAt.toISOString();
  return {
    ...{ email, username, name, givenName, familyName, locale, zoneinfo },
    ...{ isActive, blocked, emailVerified, createdAt },
  };
}
