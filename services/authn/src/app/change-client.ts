import { DomainError, type Result } from '@lumo/kit';
import type { NewEvent } from '@lumo/messaging';
import { browserOrigins, type ClientProfile, type FieldProblems } from '../core/client-registration.js';
import { type OAuthClient, usesSecret } from '../core/oauth-client.js';
import type { Tx } from '../ports.js';
import { type CreatedClient, newClientSecret } from './create-client.js';
import type { DirectoryDeps } from './directory-deps.js';
import { invalid, notFound } from './refusals.js';
import { checkSector } from './registration/check-sector.js';

export type ChangeClientDeps = Pick<
  DirectoryDeps,
  'clock' | 'transactions' | 'clients' | 'outbox' | 'revocations' | 'sectors'
>;

export interface ClientEdit {
  readonly clientId: string;
  /** The whole client as it is to become, judged. Called again on what is stored when it is locked. */
  change(before: OAuthClient): Result<ClientProfile, FieldProblems>;
  /** What must hold, and is written, in the same transaction. */
  within?(tx: Tx, before: OAuthClient): Promise<void>;
  readonly event: Pick<NewEvent, 'actor' | 'data'>;
  /** Whether a client that begins to use a secret gets one with this change; else it waits for a rotation. */
  readonly givesSecret?: boolean;
}

/**
 * Changes a client under a lock on its row, so that two changes that are fine alone cannot add up to one that is not.
 * Switching it off ends its tokens.
 */
export async function changeClientRow(deps: ChangeClientDeps, edit: ClientEdit): Promise<CreatedClient> {
  const { clock, transactions, clients, outbox, revocations, sectors } = deps;
  const { clientId, event } = edit;
  const judge = (client: OAuthClient): ClientProfile => {
    const changed = edit.change(client);
    if (!changed.ok) throw invalid(changed.error);
    return changed.value;
  };
  // Nothing is fetched while a row is locked: what the sector's document said must still be the question then.
  const known = await clients.byClientId(clientId);
  if (!known) throw notFound('Client');
  const foreseen = judge(known);
  const isNewQuestion = sectorQuestion(foreseen) !== sectorQuestion(known);
  if (isNewQuestion) await checkSector(sectors, foreseen);
  return transactions.run(async (tx) => {
    const before = await clients.lock(tx, clientId);
    if (!before) throw notFound('Client');
    await edit.within?.(tx, before);
    const wanted = judge(before);
    if (sectorQuestion(wanted) !== sectorQuestion(foreseen)) {
      throw new DomainError('unavailable', 'temporarily_unavailable', 'The client was changed meanwhile. Try again.');
    }
    const { applicationType: _type, origin: _origin, ...profile } = wanted;
    const now = new Date(clock.now());
    const secret = edit.givesSecret && usesSecret(wanted) && !usesSecret(before) ? newClientSecret() : undefined;
    if (secret) await clients.addSecret(tx, clientId, secret.sha256, now, now);
    const after = await clients.update(tx, clientId, { ...profile, browserOrigins: browserOrigins(wanted) }, now);
    if (!after) throw notFound('Client');
    await outbox.append(tx, {
      name: 'app.updated',
      target: { type: 'client', id: clientId, name: after.name },
      ...(event.actor && { actor: event.actor }),
      data: { ...event.data, isActive: after.isActive },
    });
    if (before.isActive && !after.isActive) await revocations.revokeClient(tx, clientId);
    return { client: after, ...(secret && { secret: secret.text }) };
  });
}

function sectorQuestion({ redirectUris, protocol }: Pick<OAuthClient, 'redirectUris' | 'protocol'>): string {
  return protocol.sectorIdentifierUri === null ? '' : JSON.stringify([protocol.sectorIdentifierUri, ...redirectUris]);
}
