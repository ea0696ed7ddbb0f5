import { isForeignKeyViolation } from '@lumo/database';
import { type Kysely, sql } from 'kysely';
import type { ArtifactStore } from '../oidc-ports.js';
import type { AuthnTables } from '../tables.js';
import { hashId } from './hash-id.js';

export function createArtifactStore(db: Kysely<AuthnTables>): ArtifactStore {
  const findBySha256: ArtifactStore['findBySha256'] = async (model, sha256, now) => {
    const row = await db
      .selectFrom('artifacts')
      .select(['payload', 'consumed_at', 'uses'])
      .where('model', '=', model)
      .where('id_hash', '=', sha256)
      .where('expires_at', '>', now)
      .executeTakeFirst();
    return row && { payload: row.payload, consumedAt: row.consumed_at, uses: row.uses };
  };
  return {
    findBySha256,
    find: (model, id, now) => findBySha256(model, hashId(id), now),
    async save(model, id, { payload, grantId, expiresAt }) {
      try {
        // A grant lives at least as long as what was issued from it.
        await sql`
          with extended as (
            update grants set expires_at = ${expiresAt} where id = ${grantId ?? null} and expires_at < ${expiresAt}
          )
          insert into artifacts (model, id_hash, grant_id, payload, expires_at)
          values (${model}, ${hashId(id)}, ${grantId ?? null}, ${JSON.stringify(payload)}, ${expiresAt})
          on conflict (org_id, model, id_hash) do update set
            payload = excluded.payload, expires_at = excluded.expires_at
        `.execute(db);
        return true;
      } catch (error) {
        if (isForeignKeyViolation(error, 'artifacts_of_grant')) return false;
        throw error;
      }
    },
    async consume(model, id, now, { graceSeconds, maxUses }) {
      const graceStart = new Date(now.getTime() - graceSeconds * 1000);
      const { numUpdatedRows } = await db
        .updateTable('artifacts')
        .set({ uses: sql`uses + 1`, consumed_at: sql`coalesce(consumed_at, ${now})` })
        .where('model', '=', model)
        .where('id_hash', '=', hashId(id))
        .where('expires_at', '>', now)
        .where((eb) => eb.or([eb('consumed_at', 'is', null), eb('consumed_at', '>', graceStart)]))
        .where('uses', '<', maxUses)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async remove(model, id) {
      await db.deleteFrom('artifacts').where('model', '=', model).where('id_hash', '=', hashId(id)).execute();
    },
  };
}
