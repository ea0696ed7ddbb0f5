import { type IssuedToken, subjectsOf } from '../core/issued-token.js';
import type { TokenDeps } from './token-deps.js';

type Deps = Pick<TokenDeps, 'transactions' | 'revocationLog' | 'outbox'>;

/** Ends one access token and nothing else (contract 2.14): its siblings and its refresh token live on. */
export function revokeAccessToken({ transactions, revocationLog, outbox }: Deps) {
  return (token: IssuedToken): Promise<void> =>
    transactions.run(async (tx) => {
      const expiresAt = new Date((token.expiresAt + 1) * 1000);
      await revocationLog.add(tx, { what: { kind: 'token', tokenId: token.tokenId }, expiresAt });
      await outbox.append(tx, {
        name: 'token.revoked',
        actor: { type: 'client', id: token.clientId },
        target: { type: 'token', id: token.tokenId },
        data: { clientId: token.clientId, subjects: subjectsOf(token) },
      });
    });
}
