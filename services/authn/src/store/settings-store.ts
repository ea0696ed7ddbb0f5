import { type Kysely, sql } from 'kysely';
import { DEFAULT_SETTINGS, type OrgSettings } from '../core/org-settings.js';
import type { SettingsStore } from '../ports.js';
import type { AuthnTables } from '../tables.js';

/** A section is stored as core produced it; what a later version adds takes its default. */
export function createSettingsStore(db: Kysely<AuthnTables>): SettingsStore {
  return {
    read: () => readSections(db),
    async lock(tx) {
      await sql`select 1 from orgs where id = current_setting('app.org_id')::uuid for update`.execute(tx);
      return readSections(tx);
    },
    async write(tx, section, value, now) {
      const json = JSON.stringify(value);
      await tx
        .insertInto('org_settings')
        .values({ section, value: json, updated_at: now })
        .onConflict((conflict) => conflict.columns(['org_id', 'section']).doUpdateSet({ value: json, updated_at: now }))
        .execute();
    },
  };
}

async function readSections(db: Kysely<AuthnTables>): Promise<OrgSettings> {
  const rows = await db.selectFrom('org_settings').select(['section', 'value']).execute();
  // Only `write` fills the column, with what core judged.
  const stored = new Map(rows.map(({ section, value }) => [section, value as object]));
  return {
    general: { ...DEFAULT_SETTINGS.general, ...stored.get('general') },
    auth: { ...DEFAULT_SETTINGS.auth, ...stored.get('auth') },
    security: { ...DEFAULT_SETTINGS.security, ...stored.get('security') },
  };
}
