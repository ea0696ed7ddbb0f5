// Seam: oidc-provider fetches the `jwks_uri` of a client by itself and keeps what it got for as long as the client says. Here
// its key stores are filled from our own, bounded memory of published key sets, which asks through the one way out.
import type Provider from 'oidc-provider';
import type { Client } from 'oidc-provider';
import type { ClientJwks } from '../core/client-protocol.js';
import type { RemoteKeySets } from '../document-ports.js';

/** The key store of a client, as far as the engine's checks of signatures and its encryption use it. */
interface KeyStore {
  add(key: unknown): void;
  clear(): void;
  /** Whether there is no point in `refresh` for a signature that no key verifies. */
  fresh(): boolean;
  refresh(): Promise<void>;
}

interface RemoteStore extends KeyStore {
  /** Called for every request of the client: what was read too long ago is asked for again before it is used. */
  forgetStale(): void;
}

export function readRemoteKeys(provider: Provider, sets: RemoteKeySets): void {
  const stores = new WeakMap<Client, RemoteStore>();
  const find = provider.Client.find.bind(provider.Client);
  provider.Client.find = async (id) => {
    const client = await find(id);
    if (!client?.jwksUri) return client;
    const known = stores.get(client);
    if (known) known.forgetStale();
    else stores.set(client, remoteStore(client, client.jwksUri, sets));
    return client;
  };
}

function remoteStore(client: Client, uri: string, sets: RemoteKeySets): RemoteStore {
  const { asymmetricKeyStore: store } = client as unknown as { readonly asymmetricKeyStore: KeyStore };
  let filledWith: ClientJwks | undefined;
  const fill = (jwks: ClientJwks | undefined) => {
    if (jwks === filledWith) return;
    filledWith = jwks;
    store.clear();
    for (const key of jwks?.keys ?? []) store.add({ ...key });
  };
  return Object.assign(store, {
    fresh: () => !sets.mayDiffer(uri, filledWith),
    async refresh() {
      fill(await sets.read(uri, filledWith));
    },
    forgetStale() {
      if (filledWith && sets.isStale(uri, filledWith)) fill(undefined);
    },
  });
}
