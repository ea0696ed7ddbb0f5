import type { RequestContext } from '@lumo/tenancy';
import { browserOrigins, type ClientDraft, changeClient } from '../core/client-registration.js';
import type { OAuthClient } from '../core/oauth-client.js';
import { requireMayGrant } from './caller-authority.js';
import type { DirectoryDeps } from './directory-deps.js';
import { requireClient } from './find-client.js';
import { invalid, notFound } from './refusals.js';

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'clients' | 'roles' | 'outbox' | 'revocations'>;

/**
 * Changes a client. The result passes the same judgement as a new client, under a lock on its row, so that two changes
 * that are fine alone cannot add up to one that is not. Switching it off ends its tokens.
 */
export function updateClient(deps: Deps) {
  const { clock, transactions, clients, outbox, revocations } = deps;
  return async (ctx: RequestContext, id: string, change: Partial<ClientDraft>): Promise<OAuthClient> => {
    const { clientId } = await requireClient(clients, id);
    return transactions.run(async (tx) => {
      const before = await clients.lock(tx, clientId);
      if (!before) throw notFound('Client');
      // Whoever may edit a client can send its codes elsewhere: that needs everything the client may ask for.
      await requireMayGrant(deps, ctx, [...before.scopes, ...(change.scopes ?? [])]);
      const changed = changeClient(before, change);
      if (!changed.ok) throw invalid(changed.error);
      const { applicationType: _type, ...profile } = changed.value;
      const now = new Date(clock.now());
      const after = await clients.update(
        tx,
        clientId,
        { ...profile, browserOrigins: browserOrigins(changed.value) },
        now,
      );
      if (!after) throw notFound('Client');
      await outbox.append(tx, {
        name: 'app.updated',
        target: { type: 'client', id: clientId, name: after.name },
        data: { fields: Object.keys(change), isActive: after.isActive },
      });
      if (before.isActive && !after.isActive) await revocations.revokeClient(tx, clientId);
      return after;
    });
  };
}
