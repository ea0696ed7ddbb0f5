import type { RequestContext } from '@lumo/tenancy';
import type { DirectoryDeps } from './directory-deps.js';
import { requireClient } from './find-client.js';
import { notFound } from './refusals.js';

type Deps = Pick<DirectoryDeps, 'transactions' | 'clients' | 'outbox' | 'revocations'>;

/** Removes a client for good, with its secrets, and ends its tokens. */
export function deleteClient({ transactions, clients, outbox, revocations }: Deps) {
  return async (_ctx: RequestContext, id: string): Promise<void> => {
    const { clientId, name } = await requireClient(clients, id);
    await transactions.run(async (tx) => {
      await revocations.revokeClient(tx, clientId);
      if (!(await clients.remove(tx, clientId))) throw notFound('Client');
      await outbox.append(tx, { name: 'app.deleted', target: { type: 'client', id: clientId, name } });
    });
  };
}
