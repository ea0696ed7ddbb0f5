import type { Selectable, Updateable } from 'kysely';
import type { User } from '../core/user.js';
import type { UserChange, UserRow } from '../ports.js';
import type { UsersTable } from './directory-tables.js';

/** Columns of the public part of a user: never the hash. */
export const USER_COLUMNS = [
  'id',
  'email',
  'email_verified',
  'username',
  'name',
  'given_name',
  'family_name',
  'picture',
  'phone_number',
  'phone_number_verified',
  'locale',
  'zoneinfo',
  'is_active',
  'blocked',
  'blocked_at',
  'password_changed_at',
  'login_count',
  'last_login_at',
  'created_at',
  'updated_at',
] as const;

export function toUser(row: Pick<Selectable<UsersTable>, (typeof USER_COLUMNS)[number]>): User {
  return {
    id: row.id,
    email: row.email,
    emailVerified: row.email_verified,
    username: row.username,
    name: row.name,
    givenName: row.given_name,
    familyName: row.family_name,
    picture: row.picture,
    phoneNumber: row.phone_number,
    phoneNumberVerified: row.phone_number_verified,
    locale: row.locale,
    zoneinfo: row.zoneinfo,
    isActive: row.is_active,
    blocked: row.blocked,
    blockedAt: row.blocked_at,
    passwordChangedAt: row.password_changed_at,
    loginCount: row.login_count,
    lastLoginAt: row.last_login_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

const COLUMN_OF = {
  email: 'email',
  emailKey: 'email_key',
  emailVerified: 'email_verified',
  username: 'username',
  usernameKey: 'username_key',
  name: 'name',
  givenName: 'given_name',
  familyName: 'family_name',
  picture: 'picture',
  phoneNumber: 'phone_number',
  phoneNumberVerified: 'phone_number_verified',
  locale: 'locale',
  zoneinfo: 'zoneinfo',
  isActive: 'is_active',
  blocked: 'blocked',
  blockedAt: 'blocked_at',
  passwordHash: 'password_hash',
  passwordChangedAt: 'password_changed_at',
  loginCount: 'login_count',
  lastLoginAt: 'last_login_at',
} as const satisfies Record<keyof UserChange, keyof UsersTable>;

/** The columns that a change names; `undefined` leaves a column alone, `null` clears it. */
export function toColumns(change: UserChange): Updateable<UsersTable> {
  const columns: Record<string, unknown> = {};
  for (const [member, column] of Object.entries(COLUMN_OF)) {
    const value = change[member as keyof UserChange];
    if (value !== undefined) columns[column] = value;
  }
  return columns;
}

export function toUserRow(row: Selectable<UsersTable>): UserRow {
  return {
    ...toUser(row),
    emailKey: row.email_key,
    usernameKey: row.username_key,
    passwordHash: row.password_hash,
  };
}
