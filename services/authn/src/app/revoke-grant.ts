import type { NewEvent } from '@lumo/messaging';
import type { GrantRecord } from '../oidc-ports.js';
import type { Tx } from '../ports.js';
import type { TokenDeps } from './token-deps.js';

/** Why a family of tokens ends. */
export type GrantEnd = 'code_reuse' | 'refresh_reuse' | 'revoked' | 'signed_out';

type Deps = Pick<TokenDeps, 'clock' | 'transactions' | 'grants' | 'revocationLog' | 'outbox'>;

/** Ends everything of a grant at once: codes and refresh tokens are gone, access tokens are dead. Twice changes nothing. */
export function revokeGrant(deps: Deps) {
  const { clock, transactions, grants, revocationLog, outbox } = deps;
  const end = async (tx: Tx, grantId: string, why: GrantEnd): Promise<void> => {
    const grant = await grants.remove(tx, grantId);
    if (!grant) return;
    const expiresAt = new Date(clock.now() + (grant.accessTokenSeconds + 1) * 1000);
    await revocationLog.add(tx, { what: { kind: 'grant', grantId }, expiresAt });
    const event = eventOf(grant, why);
    if (event) await outbox.append(tx, event);
  };
  return (grantId: string, why: GrantEnd, tx?: Tx): Promise<void> =>
    tx ? end(tx, grantId, why) : transactions.run((own) => end(own, grantId, why));
}

function eventOf({ clientId, userId, id }: GrantRecord, why: GrantEnd): NewEvent | undefined {
  const client = { type: 'client', id: clientId } as const;
  const about = { actor: client, target: { type: 'user', id: userId }, data: { clientId, grantId: id } };
  switch (why) {
    case 'code_reuse':
      return { name: 'oauth.security.code_reuse_detected', result: 'denied', ...about };
    case 'refresh_reuse':
      return { name: 'oauth.security.refresh_reuse_detected', result: 'denied', ...about };
    case 'revoked':
      return { name: 'token.revoked', ...about };
    case 'signed_out':
      // `auth.logout` tells of it, once for all clients of the session.
      return undefined;
  }
}
