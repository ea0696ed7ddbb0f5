import { createHash } from 'node:crypto';
import { newId, newSecret } from '@lumo/kit';
import type { RequestContext } from '@lumo/tenancy';
import { type ClientDraft, draftClient } from '../core/client-registration.js';
import { type OAuthClient, usesSecret } from '../core/oauth-client.js';
import { requireMayGrant } from './caller-authority.js';
import type { DirectoryDeps } from './directory-deps.js';
import { invalid } from './refusals.js';

export interface CreatedClient {
  readonly client: OAuthClient;
  /** Shown once. Absent for a client without one. */
  readonly secret?: string;
}

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'clients' | 'roles' | 'outbox'>;

/** Registers an application of the org in context. */
export function createClient(deps: Deps) {
  const { clock, transactions, clients, outbox } = deps;
  return async (ctx: RequestContext, draft: ClientDraft): Promise<CreatedClient> => {
    const profile = draftClient(draft);
    if (!profile.ok) throw invalid(profile.error);
    await requireMayGrant(deps, ctx, profile.value.scopes);
    const now = new Date(clock.now());
    const secret = usesSecret(profile.value) ? newClientSecret() : undefined;
    const client = await transactions.run(async (tx) => {
      const inserted = await clients.insert(tx, {
        ...profile.value,
        clientId: newId('client'),
        secrets: secret ? [{ sha256: secret.sha256, createdAt: now, expiresAt: null }] : [],
        createdAt: now,
        updatedAt: now,
      });
      await outbox.append(tx, {
        name: 'app.created',
        target: { type: 'client', id: inserted.clientId, name: inserted.name },
        data: { applicationType: inserted.applicationType, scopes: inserted.scopes },
      });
      return inserted;
    });
    return { client, ...(secret && { secret: secret.text }) };
  };
}

/** A client secret of 256 random bits, and what is stored of it. */
export function newClientSecret(): { readonly text: string; readonly sha256: Buffer } {
  const text = newSecret('cs');
  return { text, sha256: createHash('sha256').update(text).digest() };
}
