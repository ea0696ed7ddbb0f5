import { requireOrg } from '@lumo/tenancy';
import type { KeyChange, SigningKey, SigningKeyStore } from '@lumo/token-signing';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { AuthnTables } from '../tables.js';
import type { SigningKeysTable } from './oidc-tables.js';

/** Signing keys of the org in context. */
export function createSigningKeyStore(db: Kysely<AuthnTables>): SigningKeyStore {
  const list = async (on: Kysely<AuthnTables>): Promise<readonly SigningKey[]> =>
    (await on.selectFrom('signing_keys').selectAll().execute()).map(toKey);
  return {
    async list(orgId) {
      requireContextOf(orgId);
      return list(db);
    },
    async change(orgId, decide) {
      requireContextOf(orgId);
      return db.transaction().execute(async (tx) => {
        await sql`select pg_advisory_xact_lock(hashtextextended(${`signing_keys:${orgId}`}, 0))`.execute(tx);
        const before = await list(tx);
        const changes = await decide(before);
        for (const change of changes) await apply(tx, change);
        return changes.length === 0 ? before : list(tx);
      });
    },
  };
}

/** Row-level security answers for the org of the context; asking for another would look like an org without keys. */
function requireContextOf(orgId: string): void {
  if (requireOrg().id !== orgId) throw new Error('signing keys of an org that is not the org of the context');
}

async function apply(tx: Kysely<AuthnTables>, change: KeyChange): Promise<void> {
  switch (change.change) {
    case 'insert':
      await tx.insertInto('signing_keys').values(toRow(change.key)).execute();
      return;
    case 'update': {
      const { kid, state, activatedAt, retiredAt, expiresAt } = change.key;
      await tx
        .updateTable('signing_keys')
        .set({ state, activated_at: activatedAt, retired_at: retiredAt, expires_at: expiresAt })
        .where('kid', '=', kid)
        .execute();
      return;
    }
    case 'reseal': {
      const { masterKeyId, sealed } = change.privateKey;
      await tx
        .updateTable('signing_keys')
        .set({ master_key_id: masterKeyId, sealed: Buffer.from(sealed) })
        .where('kid', '=', change.kid)
        .execute();
      return;
    }
    case 'remove':
      await tx.deleteFrom('signing_keys').where('kid', '=', change.kid).execute();
  }
}

function toRow(key: SigningKey) {
  return {
    kid: key.kid,
    alg: key.alg,
    state: key.state,
    public_jwk: JSON.stringify(key.publicJwk),
    master_key_id: key.privateKey.masterKeyId,
    sealed: Buffer.from(key.privateKey.sealed),
    created_at: key.createdAt,
    activated_at: key.activatedAt,
    retired_at: key.retiredAt,
    expires_at: key.expiresAt,
  };
}

function toKey(row: Selectable<SigningKeysTable>): SigningKey {
  return {
    kid: row.kid,
    alg: row.alg,
    state: row.state,
    publicJwk: row.public_jwk,
    // Copied: the driver's buffer is a part of Node's pool, and one kept part keeps all 64 KB of it.
    privateKey: { masterKeyId: row.master_key_id, sealed: new Uint8Array(row.sealed) },
    createdAt: row.created_at,
    activatedAt: row.activated_at,
    retiredAt: row.retired_at,
    expiresAt: row.expires_at,
  };
}
