import { err, isUuid, ok } from '@lumo/kit';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { OrgRecord } from '../core/org.js';
import type { OrgStore } from '../ports.js';
import type { AuthnTables } from '../tables.js';
import type { OrgsTable } from './directory-tables.js';
import { searchPattern } from './search-pattern.js';

const SORT = { createdAt: 'created_at', name: 'name', slug: 'slug' } as const;

/** Organizations live in an instance table: found with and without an org context. */
export function createOrgStore(db: Kysely<AuthnTables>): OrgStore {
  const one = async (column: 'slug' | 'id', value: string): Promise<OrgRecord | undefined> => {
    const row = await db.selectFrom('orgs').selectAll().where(column, '=', value).executeTakeFirst();
    return row && toOrg(row);
  };
  return {
    bySlug: (slug) => one('slug', slug),
    byId: async (id) => (isUuid(id) ? one('id', id) : undefined),
    async list({ page, limit, search, sortBy, sortDir }) {
      const column = SORT[sortBy as keyof typeof SORT] ?? 'created_at';
      const direction = sortDir === 'ASC' ? ('asc' as const) : ('desc' as const);
      let query = db.selectFrom('orgs');
      if (search) {
        const pattern = searchPattern(search);
        query = query.where((eb) => eb.or([eb('slug', 'ilike', pattern), eb('name', 'ilike', pattern)]));
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
      return { rows: rows.map(toOrg), total: counted.total };
    },
    async insert(tx, org) {
      const row = await tx
        .insertInto('orgs')
        .values({
          id: org.id,
          slug: org.slug,
          name: org.name,
          status: org.status,
          created_at: org.createdAt,
          updated_at: org.updatedAt,
        })
        .onConflict((conflict) => conflict.column('slug').doNothing())
        .returningAll()
        .executeTakeFirst();
      return row ? ok(toOrg(row)) : err('duplicate');
    },
    async rename(tx, id, name, now) {
      await tx.updateTable('orgs').set({ name, updated_at: now }).where('id', '=', id).execute();
    },
  };
}

function toOrg(row: Selectable<OrgsTable>): OrgRecord {
  return {
    id: row.id,
    number: row.number,
    slug: row.slug,
    name: row.name,
    status: row.status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
