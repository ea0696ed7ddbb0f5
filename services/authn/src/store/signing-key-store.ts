import type { NewEvent, Outbox } from '@lumo/messaging';
import { requireOrg } from '@lumo/tenancy';
import type { KeyChange, SigningKey, SigningKeyStore } from '@lumo/token-signing';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { AuthnTables } from '../tables.js';
import type { SigningKeysTable } from './oidc-tables.js';

/** Signing keys of the org in context. Whoever changes them, schedule or administrator, the event is in the transaction. */
export function createSigningKeyStore(db: Kysely<AuthnTables>, outbox: Outbox): SigningKeyStore {
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
        await outbox.append(tx, ...changes.flatMap(eventOf));
        return changes.length === 0 ? before : list(tx);
      });
    },
  };
}

/** Row-level security answers for the org of the context; asking for another would look like an org without keys. */
function requireContextOf(orgId: string): void {
  if (requireOrg().id !== orgId) throw new Error('signing keys of an org that is not the org of the context');
}

/** Nothing for what nobody can see: a new seal. A key that retires does so because another one became active. */
function eventOf(change: KeyChange): readonly NewEvent[] {
  const event = (name: NewEvent['name'], kid: string, data: NewEvent['data'] = {}): NewEvent[] => [
    { name, target: { type: 'signing_key', id: kid }, data },
  ];
  if (change.change === 'reseal') return [];
  if (change.change === 'remove') return event('signing_key.removed', change.kid);
  const { kid, alg, state } = change.key;
  if (state === 'retired') return [];
  return event(state === 'next' ? 'signing_key.published' : 'signing_key.rotated', kid, { alg });
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
