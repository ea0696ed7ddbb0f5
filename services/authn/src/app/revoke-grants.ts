import type { RequestContext } from '@lumo/tenancy';
import type { ListedGrant } from '../oidc-ports.js';
import type { ClientStore, Page, Revocations, Roles } from '../ports.js';
import { requireMayManage } from './caller-authority.js';
import { requireClient } from './find-client.js';
import { requireUser } from './find-user.js';
import { notFound } from './refusals.js';
import type { revokeGrant } from './revoke-grant.js';
import type { TokenDeps } from './token-deps.js';

type Deps = Pick<TokenDeps, 'clock' | 'grants' | 'users' | 'transactions' | 'outbox'> & {
  readonly roles: Roles;
  readonly clientStore: ClientStore;
  readonly revocations: Revocations;
  readonly revokeGrant: ReturnType<typeof revokeGrant>;
};

export interface ListGrants {
  readonly page: number;
  readonly limit: number;
  /** UUID or e-mail address. */
  readonly user?: string;
  /** Integer id or client id. */
  readonly client?: string;
}

/** What people's clients hold: one entry for all tokens that one session issued to one client. */
export function listGrants({ clock, grants, users, clientStore }: Deps) {
  return async (_ctx: RequestContext, { user, client, ...query }: ListGrants): Promise<Page<ListedGrant>> => {
    const userId = user === undefined ? undefined : (await requireUser(users, user)).id;
    const clientId = client === undefined ? undefined : (await requireClient(clientStore, client)).clientId;
    return grants.list(
      { ...query, ...(userId !== undefined && { userId }), ...(clientId !== undefined && { clientId }) },
      new Date(clock.now()),
    );
  };
}

/** Ends every token of one entry. */
export function revokeListedGrant(deps: Deps) {
  const { clock, grants } = deps;
  return async (ctx: RequestContext, number: number): Promise<void> => {
    const grant = await grants.byNumber(number, new Date(clock.now()));
    if (!grant) throw notFound('Token');
    await requireMayManage(deps, ctx, grant.userId);
    await deps.revokeGrant(grant.id, 'revoked');
  };
}

/** Ends every token and session of a user; the account stays as it is. */
export function revokeUserTokens(deps: Deps) {
  const { users, transactions, outbox, revocations } = deps;
  return async (ctx: RequestContext, idOrEmail: string): Promise<void> => {
    const user = await requireUser(users, idOrEmail);
    await requireMayManage(deps, ctx, user.id);
    await transactions.run(async (tx) => {
      await revocations.revokeUser(tx, user.id);
      await outbox.append(tx, { name: 'token.revoked', target: { type: 'user', id: user.id, name: user.email } });
    });
  };
}

/** Ends every token of a client; it can ask for new ones at once. */
export function revokeClientTokens({ clientStore, transactions, outbox, revocations }: Deps) {
  return async (_ctx: RequestContext, id: string): Promise<void> => {
    const { clientId, name } = await requireClient(clientStore, id);
    await transactions.run(async (tx) => {
      await revocations.revokeClient(tx, clientId);
      await outbox.append(tx, { name: 'token.revoked', target: { type: 'client', id: clientId, name } });
    });
  };
}
