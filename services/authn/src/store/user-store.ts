import { isUniqueViolation } from '@lumo/database';
import { err, isUuid, ok, type Result } from '@lumo/kit';
import { type Kysely, sql } from 'kysely';
import { parseEmail } from '../core/email-address.js';
import type { User } from '../core/user.js';
import { parseUsername } from '../core/username.js';
import type { DuplicateUser, UserStore } from '../ports.js';
import type { AuthnTables } from '../tables.js';
import { searchPattern } from './search-pattern.js';
import { toColumns, toUser, toUserRow, USER_COLUMNS } from './user-row.js';

const SORT = {
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  email: 'email_key',
  name: 'name',
  username: 'username_key',
  lastLoginAt: 'last_login_at',
  loginCount: 'login_count',
} as const;

/** Members of `sortBy` for users. */
export const USER_SORT_KEYS = Object.keys(SORT);

export function createUserStore(db: Kysely<AuthnTables>): UserStore {
  const users = () => db.selectFrom('users').select(USER_COLUMNS);
  return {
    async byId(id) {
      const row = isUuid(id) && (await users().where('id', '=', id).executeTakeFirst());
      return row ? toUser(row) : undefined;
    },
    async byEmail(email) {
      const parsed = parseEmail(email);
      const row = parsed.ok && (await users().where('email_key', '=', parsed.value.key).executeTakeFirst());
      return row ? toUser(row) : undefined;
    },
    async list({ page, limit, search, sortBy, sortDir, blocked, active, ids }) {
      const column = SORT[sortBy as keyof typeof SORT] ?? 'created_at';
      let query = db.selectFrom('users');
      if (blocked !== undefined) query = query.where('blocked', '=', blocked);
      if (active !== undefined) query = query.where('is_active', '=', active);
      if (ids) query = query.where('id', '=', sql<string>`any(${[...ids]}::uuid[])`);
      if (search) {
        const pattern = searchPattern(search.normalize('NFKC'));
        query = query.where((eb) =>
          eb.or(
            (['email', 'name', 'username', 'given_name', 'family_name'] as const).map((c) => eb(c, 'ilike', pattern)),
          ),
        );
      }
      const [rows, counted] = await Promise.all([
        query
          .select(USER_COLUMNS)
          .orderBy(column, (ob) => (sortDir === 'ASC' ? ob.asc() : ob.desc()).nullsLast())
          .orderBy('id', sortDir === 'ASC' ? 'asc' : 'desc')
          .limit(limit)
          .offset((page - 1) * limit)
          .execute(),
        query.select(sql<number>`count(*)`.as('total')).executeTakeFirstOrThrow(),
      ]);
      return { rows: rows.map(toUser), total: counted.total };
    },
    async byLogin(login) {
      const email = parseEmail(login);
      const username = parseUsername(login);
      const key = email.ok ? email.value.key : username.ok && username.value.key;
      if (!key) return undefined;
      const row = await db
        .selectFrom('users')
        .selectAll()
        .where(email.ok ? 'email_key' : 'username_key', '=', key)
        .executeTakeFirst();
      return row && toUserRow(row);
    },
    async insert(tx, user) {
      return refusingDuplicates(async () => {
        const row = await tx
          .insertInto('users')
          .values({
            id: user.id,
            email: user.email,
            email_key: user.emailKey,
            email_verified: user.emailVerified,
            username: user.username ?? null,
            username_key: user.usernameKey ?? null,
            name: user.name ?? null,
            given_name: user.givenName ?? null,
            family_name: user.familyName ?? null,
            picture: user.picture ?? null,
            phone_number: user.phoneNumber ?? null,
            phone_number_verified: user.phoneNumberVerified,
            locale: user.locale ?? null,
            zoneinfo: user.zoneinfo ?? null,
            is_active: user.isActive,
            blocked: user.blocked,
            blocked_at: user.blockedAt ?? null,
            password_hash: user.passwordHash ?? null,
            password_changed_at: user.passwordChangedAt ?? null,
            last_login_at: user.lastLoginAt ?? null,
            created_at: user.createdAt,
            updated_at: user.updatedAt,
          })
          .returning(USER_COLUMNS)
          .executeTakeFirstOrThrow();
        return toUser(row);
      });
    },
    async update(tx, id, change, now) {
      if (!isUuid(id)) return undefined;
      const result = await refusingDuplicates(async () => {
        const row = await tx
          .updateTable('users')
          .set({ ...toColumns(change), updated_at: now })
          .where('id', '=', id)
          .returning(USER_COLUMNS)
          .executeTakeFirst();
        return row && toUser(row);
      });
      if (!result.ok) return result;
      return result.value && ok(result.value);
    },
    async remove(tx, id) {
      if (!isUuid(id)) return false;
      const { numDeletedRows } = await tx.deleteFrom('users').where('id', '=', id).executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
    async recordLogin(tx, id, now) {
      await tx
        .updateTable('users')
        .set((eb) => ({ login_count: eb('login_count', '+', 1), last_login_at: now }))
        .where('id', '=', id)
        .execute();
    },
  };
}

async function refusingDuplicates<T extends User | undefined>(
  work: () => Promise<T>,
): Promise<Result<T, DuplicateUser>> {
  try {
    return ok(await work());
  } catch (error) {
    if (isUniqueViolation(error, 'users_email_key')) return err('duplicate_email');
    if (isUniqueViolation(error, 'users_username_key')) return err('duplicate_username');
    throw error;
  }
}
