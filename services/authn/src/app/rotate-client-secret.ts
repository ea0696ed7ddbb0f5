import type { RequestContext } from '@lumo/tenancy';
import { usesSecret } from '../core/oauth-client.js';
import { requireMayGrant } from './caller-authority.js';
import { type CreatedClient, newClientSecret } from './create-client.js';
import type { DirectoryDeps } from './directory-deps.js';
import { requireClient } from './find-client.js';
import { invalid, notFound } from './refusals.js';

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'clients' | 'roles' | 'outbox'>;

/**
 * Gives a confidential client a new secret. Earlier secrets stay valid for `overlapSeconds`, so that running instances of
 * the application can be updated one after the other; 0 ends them at once, which is what a leak needs.
 */
export function rotateClientSecret(deps: Deps) {
  const { clock, transactions, clients, outbox } = deps;
  return async (ctx: RequestContext, id: string, overlapSeconds: number): Promise<CreatedClient> => {
    const { clientId } = await requireClient(clients, id);
    const secret = newClientSecret();
    const now = new Date(clock.now());
    const client = await transactions.run(async (tx) => {
      const locked = await clients.lock(tx, clientId);
      if (!locked) throw notFound('Client');
      await requireMayGrant(deps, ctx, locked.scopes);
      if (!usesSecret(locked)) {
        throw invalid({
          clientId: `A client that authenticates with ${locked.tokenEndpointAuthMethod} has no secret.`,
        });
      }
      await clients.addSecret(tx, clientId, secret.sha256, now, new Date(now.getTime() + overlapSeconds * 1000));
      await outbox.append(tx, {
        name: 'app.secret.rotated',
        target: { type: 'client', id: clientId, name: locked.name },
        data: { overlapSeconds },
      });
      return locked;
    });
    return { client, secret: secret.text };
  };
}
