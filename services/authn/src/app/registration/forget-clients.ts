import type { ClientDocumentStore } from '../../document-ports.js';
import type { DirectoryDeps } from '../directory-deps.js';

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'clients' | 'registrations' | 'outbox'> & {
  readonly documents: ClientDocumentStore;
};

const DAY_MS = 24 * 3600_000;
/** A client that registered itself is asked back by its own software, which may be installed and not yet used. */
const ABANDONED_MS = 7 * DAY_MS;
/** One that describes itself comes back by itself. */
const UNAPPROVED_MS = DAY_MS;
/** Of each kind in one go. */
const BATCH = 200;

/** Forgets clients of the org in context that anybody could bring here and that nobody ever used. */
export function forgetUnusedClients(deps: Deps) {
  const { clock, transactions, clients, registrations, documents, outbox } = deps;
  const before = (ms: number) => new Date(clock.now() - ms);
  return async (): Promise<void> => {
    const unused = await Promise.all([
      registrations.abandoned(before(ABANDONED_MS), BATCH),
      documents.unapproved(before(UNAPPROVED_MS), BATCH),
    ]);
    for (const clientId of unused.flat()) {
      await transactions.run(async (tx) => {
        const client = await clients.lock(tx, clientId);
        if (!client) return;
        await clients.remove(tx, clientId);
        const target = { type: 'client', id: clientId, name: client.name };
        await outbox.append(tx, { name: 'app.deleted', target, data: { by: 'unused' } });
      });
    }
    await documents.forgetSnapshots(BATCH);
  };
}
