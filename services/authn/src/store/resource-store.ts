import { type Kysely, type Selectable, sql } from 'kysely';
import type { Resource } from '../core/resource.js';
import type { ResourceStore } from '../registration-ports.js';
import type { AuthnTables } from '../tables.js';
import type { ResourcesTable } from './registration-tables.js';
import { searchPattern } from './search-pattern.js';

const SORT = { createdAt: 'created_at', name: 'name', identifier: 'identifier' } as const;

export function createResourceStore(db: Kysely<AuthnTables>): ResourceStore {
  return {
    async all() {
      return (await db.selectFrom('resources').selectAll().orderBy('id').execute()).map(toResource);
    },
    async byId(id) {
      const row = await db.selectFrom('resources').selectAll().where('id', '=', id).executeTakeFirst();
      return row && toResource(row);
    },
    async list({ page, limit, search, sortBy, sortDir }) {
      const column = SORT[sortBy as keyof typeof SORT] ?? 'created_at';
      const direction = sortDir === 'ASC' ? ('asc' as const) : ('desc' as const);
      let query = db.selectFrom('resources');
      if (search) {
        const pattern = searchPattern(search);
        query = query.where((eb) => eb.or((['name', 'identifier'] as const).map((c) => eb(c, 'ilike', pattern))));
      }
      const [rows, counted] = await Promise.all([
        query
          .selectAll()
          .orderBy(column, direction)
          .orderBy('id', direction)
          .limit(limit)
          .offset((page - 1) * limit)
          .execute(),
        query.select(sql<number>`count(*)`.as('total')).executeTakeFirstOrThrow(),
      ]);
      return { rows: rows.map(toResource), total: counted.total };
    },
    async count(tx) {
      const row = await tx.selectFrom('resources').select(sql<number>`count(*)`.as('count')).executeTakeFirstOrThrow();
      return row.count;
    },
    async insert(tx, resource) {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('resources')
        .values({
          id: resource.id,
          name: resource.name,
          identifier: resource.identifier,
          mode: resource.mode,
          scopes: [...resource.scopes],
          created_at: resource.createdAt,
          updated_at: resource.updatedAt,
        })
        .onConflict((conflict) => conflict.columns(['org_id', 'identifier']).doNothing())
        .executeTakeFirst();
      return (numInsertedOrUpdatedRows ?? 0n) > 0n;
    },
    async update(tx, { id, name, mode, scopes }, now) {
      const row = await tx
        .updateTable('resources')
        .set({ name, mode, scopes: [...scopes], updated_at: now })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst();
      return row && toResource(row);
    },
    async remove(tx, id) {
      const { numDeletedRows } = await tx.deleteFrom('resources').where('id', '=', id).executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

function toResource(row: Selectable<ResourcesTable>): Resource {
  return {
    id: row.id,
    name: row.name,
    identifier: row.identifier,
    mode: row.mode,
    scopes: row.scopes,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
