import { randomBytes } from 'node:crypto';
import { requireOrg } from '@lumo/tenancy';
import type { MasterKeyRing } from '@lumo/token-signing';
import type { Kysely } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { OrgSecrets } from '../oidc-ports.js';
import type { AuthnTables } from '../tables.js';

const BYTES = 32;
const MAX_IN_MEMORY = 5_000;

/** Made by whoever asks first, in any process; the row decides. */
export function createOrgSecrets(db: Kysely<AuthnTables>, ring: MasterKeyRing): OrgSecrets {
  const known = new LRUCache<string, Promise<Buffer>>({ max: MAX_IN_MEMORY });

  const read = async (orgId: string, name: string): Promise<Buffer> => {
    const context = sealContext(orgId, name);
    await db
      .insertInto('org_secrets')
      .values({ name, master_key_id: ring.current.id, sealed: ring.current.seal(randomBytes(BYTES), context) })
      .onConflict((conflict) => conflict.columns(['org_id', 'name']).doNothing())
      .execute();
    const row = await db
      .selectFrom('org_secrets')
      .select(['master_key_id', 'sealed'])
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    return ring.open(row.master_key_id, row.sealed, context);
  };

  return {
    of(name) {
      const { id } = requireOrg();
      const key = `${id} ${name}`;
      const before = known.get(key);
      if (before) return before;
      const value = read(id, name);
      known.set(key, value);
      value.catch(() => known.delete(key));
      return value;
    },
    async reseal() {
      const { id } = requireOrg();
      const rows = await db
        .selectFrom('org_secrets')
        .select(['name', 'master_key_id', 'sealed'])
        .where('master_key_id', '<>', ring.current.id)
        .execute();
      for (const { name, master_key_id: masterKeyId, sealed } of rows) {
        const context = sealContext(id, name);
        const plain = ring.open(masterKeyId, sealed, context);
        await db
          .updateTable('org_secrets')
          .set({ master_key_id: ring.current.id, sealed: ring.current.seal(plain, context) })
          .where('name', '=', name)
          .where('master_key_id', '=', masterKeyId)
          .execute();
      }
      return rows.length;
    },
  };
}

function sealContext(orgId: string, name: string): string {
  return `org-secret:${orgId}:${name}`;
}
