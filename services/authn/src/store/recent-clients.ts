import type { Clock } from '@lumo/kit';
import { requireOrg } from '@lumo/tenancy';
import type { ClientDocumentStore } from '../document-ports.js';
import type { RecentClient, RecentClients, RevocationLog } from '../oidc-ports.js';
import type { ClientStore } from '../ports.js';
import { createRecentReads } from './recent-reads.js';

/** No older than what `deadBefore` allows for: a token issued on an old answer is dead already. */
const TTL_MS = 1000;
const MAX_CLIENTS = 10_000;

/** `writing` and `documents`: the same stores, whose changes are seen at once here. Everything that writes must use them. */
export function createRecentClients(
  store: ClientStore,
  documents: ClientDocumentStore,
  revocationLog: Pick<RevocationLog, 'notBefore'>,
  clock: Clock,
): { readonly recent: RecentClients; readonly writing: ClientStore; readonly documents: ClientDocumentStore } {
  const reads = createRecentReads<RecentClient | undefined>({ clock, ttlMs: TTL_MS, max: MAX_CLIENTS });
  const keyOf = (clientId: string) => `${requireOrg().id} ${clientId}`;
  const touching =
    <A extends readonly unknown[], R>(write: (tx: never, clientId: string, ...rest: A) => R) =>
    (tx: never, clientId: string, ...rest: A): R => {
      reads.touched(keyOf(clientId));
      return write(tx, clientId, ...rest);
    };
  return {
    recent: {
      find: (clientId) =>
        reads.get(keyOf(clientId), async () => {
          const [client, tokensNotBefore] = await Promise.all([
            store.byClientId(clientId),
            revocationLog.notBefore('client', clientId, new Date(clock.now())),
          ]);
          if (!client) return undefined;
          const document = client.origin === 'metadata_document' ? await documents.find(clientId) : undefined;
          const isWithdrawn = document?.withdrawnAt !== undefined;
          return { client, isWithdrawn, ...(tokensNotBefore && { tokensNotBefore }) };
        }),
    },
    writing: {
      ...store,
      insert(tx, client) {
        reads.touched(keyOf(client.clientId));
        return store.insert(tx, client);
      },
      update: touching(store.update),
      addSecret: touching(store.addSecret),
      remove: touching(store.remove),
    },
    documents: {
      ...documents,
      save(tx, document, profile) {
        reads.touched(keyOf(document.clientId));
        return documents.save(tx, document, profile);
      },
      withdraw: touching(documents.withdraw),
    },
  };
}
