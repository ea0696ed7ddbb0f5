import type { NewEvent } from '@lumo/messaging';
import type { EndedSession, SessionSelector } from '../oidc-ports.js';
import type { Tx } from '../ports.js';
import type { TokenDeps } from './token-deps.js';

/** `signed_out`: by its owner. `revoked`: by somebody who may. */
export type SessionEnd = 'signed_out' | 'revoked';

type Deps = Pick<TokenDeps, 'clock' | 'sessions' | 'grants' | 'revocationLog' | 'outbox'>;

export type EndSessions = (
  tx: Tx,
  which: SessionSelector,
  why: SessionEnd,
  limit?: number,
) => Promise<readonly EndedSession[]>;

/**
 * Ends sessions and what was issued in them: the one place where a session ends before its time, whoever asks. What was
 * issued for offline use outlives a sign-out, and nothing else does. The event tells the clients that want to know
 * (OpenID Connect Back-Channel Logout).
 */
export function endSessions({ clock, sessions, grants, revocationLog, outbox }: Deps): EndSessions {
  const endGrant = async (tx: Tx, grantId: string, accessTokenSeconds: number): Promise<void> => {
    const expiresAt = new Date(clock.now() + (accessTokenSeconds + 1) * 1000);
    await revocationLog.add(tx, { what: { kind: 'grant', grantId }, expiresAt });
  };
  const endWhatWasIssued = async (tx: Tx, { uid, clients }: EndedSession, why: SessionEnd): Promise<void> => {
    if (why === 'revoked') {
      for (const { id, accessTokenSeconds } of await grants.removeOfSession(tx, uid)) {
        await endGrant(tx, id, accessTokenSeconds);
      }
      return;
    }
    for (const { grantId, persistsLogout } of clients) {
      const grant = grantId !== undefined && !persistsLogout && (await grants.remove(tx, grantId));
      if (grant) await endGrant(tx, grant.id, grant.accessTokenSeconds);
    }
  };
  return async (tx, which, why, limit) => {
    const ended = await sessions.end(tx, which, limit);
    for (const session of ended) await endWhatWasIssued(tx, session, why);
    await outbox.append(tx, ...ended.map((session) => sessionEnded(session, why)));
    return ended;
  };
}

/** Also for sessions whose tokens end in another way, such as those of a user who is blocked. */
export function sessionEnded({ number, userId, clients }: EndedSession, why: SessionEnd): NewEvent {
  const user = { type: 'user', id: userId } as const;
  const data = { session: number, clients: clients.map(({ clientId, sid }) => ({ clientId, ...(sid && { sid }) })) };
  return why === 'signed_out'
    ? { name: 'auth.logout', actor: user, target: user, data }
    : { name: 'session.revoked', target: user, data };
}
