import { sql } from 'kysely';
import { DEFAULT_DECISION_SETTINGS } from '../core/decision/combination.js';
import type { SettingsRecords } from '../policy-ports.js';
import type { Executor } from './paging.js';

export function createPolicySettings(db: Executor): SettingsRecords {
  return {
    async decisionSettings() {
      const row = await db
        .selectFrom('policy_states')
        .select(['combination', 'engines', 'time_zone as timeZone'])
        .executeTakeFirst();
      return row ?? DEFAULT_DECISION_SETTINGS;
    },
    async writeDecisionSettings({ combination, engines, timeZone }) {
      const row = { combination, engines: [...engines], time_zone: timeZone };
      await db
        .insertInto('policy_states')
        .values(row)
        .onConflict((conflict) => conflict.column('org_id').doUpdateSet({ ...row, updated_at: sql`now()` }))
        .execute();
    },
    async movePolicies() {
      await sql`
        insert into policy_states (version) values (1)
        on conflict (org_id) do update set version = policy_states.version + 1, updated_at = now()
      `.execute(db);
    },
  };
}
