import type { ConnectedAppStore } from '../approval-ports.js';
import type { TokenDeps } from './token-deps.js';

type Deps = Pick<TokenDeps, 'clock' | 'transactions' | 'revocationLog' | 'outbox'> & {
  readonly apps: ConnectedAppStore;
};

/** A person takes back what an app was allowed: its tokens are dead, and it has to ask again. False where it had nothing. */
export function disconnectApp({ clock, transactions, revocationLog, outbox, apps }: Deps) {
  return (user: { readonly id: string; readonly email: string }, clientId: string): Promise<boolean> =>
    transactions.run(async (tx) => {
      const grants = await apps.disconnect(tx, user.id, clientId);
      if (!grants) return false;
      for (const { id: grantId, accessTokenSeconds } of grants) {
        const expiresAt = new Date(clock.now() + (accessTokenSeconds + 1) * 1000);
        await revocationLog.add(tx, { what: { kind: 'grant', grantId }, expiresAt });
      }
      await outbox.append(tx, {
        name: 'consent.revoked',
        actor: { type: 'user', id: user.id, name: user.email },
        target: { type: 'client', id: clientId },
      });
      return true;
    });
}
