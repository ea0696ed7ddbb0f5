import type { RequestContext } from '@lumo/tenancy';
import type { ApiKey } from '../core/api-key.js';
import type { Page, PageQuery } from '../ports.js';
import { requireMayGrant } from './caller-authority.js';
import { type CreateApiKey, checkApiKey } from './create-api-key.js';
import type { DirectoryDeps } from './directory-deps.js';
import { notFound } from './refusals.js';

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'apiKeys' | 'roles' | 'outbox' | 'revocations'>;

export function listApiKeys({ apiKeys }: Pick<Deps, 'apiKeys'>) {
  return (_ctx: RequestContext, query: PageQuery): Promise<Page<ApiKey>> => apiKeys.list(query);
}

export function readApiKey({ apiKeys }: Pick<Deps, 'apiKeys'>) {
  return async (_ctx: RequestContext, keyId: string): Promise<ApiKey> => {
    const key = await apiKeys.byKeyId(keyId);
    if (!key) throw notFound('API key');
    return key;
  };
}

/** Changes name, scopes or end of a key. Who prolongs it or names scopes needs them too. */
export function updateApiKey(deps: Deps) {
  const { clock, transactions, apiKeys, outbox, revocations } = deps;
  return async (ctx: RequestContext, keyId: string, change: Partial<CreateApiKey>): Promise<ApiKey> => {
    const before = await apiKeys.byKeyId(keyId);
    if (!before) throw notFound('API key');
    // A key that lives longer is a key that is given again.
    const given = [...(change.scopes ?? []), ...(change.expiresAt === undefined ? [] : before.scopes)];
    await requireMayGrant(deps, ctx, given);
    const now = new Date(clock.now());
    checkApiKey(change, now);
    return transactions.run(async (tx) => {
      const scopes = change.scopes && [...new Set(change.scopes)];
      const after = await apiKeys.update(tx, keyId, { ...change, scopes }, now);
      if (!after) throw notFound('API key');
      await outbox.append(tx, {
        name: 'api_key.updated',
        target: { type: 'api_key', id: keyId, name: after.name },
        data: { fields: Object.keys(change), scopes: after.scopes },
      });
      // Gateways remember what a key may do; this makes them ask again.
      if (change.scopes || change.expiresAt !== undefined) await revocations.revokeApiKey(tx, keyId);
      return after;
    });
  };
}

export function deleteApiKey({ transactions, apiKeys, outbox, revocations }: Deps) {
  return async (_ctx: RequestContext, keyId: string): Promise<void> => {
    const key = await apiKeys.byKeyId(keyId);
    if (!key) throw notFound('API key');
    await transactions.run(async (tx) => {
      if (!(await apiKeys.remove(tx, keyId))) throw notFound('API key');
      await revocations.revokeApiKey(tx, keyId);
      await outbox.append(tx, { name: 'api_key.deleted', target: { type: 'api_key', id: keyId, name: key.name } });
    });
  };
}
