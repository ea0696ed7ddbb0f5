import type { RequestContext } from '@lumo/tenancy';
import { type ClientDraft, changeClient } from '../core/client-registration.js';
import type { OAuthClient } from '../core/oauth-client.js';
import { requireMayGrant } from './caller-authority.js';
import { type ChangeClientDeps, changeClientRow } from './change-client.js';
import type { DirectoryDeps } from './directory-deps.js';
import { requireClient } from './find-client.js';

type Deps = ChangeClientDeps & Pick<DirectoryDeps, 'roles'>;

/** Changes the named members of a client. The result passes the same judgement as a new client. */
export function updateClient(deps: Deps) {
  return async (ctx: RequestContext, id: string, change: Partial<ClientDraft>): Promise<OAuthClient> => {
    const { clientId } = await requireClient(deps.clients, id);
    const { client } = await changeClientRow(deps, {
      clientId,
      change: (before) => changeClient(before, change),
      // Whoever may edit a client can send its codes elsewhere: that needs everything the client may ask for.
      within: (_tx, before) => requireMayGrant(deps, ctx, [...before.scopes, ...(change.scopes ?? [])]),
      event: { data: { fields: Object.keys(change) } },
    });
    return client;
  };
}
