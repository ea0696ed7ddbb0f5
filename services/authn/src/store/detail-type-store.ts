import type { Kysely, Selectable } from 'kysely';
import type { DetailTypeStore, StoredDetailType } from '../oidc-ports.js';
import type { AuthnTables } from '../tables.js';
import type { AuthorizationDetailsTypesTable } from './protocol-tables.js';

export function createDetailTypeStore(db: Kysely<AuthnTables>): DetailTypeStore {
  return {
    async list() {
      const rows = await db.selectFrom('authorization_details_types').selectAll().orderBy('type').execute();
      return rows.map(toType);
    },
    async insert(tx, { type, name, description, fields }, now) {
      const { numInsertedOrUpdatedRows = 0n } = await tx
        .insertInto('authorization_details_types')
        .values({ type, name, description, fields: JSON.stringify(fields), created_at: now, updated_at: now })
        .onConflict((conflict) => conflict.columns(['org_id', 'type']).doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows > 0n;
    },
    async update(tx, { type, name, description, fields }, now) {
      const row = await tx
        .updateTable('authorization_details_types')
        .set({ name, description, fields: JSON.stringify(fields), updated_at: now })
        .where('type', '=', type)
        .returningAll()
        .executeTakeFirst();
      return row && toType(row);
    },
    async remove(tx, type) {
      const { numDeletedRows } = await tx
        .deleteFrom('authorization_details_types')
        .where('type', '=', type)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}

function toType(row: Selectable<AuthorizationDetailsTypesTable>): StoredDetailType {
  return {
    type: row.type,
    name: row.name,
    description: row.description,
    fields: row.fields,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
