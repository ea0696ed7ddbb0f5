import { type Kysely, sql } from 'kysely';
import type { AuthnTables } from '../tables.js';

const TABLES = ['artifacts', 'sessions', 'grants', 'approvals'] as const;

/** Removes what has expired in the org in context. */
export interface ExpiredRows {
  /** At most `limit` rows of each table; returns how many in all. */
  sweep(now: Date, limit: number): Promise<number>;
}

export function createExpiredRows(db: Kysely<AuthnTables>): ExpiredRows {
  return {
    async sweep(now, limit) {
      let swept = 0n;
      for (const table of TABLES) {
        const { numAffectedRows } = await sql`
          delete from ${sql.table(table)} where ctid in (
            select ctid from ${sql.table(table)} where expires_at <= ${now} limit ${limit})
        `.execute(db);
        swept += numAffectedRows ?? 0n;
      }
      return Number(swept);
    },
  };
}
