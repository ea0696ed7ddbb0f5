import { createHash } from 'node:crypto';
import { newId, newSecret } from '@lumo/kit';
import type { NewEvent } from '@lumo/messaging';
import type { RequestContext } from '@lumo/tenancy';
import { type ClientDraft, type ClientProfile, draftClient } from '../core/client-registration.js';
import { type OAuthClient, usesSecret } from '../core/oauth-client.js';
import type { Tx } from '../ports.js';
import { requireMayGrant } from './caller-authority.js';
import type { DirectoryDeps } from './directory-deps.js';
import { invalid } from './refusals.js';
import { checkSector } from './registration/check-sector.js';

export interface CreatedClient {
  readonly client: OAuthClient;
  /** Shown once. Absent for a client without one. */
  readonly secret?: string;
}

type Deps = Pick<DirectoryDeps, 'clock' | 'transactions' | 'clients' | 'roles' | 'outbox' | 'sectors'>;

/** Registers an application of the org in context. */
export function createClient(deps: Deps) {
  return async (ctx: RequestContext, draft: ClientDraft): Promise<CreatedClient> => {
    const profile = draftClient(draft);
    if (!profile.ok) throw invalid(profile.error);
    await requireMayGrant(deps, ctx, profile.value.scopes);
    await checkSector(deps.sectors, profile.value);
    return deps.transactions.run((tx) => placeClient(deps, tx, profile.value));
  };
}

/** Writes a client that was judged, with its secret where it has one. `event`: more about how it came here. */
export async function placeClient(
  { clock, clients, outbox }: Pick<Deps, 'clock' | 'clients' | 'outbox'>,
  tx: Tx,
  profile: ClientProfile,
  event: { readonly data?: Readonly<Record<string, unknown>>; readonly actor?: NonNullable<NewEvent['actor']> } = {},
): Promise<CreatedClient> {
  const now = new Date(clock.now());
  const secret = usesSecret(profile) ? newClientSecret() : undefined;
  const client = await clients.insert(tx, {
    ...profile,
    clientId: newId('client'),
    secrets: secret ? [{ sha256: secret.sha256, createdAt: now, expiresAt: null }] : [],
    createdAt: now,
    updatedAt: now,
  });
  await outbox.append(tx, {
    name: 'app.created',
    target: { type: 'client', id: client.clientId, name: client.name },
    ...(event.actor && { actor: event.actor }),
    data: { applicationType: client.applicationType, scopes: client.scopes, ...event.data },
  });
  return { client, ...(secret && { secret: secret.text }) };
}

/** A client secret of 256 random bits, and what is stored of it. */
export function newClientSecret(): { readonly text: string; readonly sha256: Buffer } {
  const text = newSecret('cs');
  return { text, sha256: createHash('sha256').update(text).digest() };
}
