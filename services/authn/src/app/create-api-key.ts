import { createHash } from 'node:crypto';
import { newId, newSecret } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { API_KEY_SCOPES } from '../core/admin-authority.js';
import type { ApiKey } from '../core/api-key.js';
import type { Tx } from '../ports.js';
import { requireMayGrant } from './caller-authority.js';
import type { DirectoryDeps } from './directory-deps.js';
import { invalid } from './refusals.js';

export interface CreateApiKey {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Absent: the key does not end. */
  readonly expiresAt?: Date | null;
}

export interface CreatedApiKey {
  readonly apiKey: ApiKey;
  /** `lmk_…`, shown once. */
  readonly key: string;
}

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'apiKeys' | 'roles' | 'outbox'>;

/** Makes a key of the org in context. Its scopes never reach further than those of the caller. */
export function createApiKey(deps: Deps) {
  return async (ctx: RequestContext, command: CreateApiKey): Promise<CreatedApiKey> => {
    await requireMayGrant(deps, ctx, command.scopes);
    return deps.transactions.run((tx) => placeApiKey(deps, tx, ctx, command));
  };
}

/** Writes a key whose scopes the caller may give. */
export async function placeApiKey(
  { clock, apiKeys, outbox }: Pick<Deps, 'clock' | 'apiKeys' | 'outbox'>,
  tx: Tx,
  { principal }: RequestContext,
  { name, scopes, expiresAt = null }: CreateApiKey,
): Promise<CreatedApiKey> {
  const now = new Date(clock.now());
  checkApiKey({ scopes, expiresAt }, now);
  const key = newSecret('lmk');
  const apiKey: ApiKey = {
    keyId: newId('apiKey'),
    name,
    hint: key.slice(0, 8),
    scopes: [...new Set(scopes)],
    createdBy: principal.id ? `${principal.type}:${principal.id}` : principal.type,
    createdAt: now,
    updatedAt: now,
    lastUsedAt: null,
    expiresAt,
  };
  await apiKeys.insert(tx, apiKey, createHash('sha256').update(key).digest());
  await outbox.append(tx, {
    name: 'api_key.created',
    target: { type: 'api_key', id: apiKey.keyId, name },
    data: { scopes: apiKey.scopes, ...(expiresAt && { expiresAt: expiresAt.toISOString() }) },
  });
  return { apiKey, key };
}

/** Refuses unknown scopes and an end in the past. */
export function checkApiKey(
  { scopes, expiresAt }: { readonly scopes?: readonly string[]; readonly expiresAt?: Date | null },
  now: Date,
): void {
  const unknown = scopes?.find((scope) => !(API_KEY_SCOPES as readonly string[]).includes(scope));
  if (unknown !== undefined) {
    throw invalid({ scopes: `Unknown scope ${unknown.slice(0, 64)}. Use: ${API_KEY_SCOPES.join(', ')}.` });
  }
  if (scopes?.length === 0) throw invalid({ scopes: 'Name at least one scope.' });
  if (expiresAt && expiresAt.getTime() <= now.getTime()) throw invalid({ expiresAt: 'Choose a time in the future.' });
}
