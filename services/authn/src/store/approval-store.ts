import { type Kysely, type Selectable, sql } from 'kysely';
import type { ApprovalStore } from '../approval-ports.js';
import type { Approval } from '../core/approval.js';
import type { AuthnTables } from '../tables.js';
import { hashId } from './hash-id.js';
import type { ApprovalsTable } from './oidc-tables.js';

const MODELS = { device: 'DeviceCode', ciba: 'BackchannelAuthenticationRequest' } as const;

export function createApprovalStore(db: Kysely<AuthnTables>): ApprovalStore {
  const alive = (now: Date) => db.selectFrom('approvals').selectAll().where('expires_at', '>', now);
  return {
    async open({ id, kind, artifactSha256, userId, clientId, request, notification, createdAt, expiresAt }, userCode) {
      await db
        .insertInto('approvals')
        .values({
          id,
          model: MODELS[kind],
          id_hash: artifactSha256,
          user_code_hash: userCode === undefined ? null : hashId(userCode),
          user_id: userId ?? null,
          client_id: clientId,
          request: JSON.stringify(request),
          notification: notification ?? null,
          created_at: createdAt,
          expires_at: expiresAt,
        })
        .execute();
    },
    async byUserCode(userCode, now) {
      const row = await alive(now).where('user_code_hash', '=', hashId(userCode)).executeTakeFirst();
      return row && toApproval(row);
    },
    async byId(id, now) {
      const row = await alive(now).where('id', '=', id).executeTakeFirst();
      return row && toApproval(row);
    },
    async ofUser(userId, now) {
      return (await alive(now).where('user_id', '=', userId).orderBy('created_at').limit(50).execute()).map(toApproval);
    },
    async settle(tx, { id, kind, artifactSha256 }, settlement, now) {
      const { numDeletedRows } = await tx
        .deleteFrom('approvals')
        .where('id', '=', id)
        .where('expires_at', '>', now)
        .executeTakeFirst();
      if (numDeletedRows === 0n) return false;
      const granted = 'grantId' in settlement;
      const payload = granted
        ? { ...settlement.payload, grantId: settlement.grantId }
        : { error: 'access_denied', errorDescription: 'The person did not allow it.' };
      const { numUpdatedRows } = await tx
        .updateTable('artifacts')
        .set({
          payload: sql`payload || ${JSON.stringify(payload)}::jsonb`,
          ...(granted && { grant_id: settlement.grantId }),
        })
        .where('model', '=', MODELS[kind])
        .where('id_hash', '=', artifactSha256)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

function toApproval(row: Selectable<ApprovalsTable>): Approval {
  return {
    id: row.id,
    kind: row.model === 'DeviceCode' ? 'device' : 'ciba',
    artifactSha256: row.id_hash,
    ...(row.user_id !== null && { userId: row.user_id }),
    clientId: row.client_id,
    request: row.request,
    ...(row.notification && { notification: row.notification }),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
