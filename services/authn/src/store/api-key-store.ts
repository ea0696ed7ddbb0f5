import { type Kysely, type Selectable, sql } from 'kysely';
import type { ApiKey } from '../core/api-key.js';
import type { ApiKeyStore } from '../ports.js';
import type { AuthnTables } from '../tables.js';
import type { ApiKeysTable } from './directory-tables.js';
import { searchPattern } from './search-pattern.js';

const SORT = { createdAt: 'created_at', name: 'name', lastUsedAt: 'last_used_at' } as const;

/** Members of `sortBy` for API keys. */
export const API_KEY_SORT_KEYS = Object.keys(SORT);

const COLUMNS = [
  'key_id',
  'name',
  'hint',
  'scopes',
  'created_by',
  'created_at',
  'updated_at',
  'last_used_at',
  'expires_at',
] as const;

export function createApiKeyStore(db: Kysely<AuthnTables>): ApiKeyStore {
  const keys = () => db.selectFrom('api_keys').select(COLUMNS);
  return {
    async findOrg(sha256) {
      const row = await db
        .selectFrom('api_key_index')
        .innerJoin('orgs', 'orgs.id', 'api_key_index.org')
        .select(['orgs.id', 'orgs.slug', 'orgs.name', 'orgs.status'])
        .where('api_key_index.sha256', '=', sha256)
        .executeTakeFirst();
      return row;
    },
    async byHash(sha256) {
      const row = await keys().where('sha256', '=', sha256).executeTakeFirst();
      return row && toApiKey(row);
    },
    async byKeyId(keyId) {
      const row = await keys().where('key_id', '=', keyId).executeTakeFirst();
      return row && toApiKey(row);
    },
    async list({ page, limit, search, sortBy, sortDir }) {
      const column = SORT[sortBy as keyof typeof SORT] ?? 'created_at';
      let query = db.selectFrom('api_keys');
      if (search) {
        const pattern = searchPattern(search);
        query = query.where((eb) => eb.or((['name', 'hint', 'key_id'] as const).map((c) => eb(c, 'ilike', pattern))));
      }
      const [rows, counted] = await Promise.all([
        query
          .select(COLUMNS)
          .orderBy(column, (ob) => (sortDir === 'ASC' ? ob.asc() : ob.desc()).nullsLast())
          .orderBy('key_id', sortDir === 'ASC' ? 'asc' : 'desc')
          .limit(limit)
          .offset((page - 1) * limit)
          .execute(),
        query.select(sql<number>`count(*)`.as('total')).executeTakeFirstOrThrow(),
      ]);
      return { rows: rows.map(toApiKey), total: counted.total };
    },
    async insert(tx, key, sha256) {
      await tx
        .insertInto('api_keys')
        .values({
          key_id: key.keyId,
          name: key.name,
          sha256,
          hint: key.hint,
          scopes: [...key.scopes],
          created_by: key.createdBy,
          created_at: key.createdAt,
          updated_at: key.updatedAt,
          last_used_at: key.lastUsedAt,
          expires_at: key.expiresAt,
        })
        .execute();
      await tx
        .insertInto('api_key_index')
        .values({ sha256, org: sql<string>`current_setting('app.org_id')::uuid` })
        .execute();
    },
    async update(tx, keyId, { name, scopes, expiresAt }, now) {
      const row = await tx
        .updateTable('api_keys')
        .set({
          ...(name !== undefined && { name }),
          ...(scopes !== undefined && { scopes: [...scopes] }),
          ...(expiresAt !== undefined && { expires_at: expiresAt }),
          updated_at: now,
        })
        .where('key_id', '=', keyId)
        .returning(COLUMNS)
        .executeTakeFirst();
      return row && toApiKey(row);
    },
    async remove(tx, keyId) {
      const row = await tx.deleteFrom('api_keys').where('key_id', '=', keyId).returning('sha256').executeTakeFirst();
      if (!row) return false;
      await tx.deleteFrom('api_key_index').where('sha256', '=', row.sha256).execute();
      return true;
    },
    async touch(keyId, now) {
      const aMinuteAgo = new Date(now.getTime() - 60_000);
      await db
        .updateTable('api_keys')
        .set({ last_used_at: now })
        .where('key_id', '=', keyId)
        .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', aMinuteAgo)]))
        .execute();
    },
  };
}

function toApiKey(row: Pick<Selectable<ApiKeysTable>, (typeof COLUMNS)[number]>): ApiKey {
  return {
    keyId: row.key_id,
    name: row.name,
    hint: row.hint,
    scopes: row.scopes,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
  };
}
