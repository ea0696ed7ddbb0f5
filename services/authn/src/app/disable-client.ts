import type { RequestContext } from '@lumo/tenancy';
import type { OAuthClient } from '../core/oauth-client.js';
import type { DirectoryDeps } from './directory-deps.js';
import { requireClient } from './find-client.js';
import { notFound } from './refusals.js';
import { updateClient } from './update-client.js';

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'clients' | 'roles' | 'outbox' | 'revocations' | 'sectors'>;

/** Switches a client off and ends its tokens. Needs no right to its scopes: stopping is always allowed. */
export function disableClient({ clock, transactions, clients, outbox, revocations }: Deps) {
  return async (_ctx: RequestContext, id: string): Promise<OAuthClient> => {
    const before = await requireClient(clients, id);
    if (!before.isActive) return before;
    return transactions.run(async (tx) => {
      const after = await clients.update(tx, before.clientId, { isActive: false }, new Date(clock.now()));
      if (!after) throw notFound('Client');
      await outbox.append(tx, {
        name: 'app.updated',
        target: { type: 'client', id: after.clientId, name: after.name },
        data: { fields: ['isActive'], isActive: false },
      });
      await revocations.revokeClient(tx, after.clientId);
      return after;
    });
  };
}

export function enableClient(deps: Deps) {
  const update = updateClient(deps);
  return (ctx: RequestContext, id: string): Promise<OAuthClient> => update(ctx, id, { isActive: true });
}
