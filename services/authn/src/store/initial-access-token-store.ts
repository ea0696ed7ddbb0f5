import { type Kysely, type Selectable, sql } from 'kysely';
import type { InitialAccessToken, InitialAccessTokenStore } from '../registration-ports.js';
import type { AuthnTables } from '../tables.js';
import type { InitialAccessTokensTable } from './registration-tables.js';
import { searchPattern } from './search-pattern.js';

const SORT = { createdAt: 'created_at', name: 'name', expiresAt: 'expires_at' } as const;
const COLUMNS = ['id', 'name', 'max_uses', 'uses', 'created_by', 'created_at', 'expires_at'] as const;

export function createInitialAccessTokenStore(db: Kysely<AuthnTables>): InitialAccessTokenStore {
  const tokens = () => db.selectFrom('initial_access_tokens').select(COLUMNS);
  return {
    async byId(id) {
      const row = await tokens().where('id', '=', id).executeTakeFirst();
      return row && toToken(row);
    },
    async usable(sha256, now) {
      const row = await tokens()
        .where('sha256', '=', sha256)
        .where('expires_at', '>', now)
        .whereRef('uses', '<', 'max_uses')
        .executeTakeFirst();
      return row && toToken(row);
    },
    async list({ page, limit, search, sortBy, sortDir }) {
      const column = SORT[sortBy as keyof typeof SORT] ?? 'created_at';
      const direction = sortDir === 'ASC' ? ('asc' as const) : ('desc' as const);
      let query = db.selectFrom('initial_access_tokens');
      if (search) query = query.where('name', 'ilike', searchPattern(search));
      const [rows, counted] = await Promise.all([
        query
          .select(COLUMNS)
          .orderBy(column, direction)
          .orderBy('id', direction)
          .limit(limit)
          .offset((page - 1) * limit)
          .execute(),
        query.select(sql<number>`count(*)`.as('total')).executeTakeFirstOrThrow(),
      ]);
      return { rows: rows.map(toToken), total: counted.total };
    },
    async insert(tx, token, sha256) {
      await tx
        .insertInto('initial_access_tokens')
        .values({
          id: token.id,
          name: token.name,
          sha256,
          max_uses: token.maxUses,
          created_by: token.createdBy,
          created_at: token.createdAt,
          expires_at: token.expiresAt,
        })
        .execute();
    },
    async spend(tx, id, now) {
      const { numUpdatedRows } = await tx
        .updateTable('initial_access_tokens')
        .set({ uses: sql`uses + 1` })
        .where('id', '=', id)
        .where('expires_at', '>', now)
        .whereRef('uses', '<', 'max_uses')
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async remove(tx, id) {
      const { numDeletedRows } = await tx
        .deleteFrom('initial_access_tokens')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

function toToken(row: Pick<Selectable<InitialAccessTokensTable>, (typeof COLUMNS)[number]>): InitialAccessToken {
  return {
    id: row.id,
    name: row.name,
    maxUses: row.max_uses,
    uses: row.uses,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
