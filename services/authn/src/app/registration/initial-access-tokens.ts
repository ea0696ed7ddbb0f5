import { newId, newSecret } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import type { Page, PageQuery } from '../../ports.js';
import type { InitialAccessToken } from '../../registration-ports.js';
import type { DirectoryDeps } from '../directory-deps.js';
import { notFound } from '../refusals.js';
import { sha256 } from './register-client.js';

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'initialAccessTokens' | 'outbox'>;

export interface CreateInitialAccessToken {
  readonly name: string;
  /** How many clients it may register. */
  readonly maxUses: number;
  readonly expiresInSeconds: number;
}

export interface CreatedInitialAccessToken {
  readonly token: InitialAccessToken;
  /** `iat_…`, shown once. */
  readonly secret: string;
}

/** Makes a token that lets whoever holds it register clients, as far as the org's settings let such clients go. */
export function createInitialAccessToken({ clock, transactions, initialAccessTokens, outbox }: Deps) {
  return async (
    { principal }: RequestContext,
    { name, maxUses, expiresInSeconds }: CreateInitialAccessToken,
  ): Promise<CreatedInitialAccessToken> => {
    const createdAt = new Date(clock.now());
    const secret = newSecret('iat');
    const token: InitialAccessToken = {
      id: newId('initialAccessToken'),
      name,
      maxUses,
      uses: 0,
      createdBy: principal.id ? `${principal.type}:${principal.id}` : principal.type,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + expiresInSeconds * 1000),
    };
    await transactions.run(async (tx) => {
      await initialAccessTokens.insert(tx, token, sha256(secret));
      await outbox.append(tx, {
        name: 'initial_access_token.created',
        target: { type: 'initial_access_token', id: token.id, name },
        data: { maxUses, expiresAt: token.expiresAt.toISOString() },
      });
    });
    return { token, secret };
  };
}

export function listInitialAccessTokens({ initialAccessTokens }: Pick<Deps, 'initialAccessTokens'>) {
  return (_ctx: RequestContext, query: PageQuery): Promise<Page<InitialAccessToken>> => initialAccessTokens.list(query);
}

/** Clients that were registered with it stay. */
export function revokeInitialAccessToken({ transactions, initialAccessTokens, outbox }: Deps) {
  return async (_ctx: RequestContext, id: string): Promise<void> => {
    const token = await initialAccessTokens.byId(id);
    if (!token) throw notFound('Initial access token');
    await transactions.run(async (tx) => {
      if (!(await initialAccessTokens.remove(tx, id))) throw notFound('Initial access token');
      await outbox.append(tx, {
        name: 'initial_access_token.revoked',
        target: { type: 'initial_access_token', id, name: token.name },
        data: { uses: token.uses },
      });
    });
  };
}
